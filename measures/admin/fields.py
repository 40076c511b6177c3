"""One form field for each type that a payload may use: how it is typed, what is accepted, how it is shown again.

A field cleans to the JSON value that the payload takes; its error names the value and the accepted form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from django import forms
from django.core.exceptions import ValidationError
from msgspec import inspect

from measures import obligations
from measures.admin import words
from measures.events.common import Code, EntryId, Party, Slug
from measures.obligations.kind import Kind
from tracker.clocks import FORMS, span
from tracker.events import Day

LONG = 500
"""Texts that may be longer than this get several lines."""


def _pattern(alias: Any) -> str:
    return alias.__metadata__[0].pattern


DAY, ENTRY, SLUG, CODE = (_pattern(alias) for alias in (Day, EntryId, Slug, Code))
PARTY = Party.__metadata__[0].description  # type: ignore[attr-defined]
EXACT_DAY = r"^\d{4}-\d{2}-\d{2}$"


class Empty(forms.CharField):
    """A text that is None where nothing was typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"empty_value": None, **kwargs})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """No length: a browser would cut off what is pasted, and not say so."""
        attributes = super().widget_attrs(widget)
        return {name: value for name, value in attributes.items() if name not in ("minlength", "maxlength")}


class PatternField(Empty):
    """A word of a fixed form."""

    def __init__(self, *, pattern: str, accepted: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern, self.accepted = pattern, accepted

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if text is not None and not re.search(self.pattern, text):
            raise ValidationError(f"“{text}” is not accepted; write {self.accepted}")
        return text


class DayField(PatternField):
    """A day, a month or a year, as far as it is known."""

    widget = forms.TextInput(attrs={"class": "day", "autocomplete": "off", "size": 12})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            if text is not None:
                span(text)
        except ValueError:
            raise ValidationError(f"“{text}” is no day of the calendar; write {self.accepted}") from None
        return text


class ObligationField(Empty):
    """An obligation, typed as its sentence."""

    def prepare_value(self, value: Any) -> Any:
        return obligations.sentence(obligations.decode(value)) if isinstance(value, dict) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return None if text is None else obligations.encode(obligations.parse(text))
        except obligations.ObligationError as error:
            raise ValidationError(str(error)) from None


class LinesField(forms.CharField):
    """A list, one item a line; product codes may also be separated by commas, and written with dots."""

    def __init__(self, *, item: forms.Field, codes: bool = False, least: int = 0, **kwargs: Any) -> None:
        super().__init__(**{"widget": forms.Textarea(attrs={"rows": 2}), **kwargs})
        self.item, self.codes, self.least = item, codes, least

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value)
        lines = re.split(r"[\s,;]+", text.replace(".", "")) if self.codes else text.splitlines()
        return [self._line(number, line) for number, line in enumerate(lines, 1) if line.strip()]

    def _line(self, number: int, line: str) -> str:
        try:
            return self.item.clean(line.strip())
        except ValidationError as error:
            raise ValidationError(f"{'code' if self.codes else 'line'} {number}: {' '.join(error.messages)}") from None


class EntryField(forms.ChoiceField):
    """An earlier entry of the stream, chosen by its sentence."""

    def clean(self, value: Any) -> Any:
        return super().clean(value) or None


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or not said."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [("", "not said"), ("True", "yes"), ("False", "no")]
        super().__init__(**kwargs, choices=choices, coerce=lambda text: text == "True", empty_value=None)


class OneOfField(forms.TypedChoiceField):
    """One of the words of a literal."""

    def __init__(self, *, values: Iterable[Any], optional: bool, **kwargs: Any) -> None:
        offered = [(value, words.plain(value)) for value in values]
        empty = [("", "choose" if kwargs.get("required") else "not said")]
        super().__init__(**kwargs, choices=[*empty, *offered] if optional else offered, empty_value=None)


def unwrap(kind: inspect.Type) -> tuple[inspect.Type, str, bool]:
    """A type without its wrappings: what it is, what its author says of it, and whether it may be left out."""
    if isinstance(kind, inspect.Metadata):
        inner, said, optional = unwrap(kind.type)
        return inner, (kind.extra_json_schema or {}).get("description", said), optional
    if isinstance(kind, inspect.UnionType) and any(isinstance(item, inspect.NoneType) for item in kind.types):
        rest = tuple(item for item in kind.types if not isinstance(item, inspect.NoneType))
        inner, said, _ = unwrap(rest[0]) if len(rest) == 1 else (inspect.UnionType(rest), "", True)
        return inner, said, True
    return kind, "", False


def form_field(item: inspect.Field, owners: Sequence[str]) -> forms.Field:
    """The form field of a payload's field that is neither a struct nor a list of structs; `owners` say whose it is."""
    kind, said, optional = unwrap(item.type)
    given = {
        "label": words.label(item.name),
        "help_text": words.help_for(item.name, said, owners),
        "required": item.required and not optional,
        "initial": None if item.default is msgspec.NODEFAULT or item.default == () else item.default,
    }
    return FIELDS[type(kind)](kind, item.name, said, optional or not item.required, given)


def _text(kind: Any, name: str, said: str, optional: bool, given: dict[str, Any]) -> forms.Field:
    if kind.pattern == DAY or kind.pattern == EXACT_DAY:
        accepted = "YYYY-MM-DD" if kind.pattern == EXACT_DAY else FORMS
        if accepted not in given.get("help_text", accepted):
            given["help_text"] = f"{given['help_text']} ({accepted})"
        return DayField(pattern=kind.pattern, accepted=accepted, **given)
    if kind.pattern == ENTRY:
        return EntryField(**given)
    if kind.pattern:
        field = PatternField(
            pattern=kind.pattern, accepted=words.accepted(kind.pattern, said), max_length=kind.max_length, **given
        )
        if kind.pattern == SLUG and name in words.LOOKUPS:
            field.widget.attrs["data-lookup"] = words.LOOKUPS[name]
        return field
    long = kind.max_length is None or kind.max_length > LONG
    widget = forms.Textarea(attrs={"rows": 3}) if long else forms.TextInput()
    widget.attrs |= {"data-lookup": "country", "autocomplete": "off"} if said == PARTY else {}
    return Empty(widget=widget, min_length=kind.min_length, max_length=kind.max_length, **given)


def _lines(kind: Any, name: str, said: str, optional: bool, given: dict[str, Any]) -> forms.Field:
    item, about, _ = unwrap(kind.item_type)
    inner = _text(item, "", about, False, {"required": True})
    is_code = getattr(item, "pattern", None) == CODE
    given["help_text"] = given["help_text"] or words.help_for("", f"{about}; one a line" if about else "One a line")
    field = LinesField(item=inner, codes=is_code, **given)
    if getattr(item, "pattern", None) == SLUG and name in words.LOOKUPS:
        field.widget.attrs["data-lookup"] = words.LOOKUPS[name]
    elif is_code or about == PARTY:
        field.widget.attrs["data-lookup"] = "code" if is_code else "country"
    return field


def _number(kind: Any, name: str, said: str, optional: bool, given: dict[str, Any]) -> forms.Field:
    return forms.IntegerField(min_value=kind.ge, max_value=kind.le, **given)


def _yes_no(kind: Any, name: str, said: str, optional: bool, given: dict[str, Any]) -> forms.Field:
    if given["initial"] is None:
        return YesNoField(**given)
    return forms.BooleanField(**{**given, "required": False})


def _one_of(kind: Any, name: str, said: str, optional: bool, given: dict[str, Any]) -> forms.Field:
    return OneOfField(values=kind.values, optional=given["initial"] is None, **given)


def _obligation(kind: Any, name: str, said: str, optional: bool, given: dict[str, Any]) -> forms.Field:
    assert all(issubclass(option.cls, Kind) for option in kind.types), f"{name}: no form for this union"
    return ObligationField(**given)


FIELDS: dict[type, Callable[[Any, str, str, bool, dict[str, Any]], forms.Field]] = {
    inspect.StrType: _text,
    inspect.VarTupleType: _lines,
    inspect.IntType: _number,
    inspect.BoolType: _yes_no,
    inspect.LiteralType: _one_of,
    inspect.UnionType: _obligation,
}
