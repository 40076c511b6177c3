"""Obligations as values: what a measure asks for, parsed from and printed as a sentence.

`parse("10% + 45 EUR/100 kg MAX 18%")` gives a value of the union `Obligation`; `str()` of it is the sentence.
`EXAMPLES` shows every form. The values travel in events as JSON, by msgspec or with `encode` and `decode`.
"""

from decimal import Decimal

from .arithmetic import Need, Range, at, less_points, needs, rate, rate_range, span, suspended_points
from .controls import (
    Ban,
    Formula,
    Licence,
    LicenceType,
    Listing,
    Obligation,
    Other,
    Period,
    Quota,
    Relative,
    Reporting,
    Review,
    Unknown,
)
from .errors import ObligationError
from .hints import EXAMPLES
from .parsing import decode, encode, parse, sentence
from .rates import AdValorem, Between, Ceiling, Choice, Compound, Duty, MinimumPrice, Part, Specific
from .vocabulary import BASES, CURRENCIES, UNITS

FREE = AdValorem(percent=Decimal(0))

__all__ = [
    "BASES",
    "CURRENCIES",
    "EXAMPLES",
    "FREE",
    "UNITS",
    "AdValorem",
    "Ban",
    "Between",
    "Ceiling",
    "Choice",
    "Compound",
    "Duty",
    "Formula",
    "Licence",
    "LicenceType",
    "Listing",
    "MinimumPrice",
    "Need",
    "Obligation",
    "ObligationError",
    "Other",
    "Part",
    "Period",
    "Quota",
    "Range",
    "Relative",
    "Reporting",
    "Review",
    "Specific",
    "Unknown",
    "at",
    "decode",
    "encode",
    "less_points",
    "needs",
    "parse",
    "rate",
    "rate_range",
    "sentence",
    "span",
    "suspended_points",
]
