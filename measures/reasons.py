"""Why a measure stands as it does on a day: what each entry contributes, and by which rule of the fold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from measures.acts import acts
from measures.lanes import Act, Lane
from measures.standing import Standing, Term
from measures.timeline import STAGES, State, of_term, state
from tracker.clocks import FAR, Span
from tracker.corrections import Entry
from tracker.sentences import day_in_words

RULES = {
    "life": "A term lives from the first day of its adoption, or of a dated announcement by its implementer, until its "
    "end.",
    "binding": "Where an act is adopted, it takes the place of the announcements before it.",
    "stage": "Before a term lives, its most advanced stage holds: threatened, under investigation, proposed, "
    "announced, adopted.",
    "latest": "Of obligations without an end the one with the latest first day not after the day asked holds; of two "
    "with one first day the later in order. One stated with an end, or marked to replace later ones, holds for its "
    "whole period over the entries before it.",
    "application": "Of suspensions, resumptions and stops of collection the last in order that covers the day holds.",
    "court": "A court's ruling changes the legal status; the rate follows collection.",
    "end": "An end takes everything before it out of all lanes; what is imposed again is stated again.",
    "revoked": "A revoked entry counts as if it were not there, from the day of its revocation.",
    "named": "An extension, shortening, condition or postponement moves the end or start of the entry that it names.",
    "calendar": "A scheduled change comes into force by the calendar alone, and ends by it.",
    "doubt": "Where an entry says a status not to be known, it is unknown until a later act says it again.",
    "parties": "What is for some parties alone changes nothing for others.",
    "report": "Descriptions, reports and claims of others change no status.",
    "unknown": "Where coarse or missing dates leave several answers possible, what they differ in is unknown.",
}
PAST = "the measure is past this stage"
ON_OTHERS = (Lane.REVOKE, Lane.MOVE, Lane.UNTIL)
BY_LANE = {
    Lane.COURT: ("court", "the court's ruling holds"),
    Lane.OBLIGATION: ("latest", "its obligation holds"),
    Lane.APPLICATION: ("application", "it decides whether the measure is applied"),
    Lane.LIFE: ("life", "the measure is in force by it"),
    Lane.END: ("end", "it ended the measure"),
    Lane.STAGE: ("stage", "it is the stage that the measure has reached"),
    Lane.DOUBT: ("doubt", "it says that the status is not known"),
    Lane.OPERATION: ("report", "it is the last report on how the measure works in practice"),
}
"""For each lane the rule that picks the act that counts in it, and what that act does; the weightiest first."""


@dataclass(frozen=True)
class Reason:
    """What an entry contributes to the answer, or why it contributes nothing: its rules, and words for this day."""

    entry: Entry
    counts: bool
    rules: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Explanation:
    """The state of a term on a day, and a reason for each entry of the measure."""

    state: State
    reasons: Sequence[Reason]

    @property
    def rules(self) -> list[str]:
        """The rules that were used, in the order in which they are listed."""
        used = {rule for reason in self.reasons for rule in reason.rules} | (
            {"unknown"} if self.state.unknown else set()
        )
        return [rule for rule in RULES if rule in used]


def explain(entries: Sequence[Entry], term: str, day: date, party: str = "") -> Explanation:
    """Why a term stands as it does on a day, from the entries known and recorded at a point, in order.

    For everybody, or for a party for whom alone some act may count.
    """
    found = of_term(acts(entries), term, party)
    now, lanes = state(found, day), Standing(Term(found), day, {})
    winners = {lane: _winners(lane, now, lanes) for lane in BY_LANE}
    by_entry: dict[int, list[Act]] = {}
    for act in found:
        by_entry.setdefault(act.entry.position, []).append(act)
    return Explanation(now, [_reason(entry, by_entry.get(entry.position, []), lanes, winners) for entry in entries])


Winners = Mapping[Lane, Sequence[Act]]


def _winners(lane: Lane, now: State, lanes: Standing) -> list[Act]:
    """The acts of a lane that make the answer."""
    if lane == Lane.END:
        return [lanes.end] if lanes.end else []
    causes = set(now.rate_causes if lane in (Lane.OBLIGATION, Lane.APPLICATION) else now.legal_causes)
    causes |= set(now.rate_causes) if lane == Lane.DOUBT else set()
    found = list(lanes.covering(lane))
    if lane in (Lane.APPLICATION, Lane.OPERATION):
        return found[:1]
    if lane == Lane.STAGE and now.legal not in STAGES:
        return []
    return [act for act in found[::-1] if act.entry.position in causes]


def _reason(entry: Entry, found: Sequence[Act], lanes: Standing, winners: Winners) -> Reason:
    """What an entry's acts come to: all that count together, else what keeps the weightiest from counting."""
    if not found:
        return _without_act(entry)
    order = [*BY_LANE, *ON_OTHERS]
    reasons = [_of_act(act, lanes, winners) for act in sorted(found, key=lambda act: order.index(act.lane))]
    counting = [reason for reason in reasons if reason.counts]
    if not counting:
        return reasons[0]
    words = "; ".join(dict.fromkeys(reason.words for reason in counting))
    return Reason(entry, True, tuple(dict.fromkeys(rule for reason in counting for rule in reason.rules)), words)


def _without_act(entry: Entry) -> Reason:
    if parties := getattr(entry.payload, "parties", ()):
        words = f"it holds for {', '.join(parties)} alone; it changes nothing for others"
        return Reason(entry, False, ("parties",), words)
    return Reason(entry, False, ("report",), "it changes no status of this term")


def _of_act(act: Act, lanes: Standing, winners: Winners) -> Reason:
    for rule, words in _against(act, lanes):
        return Reason(act.entry, False, (rule,), words)
    if act.lane in ON_OTHERS:
        rule = "revoked" if act.lane == Lane.REVOKE else "named"
        return Reason(act.entry, True, (rule,), "it acts on the entry that it names")
    rule, words = BY_LANE[act.lane]
    if act in winners[act.lane]:
        return Reason(act.entry, True, (rule,), words)
    instead = ", ".join(str(other.entry.position) for other in winners[act.lane])
    return Reason(
        act.entry, False, (rule,), f"entry {instead} holds instead" if instead else "the measure is past this stage"
    )


def _against(act: Act, lanes: Standing) -> Iterator[tuple[str, str]]:
    """What keeps an act from counting on the day."""
    if not lanes.stands(act):
        yield "revoked", "it is revoked"
    if act is not lanes.end and lanes.end and act.entry.order <= lanes.end.entry.order:
        yield "end", f"entry {lanes.end.entry.position} ended it"
    if act.lane in ON_OTHERS:
        return
    if act is not lanes.end and act.lane != Lane.END and act not in list(lanes.lane(act.lane)):
        yield "binding", "the act that was adopted takes its place"
    if not lanes.started(act):
        yield "calendar", _not_yet(*lanes.start(act))
    elif lanes.over(act):
        yield "calendar", "its period has ended by then"


def _not_yet(first: Span | None, position: int) -> str:
    if first is None:
        return "no day is stated on which it would begin"
    if first.latest == FAR:
        return "the day on which it begins is not stated"
    return f"it begins on {_words(first.earliest)}" if first.exact else f"it begins by {_words(first.latest)}"


def _words(day: date) -> str:
    return day_in_words(day.isoformat())
