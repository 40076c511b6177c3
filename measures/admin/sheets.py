"""Sheets: what an editor fills for one entry. A sheet turns what was typed into the events that it would record.

A `RecordSheet` is for what happened; `mending` has the one for what we got wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from measures.admin import words
from measures.admin.fields import DAY, EXACT_DAY, DayField, EntryField
from measures.admin.forms import Item, Known, StructForm, struct_form
from measures.admin.knowledge import categories, description, stream_knowledge
from measures.events.common import Fact
from measures.review import THOUGHT
from measures.rules import Violation, renamed
from tracker import log
from tracker.clocks import FORMS
from tracker.events import EventType
from tracker.log import NewEvent, Recorded

STREAM = re.compile(r"^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$")
SELDOM = frozenset(Fact.__struct_fields__) - {"sources", "summary"}
"""What every fact may carry and few do: folded away."""
ENVELOPE = ("known_from", "known_seq", "occurred_on")


class EnvelopeForm(forms.Form):
    """The known clock of an entry, and when it happened."""

    use_required_attribute = False
    known_from = DayField(
        pattern=EXACT_DAY,
        accepted="YYYY-MM-DD",
        help_text="The day the public could first know it: announced, published or disclosed (YYYY-MM-DD)",
    )
    occurred_on = DayField(
        pattern=DAY,
        accepted=FORMS,
        required=False,
        help_text="When it was said, signed, held or ruled, if that is another day",
    )
    known_seq = forms.IntegerField(
        required=False,
        min_value=0,
        label="Place in its day",
        help_text="Only where two entries became known on one day: 1, 2, 3",
    )

    def value(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ENVELOPE}

    @property
    def is_open(self) -> bool:
        """Whether what is seldom needed of it holds something, or is refused."""
        return any(self[name].value() or self[name].errors for name in ENVELOPE[1:])


class StreamForm(forms.Form):
    """Which stream it happened to."""

    use_required_attribute = False
    stream = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off", "size": 60}))

    def __init__(self, *args: Any, categories: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.categories = categories
        field = self.fields["stream"]
        field.label = "Title or slug"
        field.widget.attrs["data-lookup"] = ",".join(categories)
        field.widget.attrs["data-whole"] = "yes"
        field.help_text = "Type a few letters of it, and choose"

    def clean_stream(self) -> str:
        text = self.cleaned_data["stream"].strip()
        name = text if "/" in text or len(self.categories) > 1 else f"{self.categories[0]}/{text}"
        if not STREAM.match(name) or name.partition("/")[0] not in self.categories:
            forms_ = " or ".join(f"{category}/…" for category in self.categories)
            raise forms.ValidationError(f"“{text}” names none; write {forms_} with {words.SLUG_FORM}")
        return name if log.exists(name) else renamed().get(name.removeprefix("measure/"), name)


class Sheet:
    """The forms of one entry, filled or empty. `place` puts what rules say at the fields that they name."""

    kind: EventType
    quiet: bool
    envelope: EnvelopeForm | None = None
    payload: StructForm
    stream: str

    def all_forms(self) -> list[Any]:
        raise NotImplementedError

    def batch(self) -> list[NewEvent]:
        """The events that it would record; it must be valid."""
        raise NotImplementedError

    @property
    def is_wrong(self) -> bool:
        """Whether something that was typed is refused."""
        sent = [form for form in self.all_forms() if form.is_bound]
        return not self.quiet and not {form.is_valid() for form in sent} <= {True}

    def sources(self) -> Item:
        return next(item for item in self.payload.layout() if item.name == "sources")

    def is_valid(self) -> bool:
        asked = [form.is_valid() for form in self.all_forms()]
        return all(asked)  # every form was asked, so that all errors are seen at once

    def mends(self, form: forms.Form) -> bool:
        """Whether a form holds the right values of an entry that is corrected."""
        return False

    def place(self, violations: Iterable[Violation]) -> None:
        for item in violations:
            self.place_one(item.field, f"{item.message} ({item.rule}: {item.sentence})")

    def place_one(self, pointer: str, message: str) -> None:
        """Puts an error at the field that a pointer names."""
        name = pointer.removeprefix("/data").strip("/")
        for form in self.all_forms():
            if not isinstance(form, StructForm) and name in form.fields:
                form.add_error(name, message)
                return
        self.payload.place(name.removeprefix("patch/"), message)


class RecordSheet(Sheet):
    """What happened, to a stream that exists or to one that is described in the same batch."""

    def __init__(
        self,
        kind: EventType,
        *,
        today: date,
        stream: str = "",
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
        quiet: bool = False,
    ) -> None:
        self.kind, self.categories, self.quiet = kind, categories(kind), quiet
        self.stream_form = StreamForm(data, categories=self.categories, initial={"stream": stream})
        self.stream = self._stream(data) or stream
        known = Known(*stream_knowledge(self.history), quiet=quiet)
        filled = dict(initial or {})
        self.envelope = EnvelopeForm(data, initial={"known_from": today.isoformat()} | filled.pop("envelope", {}))
        self.payload = struct_form(kind.payload)(data, prefix="data", initial=filled, known=known)
        self.opening = self._opening(data, quiet)
        if quiet:
            hush(self.stream_form, self.envelope)

    def _stream(self, data: QueryDict | None) -> str:
        return self.stream_form.cleaned_data.get("stream", "") if data and self.stream_form.is_valid() else ""

    def _opening(self, data: QueryDict | None, quiet: bool) -> StructForm | None:
        """The description of a stream that is not there yet; only where its kind is plain."""
        described = description(self.categories[0]) if len(self.categories) == 1 else None
        if described is None or described is self.kind:
            return None
        form = struct_form(described.payload, frozenset(Fact.__struct_fields__))
        return form(data, prefix="new", known=Known(quiet=quiet), empty_permitted=True)

    @cached_property
    def history(self) -> list[Recorded]:
        return log.read(stream=self.stream) if self.stream else []

    @property
    def title(self) -> str:
        """What the stream is called."""
        described = [item for item in self.history if item.type.endswith(".described")]
        return described[-1].data["title"] if described else self.stream

    @property
    def names_entries(self) -> bool:
        """Whether it is about an earlier entry, so that the stream has to be chosen first."""
        return any(isinstance(field, EntryField) for field in self.payload.fields.values())

    def main(self) -> Iterator[Item]:
        return (item for item in self.payload.layout() if item.name not in SELDOM and item.name != "sources")

    def seldom(self) -> Iterator[Item]:
        return (item for item in self.payload.layout() if item.name in SELDOM)

    @property
    def seldom_open(self) -> bool:
        return any(item.is_open for item in self.seldom())

    @property
    def is_identity(self) -> bool:
        """Whether it describes a stream, and so may open one."""
        return self.kind.name.endswith(".described")

    def all_forms(self) -> list[Any]:
        return [form for form in (self.stream_form, self.envelope, self.payload, self.opening) if form is not None]

    def is_valid(self) -> bool:
        if super().is_valid() and self._opens and self.history:
            self.stream_form.add_error("stream", f"{self.stream} exists already: choose it, and describe nothing new")
        return super().is_valid()

    @property
    def _opens(self) -> bool:
        return self.opening is not None and self.opening.value() is not None

    def batch(self) -> list[NewEvent]:
        assert self.envelope is not None
        payload = self.payload.value() or {}
        happened = new_event(self.stream_form.cleaned_data["stream"], self.kind, payload, self.envelope.value())
        if not self._opens or self.opening is None:
            return [happened]
        described = description(self.categories[0])
        data = {"sources": payload["sources"], **(self.opening.value() or {})}
        return [new_event(happened.stream, described, data, self.envelope.value()), happened]


def hush(*form_list: forms.Form) -> None:
    """Forgets what the forms have to say against what was typed: it is not finished."""
    for form in form_list:
        form.errors.clear()


def new_event(
    stream: str, kind: EventType, data: Mapping[str, Any], envelope: Mapping[str, Any], corrects: UUID | None = None
) -> NewEvent:
    """An event as a draft holds it; its id and its meta come with the draft."""
    known = envelope["known_from"]
    return NewEvent(
        stream=stream,
        payload=kind.decode(kind.schema, dict(data)),
        meta=THOUGHT,
        known_from=date.fromisoformat(known) if known else None,
        known_seq=envelope["known_seq"],
        occurred_on=envelope["occurred_on"],
        corrects=corrects,
    )
