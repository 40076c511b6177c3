"""Why a measure stands as it does on a day: what each entry contributes, and by which rule of the fold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from measures.acts import acts
from measures.lanes import Act, Lane
from measures.standing import Standing, Term
from measures.timeline import State, of_term, state
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
    "report": "Descriptions, reports and claims of others change no status.",
    "unknown": "Where coarse or missing dates leave several answers possible, what they differ in is unknown.",
}
ON_OTHERS = (Lane.REVOKE, Lane.MOVE, Lane.UNTIL)
BY_LANE = {
    Lane.STAGE: ("stage", "the stage that it reached"),
    Lane.LIFE: ("life", "it is in its period"),
    Lane.OBLIGATION: ("latest", "its obligation holds"),
    Lane.APPLICATION: ("application", "it decides whether the measure is applied"),
    Lane.COURT: ("court", "the ruling holds"),
    Lane.OPERATION: ("report", "the last report on how it works in practice"),
    Lane.END: ("end", "it ended the measure"),
}


@dataclass(frozen=True)
class Reason:
    """What an entry contributes to the answer, or why it contributes nothing: a rule, and words for this day."""

    entry: Entry
    counts: bool
    rule: str
    words: str


@dataclass(frozen=True)
class Explanation:
    """The state of a term on a day, and a reason for each entry of the measure."""

    state: State
    reasons: Sequence[Reason]

    @property
    def rules(self) -> list[str]:
        """The rules that were used, in the order in which they are listed."""
        used = {reason.rule for reason in self.reasons} | ({"unknown"} if self.state.unknown else set())
        return [rule for rule in RULES if rule in used]


def explain(entries: Sequence[Entry], term: str, day: date) -> Explanation:
    """Why a term stands as it does on a day, from the entries known and recorded at a point, in order."""
    found = of_term(acts(entries), term)
    now, lanes = state(found, day), Standing(Term(found), day, {})
    causes = {*now.legal_causes, *now.rate_causes}
    by_entry: dict[int, list[Act]] = {}
    for act in found:
        by_entry.setdefault(act.entry.position, []).append(act)
    return Explanation(now, [_reason(entry, by_entry.get(entry.position, []), lanes, causes) for entry in entries])


def _reason(entry: Entry, found: Sequence[Act], lanes: Standing, causes: set[int]) -> Reason:
    """The reason of an entry is that of its first act that counts, else of its last act."""
    if not found:
        return Reason(entry, False, "report", "it changes no status of this term")
    reasons = [_of_act(act, lanes, causes) for act in found]
    return next((reason for reason in reasons if reason.counts), reasons[-1])


def _of_act(act: Act, lanes: Standing, causes: set[int]) -> Reason:
    for rule, words in _against(act, lanes):
        return Reason(act.entry, False, rule, words)
    if act.lane in ON_OTHERS:
        rule = "revoked" if act.lane == Lane.REVOKE else "named"
        return Reason(act.entry, True, rule, "it acts on the entry that it names")
    rule, words = BY_LANE[act.lane]
    if act.entry.position in causes:
        return Reason(act.entry, True, rule, words)
    return Reason(act.entry, False, rule, "another entry stands before it by this rule")


def _against(act: Act, lanes: Standing) -> Iterator[tuple[str, str]]:
    """What keeps an act from counting on the day."""
    if not lanes.stands(act):
        yield "revoked", "it is revoked"
    if act is not lanes.end and lanes.end and act.entry.order <= lanes.end.entry.order:
        yield "end", f"entry {lanes.end.entry.position} ended it"
    if act.lane in ON_OTHERS:
        return
    if act is not lanes.end and act.lane != Lane.END and act not in lanes.lane(act.lane):
        yield "binding", "the act that was adopted takes its place"
    if not lanes.started(act):
        yield "calendar", _not_yet(*lanes.start(act))
    elif lanes.over(act):
        yield "calendar", f"its period ended before {_words(lanes.until(act))}"


def _not_yet(first: Span | None, position: int) -> str:
    if first is None:
        return "no day is stated on which it would begin"
    if first.latest == FAR:
        return "the day on which it begins is not stated"
    return f"it begins on {_words(first.earliest)}" if first.exact else f"it begins by {_words(first.latest)}"


def _words(day: date) -> str:
    return day_in_words(day.isoformat())
