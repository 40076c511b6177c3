"""One form for each number and text, so that equal obligations are equal values and equal bytes."""

import unicodedata
from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation

from .errors import ObligationError

MOST_PERCENT = Decimal(10_000)
MOST_AMOUNT = Decimal(1_000_000_000_000)
MOST_PER = 1_000_000
MOST_DAYS = 3_660
MOST_TEXT = 500

_STEP = Decimal("0.000001")
_CONTEXT = Context(prec=40)


def percent(value: Decimal) -> Decimal:
    """A percentage from 0 to 10000 with at most 6 decimals, without exponent or trailing zeros."""
    return _number(value, MOST_PERCENT)


def amount(value: Decimal) -> Decimal:
    """A quantity or an amount of money above 0, at most 10^12, with at most 6 decimals."""
    number = _number(value, MOST_AMOUNT)
    if not number:
        raise ObligationError('0 is nothing; write "free", or leave that part out.')
    return number


def per(value: int) -> int:
    """How many units one amount is charged for: 1 to 1000000."""
    return _whole(value, MOST_PER)


def days(value: int) -> int:
    return _whole(value, MOST_DAYS)


def text(value: str) -> str:
    """1 to 500 characters in Unicode form NFC, single spaces, no control characters."""
    words = unicodedata.normalize("NFC", " ".join(value.split()))
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in words):
        raise ObligationError("a control character; write plain text.")
    if not 1 <= len(words) <= MOST_TEXT:
        raise ObligationError(f"{len(words)} characters; write 1 to {MOST_TEXT}.")
    return words


def text_without(characters: str, value: str) -> str:
    """The same, free of the characters that close it in a sentence."""
    words = text(value)
    if found := set(words) & set(characters):
        raise ObligationError(f"{' '.join(sorted(found))} cannot stand in it; write it without.")
    return words


def one_of(*accepted: str) -> Callable[[str], str]:
    """The form of a field that takes one of these words."""

    def word(value: str) -> str:
        if value not in accepted:
            known, said = ", ".join(accepted).replace("_", " "), value.replace("_", " ")
            raise ObligationError(f'"{said}" is not one of: {known}.', said)
        return value

    return word


def _whole(value: int, most: int) -> int:
    if not 1 <= value <= most:
        raise ObligationError(f"{value} is out of bounds; write a whole number from 1 to {most}.")
    return value


def _number(value: Decimal, most: Decimal) -> Decimal:
    exact = _within(value, most)
    steps = exact.quantize(_STEP, context=_CONTEXT)
    if steps != exact:
        raise ObligationError(f"{exact} has more than 6 decimals; round it as its source does.")
    return Decimal(f"{abs(steps):f}".rstrip("0").rstrip("."))  # abs: there is no -0


def _within(value: Decimal, most: Decimal) -> Decimal:
    try:
        exact = Decimal(value)
        inside = 0 <= exact <= most  # NaN has no order: InvalidOperation
    except InvalidOperation:
        raise ObligationError(f'{value} is not a number; write digits, as in "7.5".') from None
    if not inside:
        raise ObligationError(f"{exact} is out of bounds; write a number from 0 to {most}.")
    return exact
