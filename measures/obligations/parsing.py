"""Read an obligation from the sentence that people of the trade type.

Each kind that begins with a word of its own is one row of `_FORMS`: a pattern and what it makes of the match.
What no row takes is a rate, split from the outside in: choice, minimum price, sum with MIN and MAX, part.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from . import hints
from .controls import Ban, Formula, Licence, Listing, Obligation, Other, Quota, Relative, Reporting, Unknown
from .errors import ObligationError
from .rates import AdValorem, Between, Ceiling, Choice, Compound, Duty, MinimumPrice, Part, Specific

MOST_CHARACTERS = 1_500

_NUMBER = r"(?:\d+(?:\.\d+)?|\.\d+)"
_PERCENT = rf"({_NUMBER}) ?(?:%|percent\b|per cent\b|pct\b)(?: ad valorem)?"
_WAY = "(?:(?:import|export) )?"
_EACH = "(?: ?/ ?| per | a )"
_FREE = r"free|duty[- ]free|nil"
_MINIMUM_PRICE = re.compile(r"(?:(.+?) ?(?:\+|plus) ?)?minimum (?:import )?price:? (.+)", re.IGNORECASE)
_OR = re.compile(" or ", re.IGNORECASE)
_LIMITS = re.compile(r" (min|max)(?:imum)? (?!price|import)", re.IGNORECASE)
_SIGNS = re.compile(r" ?(\+) ?| ([-\u2212\u2013]) | (plus|minus) ", re.IGNORECASE)


def parse(sentence: str) -> Obligation:
    """The obligation that a sentence states; `parse(str(obligation)) == obligation` for every obligation.

    Raises ObligationError, which names the part that was not understood and the accepted form.
    """
    text = unicodedata.normalize("NFC", " ".join(sentence.split()))
    try:
        if len(text) > MOST_CHARACTERS:
            raise ObligationError(f"more than {MOST_CHARACTERS} characters; an obligation is one sentence.")
        return _obligation(text)
    except ObligationError as error:
        raise error.within(text) from None


def sentence(obligation: Obligation) -> str:
    """The one canonical sentence of an obligation, the same as `str()` of it."""
    return str(obligation)


def encode(obligation: Obligation) -> dict[str, Any]:
    """The canonical JSON form: `kind` first, fields in fixed order, no defaults, decimals as strings."""
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(obligation))
    return data


def decode(data: object) -> Obligation:
    """The obligation of a JSON form; raises ObligationError with the path of what is not accepted."""
    try:
        obligation: Obligation = msgspec.convert(data, Obligation)
        return obligation
    except msgspec.ValidationError as error:
        raise ObligationError(f"{error}.") from None


def _obligation(text: str) -> Obligation:
    for pattern, make in _FORMS:
        if match := pattern.fullmatch(text):
            return make(*match.groups())
    return _choice(text)


def _choice(text: str) -> Obligation:
    options = [_priced(option) for option in _OR.split(text)]
    return options[0] if len(options) == 1 else Choice(tuple(options))


def _priced(text: str) -> Duty | MinimumPrice:
    if not (match := _MINIMUM_PRICE.fullmatch(text)):
        return _duty(text)
    duty, price = match.groups()
    floor = _per_unit(price)
    return MinimumPrice(floor.amount, floor.currency, floor.unit, floor.per, duty=_duty(duty) if duty else None)


def _duty(text: str) -> Duty:
    rate = text.removeprefix("+").lstrip()
    return _ceiling(rate) or _compound(rate)


def _ceiling(text: str) -> Ceiling | None:
    included = _whole(rf"{_PERCENT} (?:incl\.?|including|inclusive of) (.+)", text)
    equation = _whole(rf"(.+?) ?\+ ?x ?= ?{_PERCENT}", text)
    if included:
        return Ceiling(Decimal(included[1]), included[2])
    return Ceiling(Decimal(equation[2]), equation[1]) if equation else None


def _compound(text: str) -> AdValorem | Specific | Compound:
    first, *limits = _LIMITS.split(text)
    bounds = list(zip((word.lower() for word in limits[::2]), limits[1::2], strict=True))
    parts, less = _sum(first)
    if len(parts) == 1 and not less and not bounds:
        return parts[0]
    if len(dict(bounds)) < len(bounds):
        raise ObligationError("MIN or MAX stands there twice; write each once.", text)
    return Compound(parts, less, **{f"{word}imum": _bound(part) for word, part in bounds})


def _bound(text: str) -> tuple[Part, ...]:
    parts, less = _sum(text)
    if less:
        raise ObligationError("a MIN or MAX is a sum without minus, as in MAX 18% + 5 EUR/kg.", text)
    return parts


def _sum(text: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The parts that are added and those that are taken off."""
    first, *rest = (piece for piece in _SIGNS.split(text) if piece is not None)
    signs, pieces = ["+", *rest[::2]], [first, *rest[1::2]]
    signed = [(sign.lower() in ("+", "plus"), _part(piece)) for sign, piece in zip(signs, pieces, strict=True)]
    return tuple(part for plus, part in signed if plus), tuple(part for plus, part in signed if not plus)


def _part(text: str) -> Part:
    if _whole(_FREE, text):
        return AdValorem(Decimal(0))
    if match := _whole(_PERCENT, text):
        return AdValorem(Decimal(match[1]))
    return _per_unit(text)


def _per_unit(text: str) -> Specific:
    match = _whole(rf"({_NUMBER}) ?([a-z]+) ?(?:/|per\b) ?(?:(\d+) ?)?(.+)", text)
    before = _whole(rf"([a-z]+) ?({_NUMBER}) ?(?:/|per\b) ?(?:(\d+) ?)?(.+)", text)
    if match:
        amount, currency, per, unit = match.groups()
    elif before:
        currency, amount, per, unit = before.groups()
    else:
        raise ObligationError(hints.for_rate(text), text)
    return Specific(Decimal(amount), currency, unit, int(per or 1))


def _quota(much: str | None, unit: str | None, period: str | None, rates: str | None) -> Quota:
    sides = [_side(side) for side in re.split(r" ?[,;] ?", rates)] if rates else []
    if len(dict(sides)) < len(sides):
        raise ObligationError("a quota has one rate in and one out: 10% in, 50% out.", rates or "")
    return Quota(Decimal(much) if much else None, unit, _word(period), **dict(sides))


def _side(text: str) -> tuple[str, Duty]:
    match = _whole(r"(.+) (?:(in|within)|out|above|beyond)(?: of)?(?: quota)?", text)
    if not match:
        raise ObligationError("say whether the rate is in or out of the quota: 10% in, 50% out.", text)
    return "rate_in" if match[2] else "rate_out", _duty(match[1])


def _licence(kind: str | None, details: str | None) -> Licence:
    given = [_licence_detail(detail) for detail in re.split(r" ?, ?", details)] if details else []
    if len(dict(given)) < len(given):
        raise ObligationError("in brackets goes one policy of review and one number of days.", details or "")
    return Licence(_word(kind), **dict(given))


def _licence_detail(text: str) -> tuple[str, Any]:
    waiting = _whole(r"(\d{1,6}) days?", text)
    return ("days", int(waiting[1])) if waiting else ("review", _word(text))


def _formula(base: str | None, published: str | None, text: str) -> Formula:
    return Formula(text, base, _part(published) if published else None)


def _relative(words: str, becomes: str) -> Relative:
    return Relative(words.strip('"'), _duty(becomes))


def _between(lowest: str, highest: str) -> Between:
    return Between(Decimal(lowest), Decimal(highest))


def _listing(effect: str | None) -> Listing:
    if not effect:
        return Listing()
    value = _obligation(effect)
    if not isinstance(value, Ban | Licence | Reporting):
        raise ObligationError("a listing has the effect ban, licence or reporting.", effect)
    return Listing(value)


def _whole(pattern: str, text: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, text, re.IGNORECASE)


def _word(text: str | None) -> Any:
    """An enumeration's value from the way people write it: "Half-year" is "half_year"."""
    return re.sub("[- ]", "_", text.lower()) if text else None


def _form(pattern: str, make: Callable[..., Obligation]) -> tuple[re.Pattern[str], Callable[..., Obligation]]:
    return re.compile(pattern, re.IGNORECASE), make


_FORMS = (
    _form(rf"{_WAY}(?:ban|prohibition)|banned|prohibited", Ban),
    _form(rf"{_WAY}(?:([a-z]+(?:[- ]automatic)?) )?{_WAY}licen[cs]e(?: required)?(?: ?\((.+)\))?", _licence),
    _form(rf"quota(?: ({_NUMBER}) ?([a-z%][^/:]*?)(?:{_EACH}([a-z -]+))?)?(?: ?: ?(.+))?", _quota),
    _form(rf"between ({_NUMBER}) ?%? and {_PERCENT}", _between),
    _form(r"reporting(?:: ?(.+))?", Reporting),
    _form(r"listing(?:: ?(.+))?", _listing),
    _form(r"formula(?: \((?:base ([^(),]+))?(?:, )?(?:published ([^(),]+))?\))?: ?(.+)", _formula),
    _form(r"other: ?(.+)", Other),
    _form(r"unknown: ?(.+)", Unknown),
    _form(rf'("[^"]+"|(?:{hints.RELATIVE})\b[^"]*?) to (.+)', _relative),
)
