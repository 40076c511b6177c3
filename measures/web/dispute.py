"""A dispute at a point, gathered for one page in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from measures import queries
from measures.models import Agreement, Dispute, Indicator, Meeting, Observation, Proceeding, Segment
from measures.queries import MeasureState
from measures.web import record, state, words
from measures.web.talks import HELD, Promise, Round, rounds
from tracker.clocks import Point

ROUNDS_BEFORE = 5
NOTABLE = 8
UPCOMING = 12
OBSERVATIONS = 5
DUTIES = ("tariff", "additional_duty", "trade_defence_duty")


@dataclass(frozen=True)
class Upcoming:
    """A scheduled effect: the segment that begins, and the one that it follows."""

    segment: Segment
    title: str
    what: str


@dataclass(frozen=True)
class Observed:
    """An indicator's observation with its indicator."""

    indicator: Indicator
    row: Observation


@dataclass(frozen=True)
class Readings:
    """What the indicators of a kind last showed, the newest first."""

    kind: str
    all: Sequence[Observed]

    @property
    def shown(self) -> Sequence[Observed]:
        """Everything of the newest day, and of the days before it a few."""
        newest = [item for item in self.all if item.row.valid_from == self.all[0].row.valid_from]
        return self.all[: max(OBSERVATIONS, len(newest))]


@dataclass(frozen=True)
class Step:
    """The nearest days before and after on which something begins or ends."""

    before: date | None
    after: date | None


@dataclass(frozen=True)
class Talks:
    """The talks of a dispute: the round that was latest on the day, those before it, and what was promised."""

    latest: Round | None
    before: Sequence[Round]
    planned: Sequence[Meeting]
    promises: Sequence[Promise]
    all_rounds: Sequence[Round]
    sources: record.Cited
    day: date

    @property
    def notable(self) -> list[Round]:
        """The rounds held in person that lie nearest to the day, in order."""
        held = [item for item in self.all_rounds if item.held and not item.is_call]
        nearest = sorted(held, key=lambda item: abs((item.last - self.day).days))[:NOTABLE]
        return sorted(nearest, key=lambda item: item.first)


def chosen(point: Point, slug: str | None) -> tuple[Dispute | None, list[Dispute]]:
    """The dispute asked for, or the first, and all of them."""
    found = list(queries.disputes(point))
    return next((row for row in found if slug in (None, row.slug)), None), found


def measures(point: Point, dispute: Dispute | None) -> list[MeasureState]:
    """The states of a dispute's measures; of all measures where there is no dispute."""
    rows = queries.measures(point)
    return queries.states(rows.filter(dispute=dispute.slug) if dispute else rows, point)


def segments(point: Point, states: Iterable[MeasureState]) -> list[Segment]:
    """All headline segments of some measures over the valid clock."""
    slugs = [item.measure.slug for item in states]
    found = Segment.objects.known(point).filter(headline=True, slug__in=slugs)
    return list(found.order_by("slug", "valid_from"))


def step(day: date, found: Sequence[Segment]) -> Step:
    """The nearest changes before and after a day, of some terms in order of their days."""
    days = {row.valid_from for before, row in changes(found)}
    return Step(max((d for d in days if d < day), default=None), min((d for d in days if d > day), default=None))


def changes(found: Sequence[Segment]) -> list[tuple[Segment | None, Segment]]:
    """The segments that bring something to be seen, each with the one that it follows."""
    before = {(row.slug, row.term, row.valid_until): row for row in found}
    pairs = ((before.get((row.slug, row.term, row.valid_from)), row) for row in found)
    return [(old, row) for old, row in pairs if not state.same(old, row)]


def upcoming(day: date, found: Sequence[Segment], states: Iterable[MeasureState]) -> list[Upcoming]:
    """What the texts have in store after the day, the next first."""
    titles = {item.measure.slug: item.measure.title for item in states}
    later = [(old, row) for old, row in changes(found) if row.valid_from > day]
    later.sort(key=lambda pair: (pair[1].valid_from, pair[1].slug))
    return [Upcoming(row, titles[row.slug], state.change(old, row)) for old, row in later[:UPCOMING]]


def moved_most(
    found: Sequence[Segment], states: Iterable[MeasureState], party: str, days: tuple[date, date], count: int
) -> list[MeasureState]:
    """A party's main duties between two days, in the order in which they began.

    What covers everything is chosen first, then what changed more often in these days, then the higher rate.
    """
    duties = {
        item.measure.slug: item for item in states if item.measure.implementer == party and item.measure.kind in DUTIES
    }
    rated = [row for row in found if row.slug in duties and row.rate is not None]
    shown = [row for row in rated if row.valid_until > days[0] and row.valid_from <= days[1]]
    changes = Counter(row.slug for row in shown if row.valid_from >= days[0])
    highest = {slug: max(row.rate or 0 for row in shown if row.slug == slug) for slug in {row.slug for row in shown}}
    began = {row.slug: row.valid_from for row in reversed(rated) if row.rate}
    broad = {slug for slug, item in duties.items() if (item.measure.coverage or {}).get("everything")}
    charged = [slug for slug in highest if highest[slug]]
    most = sorted(charged, key=lambda slug: (slug not in broad, -changes[slug], -highest[slug], slug))[:count]
    return [duties[slug] for slug in sorted(most, key=lambda slug: (began[slug], slug))]


def talks(point: Point, dispute: Dispute | None) -> Talks:
    """The talks at the point: rounds from their meetings, the latest with everything that was said in it."""
    slugs = [row.slug for row in queries.negotiations(point) if dispute is None or row.dispute == dispute.slug]
    met = list(Meeting.objects.known(point).filter(slug__in=slugs).order_by("valid_from", "set_by"))
    agreed = list(Agreement.objects.known(point).filter(slug__in=slugs).order_by("valid_from", "set_by"))
    come = [row for row in met if row.valid_from <= point.valid_at]
    names = {(row.slug, row.round) for row in come if row.kind in HELD}
    past = [item for item in rounds(come, _until(agreed, point)) if (item.negotiation, item.slug) in names]
    latest = _whole(past[0], point) if past else None
    promises = [Promise(row, point.valid_at) for row in queries.commitments(point).filter(slug__in=slugs)]
    return Talks(
        latest=latest,
        before=past[1 : 1 + ROUNDS_BEFORE],
        planned=[row for row in come if row.kind not in HELD and (row.slug, row.round) not in names],
        promises=sorted(promises, key=_urgency),
        all_rounds=rounds(met, agreed),
        sources=record.cited(latest.rows if latest else []),
        day=point.valid_at,
    )


def _until(rows: Iterable[Any], point: Point) -> list[Any]:
    return [row for row in rows if row.valid_from <= point.valid_at]


def _whole(latest: Round, point: Point) -> Round:
    """The round with its delegations, positions and commitments."""
    within = {"slug": latest.negotiation, "round": latest.slug}
    latest.delegations = list(queries.delegations(point).filter(**within))
    latest.positions = list(queries.positions(point).filter(**within))
    latest.commitments = list(queries.commitments(point).filter(**within))
    return latest


def _urgency(promise: Promise) -> tuple[bool, bool, int]:
    """The overdue first, then the unfinished, the newest of each first."""
    return (not promise.overdue, promise.row.status not in queries.UNFINISHED, -promise.made.toordinal())


def observed(point: Point, dispute: Dispute | None) -> list[Readings]:
    """What each indicator of a dispute last showed on the day, by kind of indicator."""
    known = {row.slug: row for row in queries.indicators(point) if dispute is None or row.dispute == dispute.slug}
    latest = queries.latest_observations(known, point).values()
    groups: dict[str, list[Observed]] = {}
    for row in sorted(latest, key=lambda row: (-row.valid_from.toordinal(), row.slug)):
        groups.setdefault(known[row.slug].kind, []).append(Observed(known[row.slug], row))
    return [Readings(kind, groups[kind]) for kind in words.INDICATORS if kind in groups]


def rulings(point: Point, dispute: Dispute | None) -> list[Proceeding]:
    """What courts did over all valid days, in the cases of the dispute."""
    slugs = [row.slug for row in queries.cases(point) if dispute is None or row.dispute == dispute.slug]
    return list(Proceeding.objects.known(point).filter(slug__in=slugs).order_by("valid_from", "set_by"))
