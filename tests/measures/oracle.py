"""A second reading of the fold, as plain as can be: what the design's text says of one term on one day.

It knows exact days only, looks everything up anew for each question, and shares no code with `measures.timeline` but
the arithmetic of obligations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from measures.events import measures as said
from measures.obligations import FREE, rate, rate_range
from tests.measures.naive import ENDS, FAR, RATES, STAGES, Fact, begins, day, term_of

STAGE_NAMES = {0: "threatened", 2: "proposed", 3: "announced", 4: "adopted"}


@dataclass(frozen=True)
class Answer:
    legal: str
    application: str = "not_applied"
    operational: str = "unknown"
    obligation: Any = None
    rate: Decimal | None = None
    rate_min: Decimal | None = None
    rate_max: Decimal | None = None
    statutory_rate: Decimal | None = None
    suspended_points: Decimal | None = None


class Reading:
    """A term on a day, as known by some entries in order."""

    def __init__(self, known: Sequence[Fact], term: str, on: date, party: str = "") -> None:
        self.all, self.term, self.on, self.party = known, term, on, party
        self.facts = [fact for fact in known if term_of(fact.payload) in (term, None) and self.concerns(fact)]

    def concerns(self, fact: Fact) -> bool:
        """Whether it counts for the party asked about, or for everybody."""
        alone = self.for_whom(fact)
        return not alone or self.party in alone

    def for_whom(self, fact: Fact) -> tuple[str, ...]:
        """For whom alone it counts; an extension of a suspension that names nobody is for those of the suspension."""
        alone: tuple[str, ...] = getattr(fact.payload, "parties", ())
        if not alone and isinstance(fact.payload, said.SuspensionExtended) and fact.payload.effective_from:
            extended = self.extended_suspension(fact)
            return self.for_whom(extended) if extended else ()
        return alone

    # Acts on other entries

    def of(self, *kinds: type) -> list[Fact]:
        return [fact for fact in self.facts if isinstance(fact.payload, kinds)]

    def named_by(self, fact: Fact) -> UUID | None:
        """The entry that a postponement, extension or condition is about, through those that it names."""
        kind, payload = type(fact.payload), fact.payload
        before = [one for one in self.all if one.order < fact.order]
        if kind is said.ExclusionExtended:
            grants = [one for one in before if type(one.payload) in (said.ExclusionGranted, said.ExclusionExtended)]
            mine = [one for one in grants if one.payload.exclusion == payload.exclusion and begins(one)]
            return mine[-1].id if mine else None
        if kind is said.SuspensionExtended:
            extended = self.extended_suspension(fact)
            return extended.id if extended else None
        named = next((one for one in before if str(one.id) == payload.entry), None)
        return self.named_by(named) if named and self.sets_only(named) else UUID(payload.entry)

    def sets_only(self, fact: Fact) -> bool:
        """Whether an entry only moves another one's first day or end."""
        payload = fact.payload
        if isinstance(payload, said.SuspensionExtended | said.ExclusionExtended):
            return not payload.effective_from and self.named_by(fact) is not None
        return isinstance(
            payload, said.Postponed | said.Extended | said.Shortened | said.ConditionMet | said.ConditionWaived
        )

    def extended_suspension(self, fact: Fact) -> Fact | None:
        payload = fact.payload
        before = [one for one in self.all if one.order < fact.order]
        stops = [one for one in before if self.suspends(one)]
        named = next((one for one in before if str(one.id) == payload.entry), None)
        target = None if named is None else self.named_by(named) if self.sets_only(named) else named.id
        for one in stops:
            if one.id == target:
                return one
        fitting = [one for one in stops if payload.term is None or self.suspended_term(one) in (payload.term, None)]
        same = [one for one in fitting if self.for_whom(one) == payload.parties]
        return same[-1] if same else fitting[-1] if fitting else None

    def suspends(self, fact: Fact) -> bool:
        return isinstance(fact.payload, said.Suspended) or (
            isinstance(fact.payload, said.SuspensionExtended) and bool(fact.payload.effective_from)
        )

    def suspended_term(self, fact: Fact) -> str | None:
        if isinstance(fact.payload, said.SuspensionExtended) and not fact.payload.term:
            extended = self.extended_suspension(fact)
            return self.suspended_term(extended) if extended else None
        return fact.payload.term

    def left_by(self, fact: Fact) -> tuple[str | None, str | None]:
        """What a suspension says of the rest: what stays, how many points; an extension repeats what it extends."""
        payload = fact.payload
        if isinstance(payload, said.Suspended) or payload.stays is not None or payload.points is not None:
            return payload.stays, payload.points
        extended = self.extended_suspension(fact)
        return self.left_by(extended) if extended else (None, None)

    def stands(self, fact: Fact) -> bool:
        """Not revoked: a revocation counts from its effective day, unless it is revoked itself."""
        revocations = [one for one in self.of(said.EntryRevoked) if one.payload.entry == str(fact.id)]
        return not any(self.stands(one) and self.come(self.start(one)) for one in revocations)

    def come(self, when: date | None) -> bool:
        return when is not None and when <= self.on

    def start(self, fact: Fact) -> Any:
        """The first day, as last postponed; None where there is none."""
        first = begins(fact)
        for move in self.of(said.Postponed):
            since = day(move.payload.effective_from)
            if self.named_by(move) == fact.id and self.stands(move) and (since is None or self.come(since)):
                first = day(move.payload.new_date)
        return first

    def ends_set(self, fact: Fact) -> list[tuple[bool, date]]:
        """The ends set for an entry, in order, and whether each is that of a condition."""
        found = []
        for change in self.facts:
            kind = type(change.payload)
            if self.sets_only(change) and kind is not said.Postponed and self.named_by(change) == fact.id:
                condition = kind in (said.ConditionMet, said.ConditionWaived)
                text = change.payload.effective_from if condition else change.payload.effective_until
                found += [(condition, day(text) or FAR)] if self.stands(change) else []
        return found

    def until(self, fact: Fact) -> date:
        """The first day no longer covered, as last extended or shortened; conditions only make it earlier."""
        end = day(getattr(fact.payload, "effective_until", None)) or FAR
        for condition, new in self.ends_set(fact):
            end = min(end, new) if condition else new
        return end

    def covers(self, fact: Fact) -> bool:
        return self.come(self.start(fact)) and self.on < self.until(fact)

    # Ends, and what is left

    def ends(self) -> list[Fact]:
        return [fact for fact in self.of(*ENDS) if self.stands(fact)]

    def end(self) -> Fact | None:
        """The last end that has come."""
        come = [fact for fact in self.ends() if self.come(self.start(fact))]
        return come[-1] if come else None

    def left(self, facts: Sequence[Fact]) -> list[Fact]:
        """Without what is revoked and what an end has taken away."""
        end = self.end()
        return [fact for fact in facts if self.stands(fact) and (end is None or fact.order > end.order)]

    def gives_life(self) -> list[Fact]:
        lives = self.of(said.Adopted, said.Announced, said.ExclusionGranted, said.ExclusionExtended)
        return [fact for fact in lives if begins(fact)]

    def replaced(self, fact: Fact, lane: Sequence[Fact]) -> bool:
        """The instrument wins over an announcement effective no later than it."""
        first = self.start(fact)
        if not isinstance(fact.payload, said.Announced) or first is None:
            return False
        adoptions = [one for one in lane if isinstance(one.payload, said.Adopted) and self.stands(one)]
        return any(
            one.order > fact.order and first <= begins(one) and (first >= one.known or self.come(self.start(one)))
            for one in adoptions
        )

    def raises_only(self, fact: Fact) -> bool:
        """An announcement for a day on which the term has a life changes the rate alone."""
        if not isinstance(fact.payload, said.Announced):
            return False
        first = begins(fact)
        for other in self.gives_life():
            binding = not isinstance(other.payload, said.Announced)
            if other.id == fact.id or not self.stands(other) or not (binding or other.order < fact.order):
                continue
            if not binding and (self.replaced(other, self.gives_life()) or self.raises_only(other)):
                continue
            ended = any(other.order < end.order < fact.order and begins(end) <= first for end in self.ends())
            if begins(other) <= first < self.longest(other) and not ended:
                return True
        return False

    def longest(self, fact: Fact) -> date:
        """The latest end that was ever stated for an entry."""
        return max([day(fact.payload.effective_until) or FAR, *(new for _, new in self.ends_set(fact))])

    def lives(self) -> list[Fact]:
        found = self.left(self.gives_life())
        return [fact for fact in found if not self.replaced(fact, self.gives_life()) and not self.raises_only(fact)]

    # The lanes

    def obliging(self) -> list[Fact]:
        kinds = (said.Adopted, said.Announced, *RATES, said.ExclusionGranted, said.ExclusionExtended)
        return [fact for fact in self.of(*kinds) if begins(fact) and obligation_of(fact) is not None]

    def obligation(self) -> Fact | None:
        """The latest first day wins, ties by order; what covers its period hides all before it in order."""
        lane = self.obliging()
        candidates = [fact for fact in self.left(lane) if self.covers(fact) and not self.replaced(fact, lane)]
        covering = [
            fact
            for fact in candidates
            if fact.payload.effective_until or getattr(fact.payload, "replaces_later", False)
        ]
        if covering:
            candidates = [fact for fact in candidates if fact.order >= covering[-1].order]
        return max(candidates, key=lambda fact: (self.start(fact), fact.order), default=None)

    def application(self) -> Fact | None:
        """The last in order that covers the day."""
        stops = [fact for fact in self.all if self.suspends(fact) and self.suspended_term(fact) in (self.term, None)]
        stops = [fact for fact in stops if self.concerns(fact)]
        others = self.of(said.Resumed, said.CollectionStopped, said.CollectionResumed)
        others += [fact for fact in self.of(said.RateChanged) if fact.payload.resumes]
        found = sorted(self.left([*stops, *others]), key=lambda fact: fact.order)
        covering = [fact for fact in found if self.covers(fact)]
        return covering[-1] if covering else None

    def legal(self, alive: Sequence[Fact]) -> tuple[str, Sequence[Fact]]:
        """The legal status, and the facts that give it."""
        courts = [fact for fact in self.left(self.of(said.Voided, said.Stayed)) if self.covers(fact)]
        voids = [fact for fact in courts if isinstance(fact.payload, said.Voided)]
        if voids or alive:
            status = "void" if voids else "stayed" if courts else "in_force"
            return status, voids[-1:] or courts[-1:] or alive[-1:]
        over = [fact for fact in self.lives() if self.come(self.start(fact))]
        stages = [fact for fact in self.left(self.of(*STAGES, said.ExclusionExtended)) if self.is_stage(fact)]
        stages = [fact for fact in stages if fact.known <= self.on and self.said_since(fact, over)]
        if stages:
            top = max(stages, key=lambda fact: (STAGES.get(type(fact.payload), 4), fact.order))
            return STAGE_NAMES[STAGES.get(type(top.payload), 4)], [top]
        if over:
            return "expired", over[-1:]
        end = self.end()
        return (ENDS[type(end.payload)], [end]) if end else ("not_announced", [])

    def in_doubt(self, lane: str, given_by: Sequence[Fact]) -> bool:
        """Whether the last thing said of a status is that it is not known."""
        doubts = [fact for fact in self.left(self.of(said.BecameUnknown)) if self.covers(fact)]
        doubts = [fact for fact in doubts if fact.payload.lanes in (lane, "both")]
        return bool(doubts) and all(self.last_said(fact) < doubts[-1].order for fact in given_by)

    def last_said(self, fact: Fact) -> Any:
        """When a fact, its end or its first day was last spoken of."""
        orders = [fact.order]
        for other in self.facts:
            kind = type(other.payload)
            if kind is said.Postponed:
                since = day(other.payload.effective_from)
                counts = since is None or self.come(since)
            else:
                counts = self.sets_only(other)
            if counts and self.named_by(other) == fact.id and self.stands(other):
                orders.append(other.order)
        return max(orders)

    def is_stage(self, fact: Fact) -> bool:
        return not isinstance(fact.payload, said.ExclusionExtended) or bool(fact.payload.effective_from)

    def said_since(self, fact: Fact, over: Sequence[Fact]) -> bool:
        if fact in over:
            return False
        return fact in self.lives() or all(fact.known >= self.until(one) for one in over)

    def answer(self) -> Answer:
        alive = [fact for fact in self.lives() if self.covers(fact)]
        legal, given_by = self.legal(alive)
        legal = "unknown" if self.in_doubt("legal", given_by) else legal
        stated = [fact for fact in self.of(*STAGES, *RATES, said.ExclusionExtended) if self.stands(fact)]
        bounds = [rate_range(obligation_of(fact)) for fact in stated if obligation_of(fact) is not None]
        nothing = Decimal(0) if any(low is not None or high is not None for low, high in bounds) else None
        outside = [fact for fact in given_by if not isinstance(fact.payload, said.Voided | said.Stayed)]
        if not alive and self.in_doubt("application", outside):
            return Answer(legal, "unknown", rate_min=nothing)
        if not alive:
            return Answer(legal, rate=nothing, rate_min=nothing, rate_max=nothing)
        reports = [one for one in self.left(self.of(said.OperationReported)) if self.come(self.start(one))]
        operational = reports[-1].payload.operational if reports else "unknown"
        fact = self.obligation()
        obligation: Any = obligation_of(fact) if fact else None
        low, high = rate_range(obligation) if fact else (None, None)
        full = rate(obligation) if fact else None
        stop = self.application()
        if self.in_doubt("application", [*filter(None, [stop]), *alive[-1:]]):
            one = nothing if nothing == high else None
            return Answer(legal, "unknown", operational, obligation, one, nothing, high, full)
        if stop is None or isinstance(stop.payload, said.Resumed | said.CollectionResumed | said.RateChanged):
            return Answer(legal, "applied", operational, obligation, full, low, high, full)
        if isinstance(stop.payload, said.CollectionStopped):
            return Answer(legal, "not_collected", operational, obligation, nothing, nothing, nothing, full)
        stays, points = self.left_by(stop)
        if stays is None and points is None:
            return Answer(legal, "suspended", operational, obligation, nothing, nothing, nothing, full)
        low, high = remains(low, stays, points), remains(high, stays, points)
        one = low if low == high else None
        off = full - one if full is not None and one is not None else Decimal(points) if points else None
        return Answer(legal, "partly_suspended", operational, obligation, one, low, high, full, off)


def remains(percent: Decimal | None, stays: str | None, points: str | None) -> Decimal | None:
    if stays is not None:
        return Decimal(stays) if percent is None else min(percent, Decimal(stays))
    return None if percent is None or points is None else max(percent - Decimal(points), Decimal(0))


def obligation_of(fact: Fact) -> Any:
    if isinstance(fact.payload, said.ExclusionGranted):
        return FREE
    if isinstance(fact.payload, said.ExclusionExtended):
        return FREE if fact.payload.effective_from else None
    return getattr(fact.payload, "obligation", None)


def answer(known: Sequence[Fact], term: str, on: date, party: str = "") -> Answer:
    return Reading(known, term, on, party).answer()
