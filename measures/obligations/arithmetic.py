"""What can be computed from an obligation alone: its percentage, its bounds, and what else must be known.

A bound of None means that the text sets no such bound in percent: an amount by quantity has none until the
value of the goods is known.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Literal

from .controls import Formula, Obligation, Quota, Relative, Unknown
from .errors import ObligationError
from .kind import Kind
from .rates import AdValorem, Between, Ceiling, Choice, Compound, MinimumPrice, Part, Specific

Range = tuple[Decimal | None, Decimal | None]
Need = Literal["base_duty", "unit_value", "quota_state", "published_value", "line_or_company", "choice", "rate"]

_UNBOUNDED: Range = (None, None)


def rate(obligation: Obligation) -> Decimal | None:
    """The additional percentage of the customs value where the obligation comes to one number; free is 0.

    None where it does not: an amount by quantity, a sum with such an amount (unless its MIN and MAX leave one
    number), a ceiling, different rates in and out of a quota, a choice, a formula without published value,
    and what is no duty. A minimum price beside a duty leaves the percentage of the duty as it is.
    """
    lowest, highest = rate_range(obligation)
    return lowest if lowest == highest else None


def rate_range(obligation: Obligation) -> Range:
    """The lowest and the highest additional percentage that can apply, by the text alone."""
    match obligation:
        case AdValorem(percent):
            return percent, percent
        case Between(lowest, highest):
            return lowest, highest
        case Ceiling(percent):
            return Decimal(0), percent
        case Compound():
            return _of_compound(obligation)
        case Choice(options):
            return span(options)
        case Quota(rate_in=Kind() as inside, rate_out=Kind() as outside):
            return span([inside, outside])
        case MinimumPrice(duty=Kind() as inner) | Formula(published=Kind() as inner) | Relative(becomes=inner):
            return rate_range(inner)
    return _UNBOUNDED


def span(obligations: Iterable[Obligation]) -> Range:
    """The range over several obligations, such as a measure's company rates; unbounded if one of them is."""
    ranges = [rate_range(obligation) for obligation in obligations]
    lows, highs = [low for low, _ in ranges], [high for _, high in ranges]
    return _if_all_known(min, lows), _if_all_known(max, highs)


def needs(obligation: Obligation) -> tuple[Need, ...]:
    """What must be known beside the text to say what is due in percent, each once."""
    return tuple(dict.fromkeys(_needs(obligation)))


def _needs(obligation: Obligation) -> list[Need]:
    match obligation:
        case Specific() | MinimumPrice(duty=None):
            return ["unit_value"]
        case Compound():
            return ["unit_value"] if rate(obligation) is None else []
        case Ceiling():
            return ["base_duty"]
        case Between():
            return ["line_or_company"]
        case Formula(published=None):
            return ["published_value"]
        case Unknown():
            return ["rate"]
    return _needs_of_parts(obligation)


def _needs_of_parts(obligation: Obligation) -> list[Need]:
    match obligation:
        case Choice(options):
            return ["choice", *(need for option in options for need in _needs(option))]
        case Quota(rate_in=inside, rate_out=outside):
            return ["quota_state", *(need for side in (inside, outside) if side for need in _needs(side))]
        case MinimumPrice(duty=Kind() as inner):
            return [*_needs(inner), "unit_value"]
        case Formula(published=Kind() as inner) | Relative(becomes=inner):
            return _needs(inner)
    return []


def less_points(obligation: Obligation, points: Decimal) -> AdValorem:
    """What applies of a percentage while so many of its points are suspended: 34% less 24 points is 10%.

    Raises ObligationError where the obligation is not a percentage or has fewer points.
    """
    duty = obligation.becomes if isinstance(obligation, Relative) else obligation
    if not isinstance(duty, AdValorem):
        raise ObligationError(f'points are taken off a percentage, not off "{obligation}"; write what stays instead.')
    if not 0 <= points <= duty.percent:
        raise ObligationError(f"{points} points cannot be taken off {duty.percent}%; write 0 to {duty.percent}.")
    return AdValorem(duty.percent - points)


def at(obligation: Obligation, stays: Decimal | Obligation) -> Obligation:
    """What applies during a partial suspension that leaves `stays`, in percent or as an obligation.

    Raises ObligationError where more would stay than the obligation can come to.
    """
    left = AdValorem(stays) if isinstance(stays, Decimal) else stays
    most, least = rate_range(obligation)[1], rate_range(left)[0]
    if most is not None and least is not None and least > most:
        raise ObligationError(f'"{left}" cannot stay of "{obligation}"; a suspension leaves the same or less.')
    return left


def suspended_points(statutory: Obligation, applied: Obligation) -> Decimal | None:
    """The points between what the text sets and what applies; None where either is not one percentage."""
    full, left = rate(statutory), rate(applied)
    return None if full is None or left is None else full - left


def _of_compound(compound: Compound) -> Range:
    """Sum first, then MIN, then MAX; what is taken off by quantity leaves the lower bound open."""
    low, high = _of_sum(compound.parts)
    low = None if compound.less else low
    if compound.minimum:
        least = _of_sum(compound.minimum)
        low, high = _of_known(max, (low, least[0])), _if_all_known(max, (high, least[1]))
    if compound.maximum:
        most = _of_sum(compound.maximum)
        low, high = _if_all_known(min, (low, most[0])), _of_known(min, (high, most[1]))
    return low, high


def _of_sum(parts: tuple[Part, ...]) -> Range:
    """A sum has at most one percentage: at least that, and no more if there is nothing else."""
    percent = next((part.percent for part in parts if isinstance(part, AdValorem)), None)
    return percent, percent if len(parts) == 1 else None


def _of_known(pick: Callable[[list[Decimal]], Decimal], bounds: Iterable[Decimal | None]) -> Decimal | None:
    known = [bound for bound in bounds if bound is not None]
    return pick(known) if known else None


def _if_all_known(pick: Callable[[list[Decimal]], Decimal], bounds: Iterable[Decimal | None]) -> Decimal | None:
    values = list(bounds)
    return None if None in values else _of_known(pick, values)
