"""What all kinds of obligation share."""

from collections.abc import Callable
from typing import Any

import msgspec

from .errors import ObligationError


class Kind(msgspec.Struct, frozen=True, gc=False, tag_field="kind", omit_defaults=True, forbid_unknown_fields=True):
    """An immutable value that the word `kind` tells apart in JSON, and whose `str()` is its sentence.

    Checked and brought into one canonical form when made, in code as by msgspec from JSON: decimals without
    exponent or trailing zeros, units and currencies by their one name, texts in Unicode form NFC. What is not
    accepted raises ObligationError (which msgspec reports as its own ValidationError).
    """

    def _settle(self, **forms: Callable[[Any], Any]) -> None:
        """Bring each named field that is given into its canonical form."""
        for field, form in forms.items():
            if (value := getattr(self, field)) is not None:
                msgspec.structs.force_setattr(self, field, _named(field, form, value))


def _named(field: str, form: Callable[[Any], Any], value: object) -> object:
    try:
        return form(value)
    except ObligationError as error:
        raise ObligationError(f"{field}: {error.hint}", error.part) from None


def require(holds: object, hint: str) -> None:
    if not holds:
        raise ObligationError(hint)


def words(value: str) -> str:
    """An enumeration's value as people read it: "case_by_case" is "case by case"."""
    return value.replace("_", " ")
