"""Obligations in money: duties, fees, what bounds and combines them. Percentages are of the customs value."""

from decimal import Decimal

from . import canonical, vocabulary
from .kind import Kind, require


class AdValorem(Kind, tag="ad_valorem", frozen=True):
    """A percentage of the customs value; 0 is free: `25%`, `free`."""

    percent: Decimal

    def __post_init__(self) -> None:
        self._settle(percent=canonical.percent)

    def __str__(self) -> str:
        return f"{self.percent}%" if self.percent else "free"


class PerUnit(Kind, frozen=True):
    """An amount of money for so many units."""

    amount: Decimal
    currency: str
    unit: str
    per: int = 1

    def __post_init__(self) -> None:
        self._settle(amount=canonical.amount, currency=vocabulary.currency, unit=vocabulary.unit, per=canonical.per)

    def __str__(self) -> str:
        many = f"{self.per} " if self.per != 1 else ""
        return f"{self.amount} {self.currency}/{many}{self.unit}"


class Specific(PerUnit, tag="specific", frozen=True):
    """A duty or fee by quantity: `45 EUR/100 kg`, `50 USD/net ton`."""


Part = AdValorem | Specific


class Compound(Kind, tag="compound", frozen=True):
    """A sum of parts less others, not below the sum `minimum`, not above the sum `maximum`.

    `10% + 45 EUR/100 kg MAX 18%`. Each sum has at most one percentage, since two would be one.
    """

    parts: tuple[Part, ...]
    less: tuple[Part, ...] = ()
    minimum: tuple[Part, ...] = ()
    maximum: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        require(self.parts, "a sum starts with a rate, as in 10% + 45 EUR/100 kg.")
        require(len(self.parts) > 1 or self.less or self.minimum or self.maximum, "one part alone is no sum.")
        for together in (self.parts + self.less, self.minimum, self.maximum):
            percents = [part.percent for part in together if isinstance(part, AdValorem)]
            require(len(percents) <= 1, "two percentages in one sum; add them up and write one.")
            require(all(percents), 'a part "free" or 0% adds nothing; leave it out.')
            require(len(together) <= 8, "more than 8 parts in one sum; split the term.")
        require(not self._crossed(), "MIN is not below MAX; check the order, as in MIN 5% MAX 18%.")

    def _crossed(self) -> bool:
        match self.minimum, self.maximum:
            case ((AdValorem(lowest),), (AdValorem(highest),)):
                return lowest >= highest
        return False

    def __str__(self) -> str:
        words = _sum(self.parts) + "".join(f" - {part}" for part in self.less)
        words += f" MIN {_sum(self.minimum)}" if self.minimum else ""
        return words + (f" MAX {_sum(self.maximum)}" if self.maximum else "")


def _sum(parts: tuple[Part, ...]) -> str:
    return " + ".join(map(str, parts))


class Ceiling(Kind, tag="ceiling", frozen=True):
    """A total that includes the base duty: `15% incl. MFN` adds what the base leaves below 15%."""

    percent: Decimal
    base: str

    def __post_init__(self) -> None:
        self._settle(percent=canonical.percent, base=vocabulary.base)
        require(self.percent, "a ceiling of 0% adds nothing to any base; write free.")

    def __str__(self) -> str:
        return f"{self.percent}% incl. {self.base}"

    def additional(self, base_percent: Decimal) -> Decimal:
        """What is added to a base duty of `base_percent`: max(0, percent - base), in percent."""
        return max(Decimal(0), self.percent - base_percent)


Duty = AdValorem | Specific | Compound | Ceiling


class Between(Kind, tag="between", frozen=True):
    """A percentage that differs by tariff line or company: `between 5% and 50%`."""

    lowest: Decimal
    highest: Decimal

    def __post_init__(self) -> None:
        self._settle(lowest=canonical.percent, highest=canonical.percent)
        require(self.lowest < self.highest, "the lower percentage stands first, as in between 5% and 50%.")

    def __str__(self) -> str:
        return f"between {self.lowest}% and {self.highest}%"


class MinimumPrice(PerUnit, tag="minimum_price", frozen=True):
    """A floor under the import price, beside a duty if there is one: `15% + minimum price 21 USD/kg`."""

    duty: Duty | None = None

    def __str__(self) -> str:
        return f"{self.duty} + {self._floor()}" if self.duty else self._floor()

    def _floor(self) -> str:
        return f"minimum price {super().__str__()}"


class Choice(Kind, tag="choice", frozen=True):
    """One of several, as the trader or the text chooses: `90% or 75 USD/item`."""

    options: tuple[Duty | MinimumPrice, ...]

    def __post_init__(self) -> None:
        require(2 <= len(set(self.options)) == len(self.options) <= 8, "a choice has 2 to 8 different options.")

    def __str__(self) -> str:
        return " or ".join(map(str, self.options))
