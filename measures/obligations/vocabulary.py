"""The units, currencies and bases that obligations may name, read from `vocabulary.toml` beside this file."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

from .errors import ObligationError

_DATA = tomllib.loads(Path(__file__).with_name("vocabulary.toml").read_text("utf-8"))

UNITS: dict[str, str] = {name: entry["meaning"] for name, entry in _DATA["units"].items()}
BASES: dict[str, str] = {name: entry["meaning"] for name, entry in _DATA["bases"].items()}
CURRENCIES: frozenset[str] = frozenset(_DATA["currencies"]["codes"].split())


def _spellings(table: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Every accepted spelling, folded to lower case, and the name it stands for."""
    return {word.casefold(): name for name, entry in table.items() for word in [name, *entry["also"]]}


_UNIT_SPELLINGS = _spellings(_DATA["units"])
_BASE_SPELLINGS = _spellings(_DATA["bases"])
_CURRENCY_SPELLINGS = {code.casefold(): code for code in CURRENCIES} | {
    alias.casefold(): code for alias, code in _DATA["currencies"].items() if alias != "codes"
}


def unit(text: str) -> str:
    """The unit's one name ("kgs" is "kg"); raises ObligationError when there is none."""
    return _look_up(text, _UNIT_SPELLINGS, "a unit", f"One of: {', '.join(UNITS)}")


def unit_or_currency(text: str) -> str:
    """A unit, or the currency of a limit by value."""
    return currency(text) if text.strip().casefold() in _CURRENCY_SPELLINGS else unit(text)


def currency(text: str) -> str:
    """The ISO 4217 code ("rmb" is "CNY"); raises ObligationError when there is none."""
    return _look_up(text, _CURRENCY_SPELLINGS, "an ISO 4217 currency code", 'Write three letters, as in "EUR"')


def base(text: str) -> str:
    """The duty that a ceiling includes, by its one name; raises ObligationError when there is none."""
    return _look_up(text, _BASE_SPELLINGS, "a base duty", f"One of: {', '.join(BASES)}")


def _look_up(text: str, spellings: dict[str, str], what: str, accepted: str) -> str:
    word = text.strip().casefold()
    if word in spellings:
        return spellings[word]
    near = dict.fromkeys(spellings[match] for match in difflib.get_close_matches(word, spellings, cutoff=0.6))
    guess = f"; did you mean {' or '.join(near)}?" if near else "."
    raise ObligationError(f'"{text}" is not {what}{guess} {accepted}.', text)
