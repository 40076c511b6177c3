"""The form that asks for a replay, and what comes of it: rows folded from the log, beside those of the read model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms

from tracker import log, replay
from tracker.api.replaying import MOST
from tracker.clocks import FAR, Point
from tracker.ledger.comparison import Asked, compare
from tracker.ledger.state import State
from tracker.projections import projection, projections
from tracker.replay import PointError

SHOWN = 200
SAYING = (
    "title",
    "term",
    "party",
    "legal",
    "application",
    "rate",
    "sentence",
    "what",
    "kind",
    "text",
    "status",
    "name",
    "city",
)
"""Columns that say in short what a row is, where it has them."""


@dataclass(frozen=True)
class Line:
    """A row of a read model, to be read."""

    row: Mapping[str, Any]

    @property
    def says(self) -> str:
        return " · ".join(str(self.row[name]) for name in SAYING if self.row.get(name))

    def period(self, clock: str) -> str:
        until = self.row[f"{clock}_until"]
        return f"{self.row[f'{clock}_from']} to {'open' if until == FAR.isoformat() else until}"

    @property
    def valid(self) -> str:
        return self.period("valid")

    @property
    def known(self) -> str:
        return self.period("known")


@dataclass
class Result:
    """What a replay gave. `foreign` rows stand in the tables alone, `missing` ones only follow from the log."""

    projection: str
    fold_version: int
    position: int
    state: State
    lines: list[Line] = field(default_factory=list)
    foreign: list[Line] = field(default_factory=list)
    missing: list[Line] = field(default_factory=list)
    compared: bool = True

    @property
    def differing(self) -> Sequence[tuple[str, Line]]:
        sides = (("in the tables alone", self.foreign), ("follows from the log alone", self.missing))
        return [(side, line) for side, lines in sides for line in lines]


class ReplayForm(forms.Form):
    """A read model, and a point of the three clocks."""

    projection = forms.ChoiceField(label="Read model")
    valid_at = forms.DateField(label="In force on", required=False, help_text="empty is all days")
    known_at = forms.DateField(label="As known on", required=False, help_text="empty is all known days")
    position = forms.IntegerField(label="Record at position", required=False, min_value=0, help_text="empty is newest")
    stream = forms.CharField(label="Stream", required=False, max_length=200, help_text="as the log names it: kind/slug")

    def __init__(self, data: Mapping[str, Any] | None, *, point: Point) -> None:
        super().__init__(data, initial={"valid_at": point.valid_at})
        self.point = point
        names = [kind.name for kind in projections()]
        choices: Any = self.fields["projection"]
        choices.choices = [(name, name) for name in names]
        for name in ("valid_at", "known_at"):
            day: Any = self.fields[name]
            day.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            day.input_formats = ["%Y-%m-%d"]
            day.error_messages["invalid"] = "This is no day; write YYYY-MM-DD, such as 2025-06-10."

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        if self.errors:
            return asked
        try:
            given = asked["position"]
            at, _ = replay.in_the_log(self.point.position if given is None else given, None)
        except PointError as error:
            raise forms.ValidationError({"position": str(error)}) from error
        if at.position > MOST and not asked["stream"]:
            raise forms.ValidationError({"stream": f"Past position {MOST} name a stream, or run manage.py replay"})
        if asked["stream"] and not log.exists(asked["stream"]):
            raise forms.ValidationError({"stream": f"The log holds no stream {asked['stream']!r}"})
        return asked | {"at": at.position}

    def replay(self) -> Result:
        """Folds the log to the point. The read model is compared where it has come so far."""
        said = self.cleaned_data
        kind = projection(said["projection"])
        asked = Asked(said["at"], said["valid_at"], said["known_at"], said["stream"] or None)
        generation = self.point.generations[kind.name]
        result = Result(kind.name, kind.version, asked.position, State(kind.name, asked.position))
        result.compared = self.point.position >= asked.position
        for item in compare(kind, generation, asked, lambda count: None):
            result.state.add(item.stream, item.folded)
            _take(result.lines, item.folded)
            if result.compared:
                _take(result.foreign, item.foreign)
                _take(result.missing, item.missing)
        return result


def _take(lines: list[Line], found: set[bytes]) -> None:
    """Adds rows as long as there are few enough to be shown."""
    lines += [Line(json.loads(row)) for row in sorted(found)[: SHOWN - len(lines)]]
