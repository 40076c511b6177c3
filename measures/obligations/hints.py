"""What the errors teach: the accepted forms, and a word on each mistake that is often made."""

import re

EXAMPLES: dict[str, str] = {
    "25%": "a percentage of the customs value, added to what else is due",
    "free": "0%",
    "45 EUR/100 kg": "an amount by quantity",
    "10% + 45 EUR/100 kg MAX 18%": "a sum, with MIN and MAX where the text has them",
    "15% incl. MFN": "a total that includes the normal duty",
    "between 5% and 50%": "differs by tariff line or company",
    "90% or 75 USD/item": "one of the two, by choice",
    "minimum price 21 USD/kg": "a floor under the import price",
    "15% + minimum price 21 USD/kg": "a duty and a floor",
    '"doubled" to 50%': "relative words of the source, and what they come to",
    "quota 18125 t": "a limit by quantity",
    "quota 18125 t/year: 10% in, 50% out": "a tariff rate quota",
    "ban": "no trade",
    "licence": "trade needs a licence",
    "individual licence (presumption of denial, 45 days)": "with type, review, days for the decision",
    "reporting: each shipment": "trade must be reported",
    "listing: licence (presumption of denial)": "an entity is on a list, with the effect",
    "formula (base import price, published 30%): as the text says": "follows something else",
    "other: certificate of origin with each consignment": "anything else, in words",
    "unknown: rates not published": "not known, and why",
}
"""A sentence of each accepted form and what it means; forms and documentation show them."""

RELATIVE = "doubled|tripled|halved|raised|increased|lowered|reduced|cut"

_SOME = '"25%", "10% + 45 EUR/100 kg MAX 18%", "15% incl. MFN", "quota 18125 t", "ban", "licence", "unknown: why"'

_MISTAKES = tuple((re.compile(pattern, re.IGNORECASE), hint) for pattern, hint in (
    (r"", 'a rate is missing; write for example "25%" or "10% + 45 EUR/100 kg".'),
    (r".*\b(?:nan|inf|infinity)\b.*", 'a rate is a number; if it is not known, write "unknown: why".'),
    (r".*\d,\d.*", 'use 7.5, not 7,5; and no separators in thousands: 18125, not 18,125.'),
    (r".*[$€£¥¢₹₽].*", 'write the three letters of the currency, as in "12.5 USD/hl" or "0.05 USD/kg".'),
    (r"[-\u2212\u2013] ?\d.*", "a rate is not negative; write what applies, or record a suspension."),
    (r"[\d.]+", 'a number of what? Write "25%" or "25 EUR/kg".'),
    (r"(?:\d[\d.]* ?[a-z]{3}|[a-z]{3} ?\d[\d.]*)", 'for how much? Write the unit, as in "50 USD/item".'),
    (r"[\d.]+ ?(?:%|percent)? ?(?:to|[-\u2212\u2013]) ?[\d.]+ ?(?:%|percent)",
     'write "50%" for a rate that was raised to 50%, "between 25% and 50%" for one that differs by line.'),
    (r".*\d ?(?:bps|basis points|points|pp)\b.*", 'write the rate that the points lead to, as in "34%".'),
    (r"(?:mfn|base|base duty)", 'rates add to the base duty: write "10%", or "15% incl. MFN" for a total.'),
    (rf"(?:{RELATIVE})\b.*", 'relative words need what they come to: "doubled" to 50%.'),
    (r"quota.*", 'write "quota 18125 t" or "quota 18125 t/year: 10% in, 50% out".'),
    (r"minimum.*", 'write "minimum price 21 USD/kg".'),
    (r".*licen[cs].*", 'write "licence" or "individual licence (presumption of denial, 45 days)".'),
    (r"formula.*", 'write "formula: as the text says", or "formula (base import price, published 30%): …".'),
    (r"(?:unknown|tbd|n/?a|not known|\?+).*", 'say why: "unknown: rates not published".'),
    (r"other.*", 'say what: "other: certificate of origin with each consignment".'),
    (r".*\bincl.*", 'write "15% incl. MFN".'),
    (r".*\bban.*|.*prohibit.*", 'write "ban"; what it covers has a place of its own.'),
    (r".*\d ?(?:%|percent).*", 'write the rate alone, as in "25%", or a sum, as in "10% + 45 EUR/100 kg".'),
))  # fmt: skip


def for_rate(part: str) -> str:
    """What to write instead of a part that no form takes."""
    lesson = next((hint for pattern, hint in _MISTAKES if pattern.fullmatch(part)), "")
    return lesson or f"write for example {_SOME}."
