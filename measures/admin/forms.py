"""Forms generated from payloads: a form for each struct, with forms inside it for structs and rows of structs.

`struct_form(payload)` gives the class; its `value()` is the JSON data that the payload takes. A form may be *quiet*:
filled, but not yet judged, as when a row is added or a half-written draft is opened again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import msgspec
from django import forms
from django.forms.formsets import BaseFormSet, ManagementForm, formset_factory
from django.forms.utils import ErrorDict, ErrorList
from msgspec import inspect

from measures.admin import words
from measures.admin.fields import EntryField, form_field, unwrap
from measures.events.common import Instrument
from tracker.events import AttachmentRef, Source, Struct, malformed

MOST_ROWS, MOST_COLUMNS = 200, 4
CELLS = re.compile(r"\s*[\t;|]\s*")
"""What stands between the cells of a pasted line: a tab, as spreadsheets give it, a semicolon or a bar."""
REFUSED = "refused"  # the name, within an attachment's form, of what is said against the file sent for it
EMPTY: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Known:
    """What a form knows of its stream: the entries that may be named, and the values used before, by field."""

    entries: Sequence[tuple[str, str]] = ()
    used: Mapping[str, Sequence[str]] = field(default_factory=dict)
    quiet: bool = False


@dataclass(frozen=True)
class Item:
    """One thing to show in a form: a `field`, a `part` (a struct), `rows` (a list of structs) or a `fold` of these."""

    kind: str
    name: str
    content: Any
    used: Sequence[str] = ()

    @property
    def label(self) -> str:
        return self.name if self.kind == "fold" else words.label(self.name)

    @property
    def row_label(self) -> str:
        """What one row is called: a source, a figure."""
        return {"people": "person"}.get(self.name, words.plain(self.name).rstrip("s"))

    @property
    def is_open(self) -> bool:
        """Whether it holds something, so that it is not folded away."""
        if self.kind == "fold":
            return any(item.is_open for item in self.content)
        if self.kind == "field":
            return bool(self.content.value()) or not self.is_fine
        return bool(self.content.initial) or (self.content.is_bound and self.content.has_changed())

    @property
    def takes_file(self) -> bool:
        """Whether a file may be sent in place of its fields."""
        return self.kind == "part" and self.content.struct_type is AttachmentRef

    @property
    def is_fine(self) -> bool:
        """Whether nothing in it is refused."""
        if self.kind == "fold":
            return all(item.is_fine for item in self.content)
        return not self.content.errors if self.kind == "field" else self.content.is_valid()


class StructForm(forms.Form):
    """The form of one struct. `value()` is None where the struct may be left out and nothing was typed."""

    struct_type: ClassVar[type[Struct]]
    part_forms: ClassVar[dict[str, type[StructForm]]]
    row_sets: ClassVar[dict[str, type[Rows]]]
    shown_order: ClassVar[tuple[str, ...]]
    is_whole: ClassVar[bool]
    """Whether it shows all that its struct asks for, so that the struct can judge it."""
    use_required_attribute = False

    def __init__(self, data: Any = None, *, known: Known | None = None, **kwargs: Any) -> None:
        self.known = known or Known()
        if data is not None:
            kwargs.pop("initial", None)  # what was sent is compared with the defaults alone
        super().__init__(data, **{**kwargs, "use_required_attribute": False})
        self.children = {name: self._child(name) for name in self.shown_order if name not in self.fields}
        for name, each in self.fields.items():
            if isinstance(each, EntryField):
                each.choices = [("", "choose an entry"), *self.known.entries]
            elif name in self.known.used and isinstance(each.widget, forms.TextInput):
                each.widget.attrs["list"] = f"id_{self.add_prefix(name)}_used"

    def _child(self, name: str) -> StructForm | Rows:
        prefix, initial = self.add_prefix(name), self.initial.get(name)
        data = self.data if self.is_bound else None
        if name in self.row_sets:
            return self.row_sets[name](
                data, prefix=prefix, initial=list(initial or ()), known=self.known, form_kwargs={"known": self.known}
            )
        return self.part_forms[name](data, prefix=prefix, initial=initial or {}, known=self.known, empty_permitted=True)

    def has_changed(self) -> bool:
        """Whether anything was said; what was left empty says the default."""
        if self.refused_file:
            return True
        said = any(self[name].data not in EMPTY for name in self.changed_data)
        return said or any(child.has_changed() for child in self.children.values())

    def full_clean(self) -> None:
        super().full_clean()
        if self.known.quiet or self.refused_file:
            self._errors = ErrorDict()
        for message in [] if self.known.quiet else self.refused_file:
            self.add_error(None, message)

    @property
    def refused_file(self) -> list[str]:
        """What is wrong with the file that was sent in place of the fields of an attachment."""
        takes_file = self.is_bound and self.struct_type is AttachmentRef
        return self.data.getlist(self.add_prefix(REFUSED)) if takes_file else []  # type: ignore[attr-defined]

    def is_valid(self) -> bool:
        if self.is_left_out:
            return True
        asked = [super().is_valid(), *(child.is_valid() for child in self.children.values())]
        return all(asked)  # every part was asked, so that all errors are seen at once

    @property
    def is_left_out(self) -> bool:
        return self.is_bound and self.empty_permitted and not self.has_changed()

    def clean(self) -> dict[str, Any]:
        """Asks the struct itself, once all fields are well formed: it knows what goes together."""
        parts_fine = all(child.is_valid() for child in self.children.values())
        if self.is_whole and parts_fine and not self.errors and not self.known.quiet:
            try:
                msgspec.convert(self._value(), self.struct_type)
            except msgspec.ValidationError as error:
                found = malformed("", error)
                message = str(found).removeprefix(": ").partition(" (at /data")[0]
                self.place(found.field.removeprefix("/data").strip("/"), message)
        return self.cleaned_data

    def value(self) -> dict[str, Any] | None:
        """The JSON data of the struct; the form must be valid."""
        return None if self.is_left_out else self._value()

    def _value(self) -> dict[str, Any]:
        given = self.cleaned_data | {name: child.value() for name, child in self.children.items()}
        return {name: given[name] for name in self.shown_order if given.get(name) not in EMPTY}

    def place(self, pointer: str, message: str) -> None:
        """Puts an error at the field that a JSON pointer names, or at the form where it names none."""
        name, _, rest = pointer.partition("/")
        child = self.children.get(name)
        if child is not None:
            child.place(rest, message)
        else:
            self.add_error(name if name in self.fields else None, message)

    def layout(self) -> Iterator[Item]:
        """What the form shows, in the order of the struct; what is seldom needed comes last, folded."""
        kinds = [cls.__name__ for cls in self.struct_type.__mro__]
        folds = [*(words.FOLDS_OF[kind] for kind in kinds if kind in words.FOLDS_OF), *words.FOLDS]
        folded = {name for _, names in folds for name in names}
        yield from (self._item(name) for name in self.shown_order if name not in folded)
        for label, names in folds:
            if inside := [self._item(name) for name in names if name in self.shown_order]:
                yield Item("fold", label, inside)

    def _item(self, name: str) -> Item:
        if name in self.fields:
            offered = self.known.used.get(name, ()) if "list" in self.fields[name].widget.attrs else ()
            return Item("field", name, self[name], offered)
        return Item("part" if name in self.part_forms else "rows", name, self.children[name])


class Rows(BaseFormSet):
    """A list of structs, a form for each; rows left empty are left out."""

    min_num: int

    def __init__(self, data: Any = None, *, known: Known | None = None, **kwargs: Any) -> None:
        self.known = known or Known()
        super().__init__(self._with_pasted(data, kwargs["prefix"]), **kwargs)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns in which rows may be pasted; none where a row is more than a few words."""
        order = self.form.shown_order
        return order if len(order) <= MOST_COLUMNS and not self.form.part_forms and not self.form.row_sets else ()

    def _with_pasted(self, data: Any, prefix: str) -> Any:
        """What was sent, with the pasted lines as rows behind the others."""
        lines = [line.strip() for line in (data or {}).get(f"{prefix}-paste", "").splitlines() if line.strip()]
        if not lines or not self.columns:
            return data
        more, total = data.copy(), f"{prefix}-TOTAL_FORMS"
        first = int(more.get(total) or 0)
        for number, line in enumerate(lines, first):
            cells = CELLS.split(line, maxsplit=len(self.columns) - 1)
            more.update({f"{prefix}-{number}-{name}": cell for name, cell in zip(self.columns, cells, strict=False)})
        more[total], more[f"{prefix}-paste"] = str(first + len(lines)), ""
        return more

    @cached_property
    def management_form(self) -> ManagementForm:
        """How many rows were sent; where that was not said, none."""
        if self.is_bound and f"{self.prefix}-TOTAL_FORMS" not in self.data:
            none = {f"{self.prefix}-TOTAL_FORMS": "0", f"{self.prefix}-INITIAL_FORMS": "0"}
            form = ManagementForm(none, prefix=self.prefix)
            form.full_clean()
            return form
        return super().management_form

    def initial_form_count(self) -> int:
        """None: a row that was filled in advance may be emptied again."""
        return 0

    def total_form_count(self) -> int:
        return super().total_form_count() if self.is_bound else max(len(self.initial or ()), self.min_num, 1)

    def full_clean(self) -> None:
        super().full_clean()
        if self.known.quiet:
            self._errors: list[Any] = []
            self._non_form_errors = ErrorList()

    def has_changed(self) -> bool:
        return any(form.has_changed() for form in self)

    def value(self) -> list[dict[str, Any]]:
        return [value for form in self if (value := form.value())]

    def place(self, pointer: str, message: str) -> None:
        index, _, rest = pointer.partition("/")
        filled = [form for form in self if not form.is_left_out]
        if index.isdigit() and int(index) < len(filled):
            filled[int(index)].place(rest, message)
        else:
            self.non_form_errors().append(message)


FOREMOST: dict[type[Struct], tuple[str, ...]] = {Source: ("url",)}
"""What is filled first, before the order of its struct: the address, whose page tells title, publisher and day."""


@lru_cache
def struct_form(struct: type[Struct], leave_out: frozenset[str] = frozenset()) -> type[StructForm]:
    """The form class of a struct, without some of its fields."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    owners = [getattr(struct, "event_type", ""), *(cls.__name__ for cls in struct.__mro__)]
    made = {item.name: _made(item, owners) for item in info.fields if item.name not in leave_out}
    order = tuple(name for name in [*FOREMOST.get(struct, ()), *declared(struct)] if made.get(name) is not None)
    attributes: dict[str, Any] = {
        "struct_type": struct,
        "part_forms": {name: made[name] for name in order if _is_a(StructForm, made[name])},
        "row_sets": {name: made[name] for name in order if _is_a(Rows, made[name])},
        "shown_order": tuple(dict.fromkeys(order)),
        "is_whole": not any(item.required and made.get(item.name) is None for item in info.fields),
    }
    fields = {name: made[name] for name in order if isinstance(made[name], forms.Field)}
    if struct is Instrument:
        fields["title"].widget.attrs["data-lookup"] = "instrument"
    return type(f"{struct.__name__}Form", (StructForm,), attributes | fields)


def _is_a(base: type, made: Any) -> bool:
    return isinstance(made, type) and issubclass(made, base)


def _made(item: inspect.Field, owners: Sequence[str]) -> Any:
    """The field, the form class or the class of rows for a field of a struct; None where there is nothing to type."""
    kind, _, _ = unwrap(item.type)
    if isinstance(kind, inspect.DictType):
        return None
    if isinstance(kind, inspect.StructType):
        return struct_form(kind.cls)
    if isinstance(kind, inspect.VarTupleType) and isinstance(kind.item_type, inspect.StructType):
        return _rows(item.name, struct_form(kind.item_type.cls), kind.min_length or 0)
    return form_field(item, owners)


def _rows(name: str, form: type[StructForm], least: int) -> Any:
    made: Any = formset_factory(
        form, formset=Rows, min_num=least, validate_min=bool(least), max_num=MOST_ROWS, absolute_max=MOST_ROWS, extra=0
    )
    made.default_error_messages = BaseFormSet.default_error_messages | {
        "too_few_forms": f"At least one of the {words.plain(name)} is needed."
    }
    return made


def declared(struct: type) -> list[str]:
    """The fields of a struct as people meet them: its own before those that it inherits."""
    names = (name for cls in struct.__mro__ for name in vars(cls).get("__annotations__", {}))
    return list(dict.fromkeys(names))
