"""The sheet for what we got wrong: the entry as it reads now, to be mended, or to be taken out as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from measures.admin.forms import Item, Known, StructForm, struct_form
from measures.admin.knowledge import stream_knowledge
from measures.admin.sheets import ENVELOPE, SELDOM, EnvelopeForm, RecordSheet, Sheet, hush, new_event
from measures.drafts import Draft
from measures.preview import as_read
from tracker import events, log
from tracker.corrections import Entry, settle
from tracker.events import EventError, EventType, Payload, event_type
from tracker.log import NewEvent, Recorded
from tracker.vocabulary import EntryCorrected, EntryRetracted

UNASKED = frozenset({"schema"})
"""What follows from the entry."""


class CorrectionSheet(Sheet):
    """What we got wrong in an entry: the entry as it reads now, to be mended, or to be taken out as a whole."""

    def __init__(
        self,
        kind: EventType,
        target: Recorded,
        *,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
        quiet: bool = False,
        history: Sequence[Recorded] | None = None,
    ) -> None:
        self.kind, self.target, self.stream, self.quiet = kind, target, target.stream, quiet
        self.history = log.read(stream=target.stream) if history is None else history
        form = struct_form(kind.payload, UNASKED)
        self.payload = form(data, prefix="data", initial=initial or {}, known=Known(quiet=quiet))
        self.entry = self._entry()
        self.mended = self._mended(data, quiet)
        if quiet and self.envelope:
            hush(self.envelope)

    def _entry(self) -> Entry | None:
        """The entry as it reads after its corrections; None where it was retracted, or is a correction itself."""
        return next((entry for entry in settle(self.history) if entry.id == self.target.id), None)

    def _mended(self, data: QueryDict | None, quiet: bool) -> StructForm | None:
        if self.kind.payload is EntryRetracted or self.entry is None:
            return None
        now = as_read(self.entry)
        envelope = {name: now.pop(name) for name in ENVELOPE}
        self.envelope = EnvelopeForm(data, initial=envelope)
        known = Known(*stream_knowledge(self.history), quiet=quiet)
        return struct_form(type(self.entry.payload))(data, prefix="right", initial=now, known=known)

    def reasons(self) -> Iterator[Item]:
        return (item for item in self.payload.layout() if item.name not in (*SELDOM, "sources", "summary"))

    def main(self) -> Iterator[Item]:
        assert self.mended is not None
        return (item for item in self.mended.layout() if item.name not in SELDOM and item.name != "sources")

    def seldom(self) -> Iterator[Item]:
        assert self.mended is not None
        return (item for item in self.mended.layout() if item.name in SELDOM or item.name == "sources")

    @property
    def seldom_open(self) -> bool:
        return self.mended is not None and self.mended.is_bound and any(not item.is_fine for item in self.seldom())

    def all_forms(self) -> list[Any]:
        return [form for form in (self.payload, self.mended, self.envelope) if form is not None]

    def mends(self, form: forms.Form) -> bool:
        return form in (self.mended, self.envelope)

    def is_valid(self) -> bool:
        if super().is_valid() and self.mended is not None and not self.patch():
            self.payload.add_error(None, "Nothing differs from how the entry reads now; mend what is wrong")
        return super().is_valid()

    def patch(self) -> dict[str, Any]:
        """The fields whose right value differs from how the entry reads now; None takes a field out."""
        assert self.entry is not None
        assert self.envelope is not None
        right, now = events.encode(self.right()) | self.envelope.value(), as_read(self.entry)
        changed = [name for name in {**now, **right} if right.get(name) != now.get(name)]
        return {name: right.get(name) for name in changed}

    def right(self) -> Payload:
        """What the entry should say; the forms must be valid."""
        assert self.mended is not None
        kind = event_type(self.target.type)
        return kind.decode(kind.schema, self.mended.value() or {})

    def place_one(self, pointer: str, message: str) -> None:
        name = pointer.removeprefix("patch/")
        if self.mended is not None and name in self.mended.shown_order:
            self.mended.place(name, message)
        else:
            super().place_one(name, message)

    def batch(self) -> list[NewEvent]:
        data = dict(self.payload.value() or {})
        if self.kind.payload is EntryCorrected:
            data |= {"patch": self.patch(), "schema": event_type(self.target.type).schema}
        return [new_event(self.stream, self.kind, data, dict.fromkeys(ENVELOPE), corrects=self.target.id)]


def sheet_of(draft: Draft, *, today: date, quiet: bool = False) -> Sheet:
    """The sheet of a draft, filled as it was typed. Raises EventError where its type or entry is not there."""
    kind = event_type(draft.type)
    data = QueryDict(mutable=True)
    for name, values in draft.typed.items():
        data.setlist(name, values)
    if kind.payload in (EntryCorrected, EntryRetracted):
        position = str(data["corrects"])
        target = log.get(position=int(position))
        if target is None:
            raise EventError(f"there is no entry {position}", field="corrects")
        return CorrectionSheet(kind, target, data=data, quiet=quiet)
    return RecordSheet(kind, today=today, data=data, stream=draft.stream, quiet=quiet)
