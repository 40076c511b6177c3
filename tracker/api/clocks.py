"""The three clocks as parameters, and what a request asks once they are resolved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone

from tracker import replay
from tracker.api.parameters import DAY, INSTANT, POSITION, Parameter
from tracker.api.problems import wrong
from tracker.api.shapes import Clocks, Link, ProblemError
from tracker.clocks import LAST_DAY, Point
from tracker.replay import NotProjectedYet, PointError

CLOCKS = (
    Parameter(
        name="valid_at",
        form=DAY,
        code="malformed-clock",
        description="In force on this day in the world. Default: today, UTC.",
        example="2025-08-20",
    ),
    Parameter(
        name="known_at",
        form=DAY,
        code="malformed-clock",
        description="As the public knew at the end of this day. Default: everything known.",
        example="2025-05-15",
    ),
    Parameter(
        name="recorded_at",
        form=INSTANT,
        code="malformed-clock",
        description="As this log said at this instant; not together with `position`. Default: now.",
    ),
    Parameter(
        name="position",
        form=POSITION,
        code="malformed-clock",
        description="As this log said at this position; inside a batch it means the end of the batch before. "
        "Default: the newest that can be answered for.",
    ),
)
RECORDED = ("recorded_at", "position")


@dataclass(frozen=True)
class Question:
    """What a request asks: its parameters read and checked, at a point of the three clocks."""

    request: HttpRequest
    values: Mapping[str, Any]
    point: Point
    projections: Collection[str]
    parked: list[str]

    @cached_property
    def base(self) -> str:
        """The address of the server, without a slash at its end."""
        return self.request.build_absolute_uri("/")[:-1]

    @property
    def settled(self) -> bool:
        """Whether all three clocks are explicit and the answer can never change."""
        explicit = self.values["valid_at"] and self.values["known_at"] and self.given("recorded_at", "position")
        return bool(explicit) and not self.provisional

    @property
    def provisional(self) -> bool:
        return self.point.provisional or bool(self.parked)

    def given(self, *names: str) -> bool:
        """Whether one of these parameters has a value."""
        return any(self.values[name] is not None for name in names)

    def clocks(self) -> Clocks:
        """The echo: the resolved clocks, the position and what the answer rests on."""
        point = self.point
        return Clocks(
            valid_at=point.valid_at,
            known_at=self.values["known_at"],
            recorded_at=point.recorded_at if point.position else None,
            position=point.position,
            provisional=self.provisional,
            parked=self.parked,
            generation={name: point.generations[name] for name in self.projections},
            fold_version={name: point.fold_versions[name] for name in self.projections},
        )

    def link(self, position: int) -> Link:
        return Link(position=position, url=f"{self.base}/api/v1/events/{position}/")

    def links(self, positions: Collection[int]) -> list[Link]:
        return [self.link(position) for position in positions]

    @property
    def points(self) -> tuple[Point, ...]:
        return (self.point,)

    @property
    def coordinates(self) -> tuple[Any, ...]:
        """What the answer depends on beside the other parameters."""
        return (self.point.valid_at, self.values["known_at"], self.point.position)

    def pins(self) -> dict[str, Any]:
        """Parameters that make the clocks of this question explicit."""
        return {"recorded_at": None, "valid_at": self.point.valid_at, "position": self.point.position}

    def address(self, *, pinned: bool = False, **changes: Any) -> str:
        """The address of this question with other parameters; pinned, its clocks are explicit."""
        return readdressed(self.request, (self.pins() if pinned else {}) | changes)


def readdressed(request: HttpRequest, changes: Mapping[str, Any]) -> str:
    """The address of a request with some parameters changed, or left out where they are None; it asks no receipt."""
    given = {name: request.GET.getlist(name) for name in request.GET if name != "receipt"}
    query: dict[str, Any] = given | dict(changes)
    text = urlencode({name: value for name, value in query.items() if value is not None}, doseq=True)
    return request.build_absolute_uri(f"{request.path}?{text}")


def ask(request: HttpRequest, values: Mapping[str, Any], projections: Collection[str], prefix: str = "") -> Question:
    """The question of a request whose parameters are read; `prefix` stands before its clocks' names in errors.

    Without projections the log alone is asked, and whatever it holds can be answered. Raises Problem or
    NotProjectedYet.
    """
    _check_agreement(values, prefix)
    today = timezone.now().date()
    try:
        point = _projected(values, today) if projections else _in_the_log(values, today)
    except PointError as error:
        name = prefix + error.field
        raise wrong([ProblemError(code=error.code, detail=str(error), parameter=name)]) from error
    if missing := set(projections) - set(point.generations):
        raise NotProjectedYet(point.position, 0) from KeyError(*missing)
    parked = sorted({stream for name in projections for stream in point.parked.get(name, ())})
    return Question(request, values, point, projections, parked)


def _projected(values: Mapping[str, Any], today: date) -> Point:
    return replay.resolve_point(
        today=today,
        valid_at=values["valid_at"],
        known_at=values["known_at"],
        position=values["position"],
        recorded_at=values["recorded_at"],
    )


def _in_the_log(values: Mapping[str, Any], today: date) -> Point:
    at, provisional = replay.in_the_log(values["position"], values["recorded_at"])
    return Point(
        valid_at=values["valid_at"] or today,
        known_at=values["known_at"] or LAST_DAY,
        position=at.position,
        recorded_at=at.recorded_at,
        generations={},
        fold_versions={},
        provisional=provisional,
    )


def _check_agreement(values: Mapping[str, Any], prefix: str) -> None:
    if all(values[name] is not None for name in RECORDED):
        accepted = " or ".join(prefix + name for name in RECORDED)
        detail = f"{accepted.replace(' or ', ' and ')} are two names of one clock; give one of them"
        error = ProblemError(
            code="contradictory-clocks", detail=detail, parameter=f"{prefix}position", accepted=accepted
        )
        raise wrong([error])
