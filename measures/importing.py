"""Events from files: one line of JSON is one batch. Pure: reading and ordering; recording is the caller's.

A line is `{"reference": …, "correlation": …, "events": [{"stream", "type", "known_from", "known_seq", "occurred_on",
"data"}, …]}`. Ids follow from the reference, so that a file can be loaded again; `ref:<reference>#<n>` anywhere in the
data stands for the id of event n of another line (`#0` may be left out).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid5

import msgspec

from tracker.events import Day, EventError, event_type
from tracker.events import Line as Text
from tracker.log import Meta, NewEvent

NAMESPACE = UUID("6f1c1a4e-2a0c-5b7e-9d53-0b6e6c1d9a20")
DATA = Path(__file__).parent / "data"


class ImportProblem(ValueError):
    """A line that cannot be read: names the file, the row, the field, its value and the accepted form."""

    def __init__(self, file: str, row: int, field: str, value: Any, reason: str) -> None:
        said = "" if value is _ABSENT else f": {_short(value)}"
        super().__init__(f"{file} row {row}, {field or 'line'}{said}: {reason}")
        self.file, self.row, self.field = file, row, field


@dataclass(frozen=True)
class Batch:
    """The events of one line, with where they come from."""

    file: str
    row: int
    reference: str
    events: tuple[NewEvent, ...]

    @property
    def order(self) -> tuple[date, bool]:
        """When it became known; what describes its stream comes before what happens in it."""
        known = max(item.known_from or date.min for item in self.events)
        return known, not all(_describes(item) for item in self.events)


class _Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stream: Annotated[str, msgspec.Meta(pattern=r"^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$", max_length=200)]
    type: Text
    known_from: date
    data: dict[str, Any]
    known_seq: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    occurred_on: Day | None = None


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reference: Text
    events: Annotated[tuple[_Event, ...], msgspec.Meta(min_length=1)]
    correlation: Text | None = None


def files() -> list[Path]:
    """The shipped files of events."""
    return sorted((DATA / "events").glob("*.jsonl"))


def attachments() -> list[Path]:
    """The shipped code lists that events name by their SHA-256."""
    return sorted((DATA / "attachments").glob("*.csv"))


def read(path: Path) -> Iterator[Batch | ImportProblem]:
    """The batches of a file, and in place of each line that cannot be read the problem with it."""
    for row, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if text.strip():
            try:
                yield parse(text, file=path.name, row=row)
            except ImportProblem as problem:
                yield problem


def in_order(batches: Iterable[Batch]) -> list[Batch]:
    """The batches as the world came to know them, each stream's description first."""
    return sorted(batches, key=lambda batch: batch.order)


def parse(text: str, *, file: str, row: int) -> Batch:
    """The batch of one line. Raises ImportProblem."""
    try:
        raw = msgspec.json.decode(text)
        line = msgspec.convert(raw, _Line)
    except msgspec.ValidationError as error:
        field, reason = _place(error)
        raise ImportProblem(file, row, field, _value(raw, field), reason) from None
    except msgspec.DecodeError as error:
        raise ImportProblem(file, row, "", text, f"{error}; write one JSON object a line") from None
    meta = _meta(line, file, row)
    events = (_event(line, number, meta, file, row) for number in range(len(line.events)))
    return Batch(file, row, line.reference, tuple(events))


def entry_id(reference: str, number: int = 0) -> UUID:
    """The id of event `number` of the line with that reference."""
    return uuid5(NAMESPACE, f"{reference}#{number}")


def _meta(line: _Line, file: str, row: int) -> Meta:
    correlation = uuid5(NAMESPACE, f"correlation {line.correlation}") if line.correlation else None
    origin = f"import {file} row {row}"
    return Meta(actor="import", approval="imported", origin=origin, correlation_id=correlation)


def _event(line: _Line, number: int, meta: Meta, file: str, row: int) -> NewEvent:
    item = line.events[number]
    try:
        kind = event_type(item.type)
        named = {"reference": line.reference} if "reference" in kind.payload.__struct_fields__ else {}
        payload = kind.decode(kind.schema, _resolved(named | item.data))
    except EventError as error:
        field = f"events/{number}/{error.field.strip('/')}"
        value = item.type if error.field == "type" else _value(item.data, error.field.removeprefix("/data"))
        raise ImportProblem(file, row, field, value, str(error)) from None
    return NewEvent(
        id=entry_id(line.reference, number),
        stream=item.stream,
        payload=payload,
        meta=meta,
        known_from=item.known_from,
        known_seq=item.known_seq,
        occurred_on=item.occurred_on,
    )


def _resolved(value: Any) -> Any:
    """The data with every `ref:` replaced by the id that it stands for."""
    if isinstance(value, dict):
        return {key: _resolved(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    if isinstance(value, str) and value.startswith("ref:"):
        reference, _, number = value.removeprefix("ref:").partition("#")
        return str(entry_id(reference, int(number or 0)))
    return value


def _describes(item: NewEvent) -> bool:
    return type(item.payload).event_type.endswith(".described")  # type: ignore[attr-defined]


_ABSENT = object()


def _place(error: msgspec.ValidationError) -> tuple[str, str]:
    """msgspec's "reason - at `$.events[0].known_from`" as field and reason."""
    reason, _, path = str(error).partition(" - at `$")
    field = path.rstrip("`").replace("[", ".").replace("]", "").strip(".").replace(".", "/")
    return field, f"{reason}; a day is written YYYY-MM-DD" if field.endswith("known_from") else reason


def _value(data: Any, field: str) -> Any:
    """What stands at a path such as `events/0/type`, or nothing."""
    for part in filter(None, field.split("/")):
        try:
            data = data[int(part)] if isinstance(data, list) else data[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return _ABSENT
    return data


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return repr(text if len(text) <= 80 else text[:77] + "…")
