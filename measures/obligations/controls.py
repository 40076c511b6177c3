"""Obligations that limit or control trade, those that are only words, and the union of all kinds."""

from decimal import Decimal
from functools import partial
from typing import Literal, get_args

from . import canonical, vocabulary
from .kind import Kind, require, words
from .rates import Between, Choice, Duty, MinimumPrice, Part

Period = Literal["year", "half_year", "quarter", "month", "week", "day"]
LicenceType = Literal["individual", "general", "bulk", "global", "automatic", "non_automatic"]
Review = Literal["presumption_of_approval", "presumption_of_denial", "policy_of_denial", "case_by_case"]

_PERIOD = canonical.one_of(*get_args(Period))
_LICENCE_TYPE = canonical.one_of(*get_args(LicenceType))
_REVIEW = canonical.one_of(*get_args(Review))


class Quota(Kind, tag="quota", frozen=True):
    """A quantity (or value) limit, with the rates in and out of it if it is a tariff rate quota.

    `quota 18125 t/year: 10% in, 50% out`; without rates nothing may pass beyond it. The unit may be a
    currency. Without `period` it is for the whole time of its term; without volume that was not published.
    """

    volume: Decimal | None = None
    unit: str | None = None
    period: Period | None = None
    rate_in: Duty | None = None
    rate_out: Duty | None = None

    def __post_init__(self) -> None:
        self._settle(volume=canonical.amount, unit=vocabulary.unit_or_currency, period=_PERIOD)
        require((self.volume is None) == (self.unit is None), "volume and unit go together, as in 18125 t.")
        require(self.volume or not self.period, "a period needs a volume, as in 18125 t/year.")
        require(self.volume or self.rate_in or self.rate_out, "say how much, as in quota 18125 t.")

    def __str__(self) -> str:
        sides = [f"{rate} {side}" for rate, side in ((self.rate_in, "in"), (self.rate_out, "out")) if rate]
        much = f" {self.volume} {self.unit}" if self.volume else ""
        period = f"/{words(self.period)}" if self.period else ""
        return f"quota{much}{period}" + (f": {', '.join(sides)}" if sides else "")


class Ban(Kind, tag="ban", frozen=True):
    """No trade: `ban`."""

    def __str__(self) -> str:
        return "ban"


class Licence(Kind, tag="licence", frozen=True):
    """Trade needs a licence: `licence`, `individual licence (presumption of denial, 45 days)`.

    `review` is the policy by which applications are judged, `days` the time for a decision.
    """

    type: LicenceType | None = None
    review: Review | None = None
    days: int | None = None

    def __post_init__(self) -> None:
        self._settle(type=_LICENCE_TYPE, review=_REVIEW, days=canonical.days)

    def __str__(self) -> str:
        details = _listed(self.review and words(self.review), self.days and f"{self.days} days")
        return " ".join(filter(None, [self.type and words(self.type), "licence", details]))


class Reporting(Kind, tag="reporting", frozen=True):
    """Trade must be reported: `reporting`, `reporting: every shipment within 15 days`."""

    what: str | None = None

    def __post_init__(self) -> None:
        self._settle(what=canonical.text)

    def __str__(self) -> str:
        return f"reporting: {self.what}" if self.what else "reporting"


class Listing(Kind, tag="listing", frozen=True):
    """An entity stands on a list, with the effect of that: `listing: licence (presumption of denial)`."""

    effect: Ban | Licence | Reporting | None = None

    def __str__(self) -> str:
        return f"listing: {self.effect}" if self.effect else "listing"


class Formula(Kind, tag="formula", frozen=True):
    """A rate that follows something else, with the value last published if any.

    `formula (base import price, published 30%): as the text says`; `base` names what it follows.
    """

    text: str
    base: str | None = None
    published: Part | None = None

    def __post_init__(self) -> None:
        self._settle(text=canonical.text, base=partial(canonical.text_without, "(),"))

    def __str__(self) -> str:
        details = _listed(self.base and f"base {self.base}", self.published and f"published {self.published}")
        return f"formula {details}: {self.text}" if details else f"formula: {self.text}"


class Other(Kind, tag="other", frozen=True):
    """What no other kind says, in words: `other: certificate of origin with each consignment`."""

    text: str

    def __post_init__(self) -> None:
        self._settle(text=canonical.text)

    def __str__(self) -> str:
        return f"other: {self.text}"


class Unknown(Kind, tag="unknown", frozen=True):
    """Not known, and why: `unknown: rates not published`."""

    reason: str

    def __post_init__(self) -> None:
        self._settle(reason=canonical.text)

    def __str__(self) -> str:
        return f"unknown: {self.reason}"


def _listed(*details: object) -> str:
    given = ", ".join(str(detail) for detail in details if detail)
    return f"({given})" if given else ""


class Relative(Kind, tag="relative", frozen=True):
    """Relative words of a source and the absolute duty they come to: `"doubled" to 50%`."""

    words: str
    becomes: Duty

    def __post_init__(self) -> None:
        self._settle(words=partial(canonical.text_without, '"'))

    def __str__(self) -> str:
        return f'"{self.words}" to {self.becomes}'


Obligation = (
    Duty | Between | MinimumPrice | Choice | Quota | Ban | Licence | Reporting | Listing | Formula | Other
    | Unknown | Relative
)  # fmt: skip
