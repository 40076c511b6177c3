"""Random histories of a measure: every kind of act, on few days so that they meet, corrected and retracted at will."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from measures.events import measures as vocabulary
from measures.events.common import Codes, Coverage
from measures.obligations import encode, parse
from tests.measures.given import Story, Told, corrected, given, retracted

DAYS = [f"2025-{month:02}-{day:02}" for month in range(1, 7) for day in (1, 15)]
MONTHS = [f"2025-{month:02}" for month in range(1, 7)]
KNOWN = [f"2025-{month:02}-{day:02}" for month in range(1, 6) for day in (1, 10)]
RATES = ["10%", "20%", "30%", "free", "between 5% and 50%", "licence", "unknown: not published"]
TERMS = [None, None, None, "list-1", "list-2"]

day = st.sampled_from(DAYS)
maybe_day = st.none() | day
scope = st.sampled_from([["72"], ["7204", "73"], ["84"]]).map(
    lambda codes: Coverage(products=Codes(codes=tuple(codes)))
)
maybe_scope = st.none() | scope
rates = st.sampled_from(RATES).map(parse)
points = st.sampled_from(["4", "10", "25"])
term = st.sampled_from(TERMS)
some = st.sampled_from([None, None, None, ("A Ltd",), ("A Ltd", "B Ltd")])


def _fields(**fields: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields).map(
        lambda found: {name: value for name, value in found.items() if value is not None}
    )


def _acts(first: st.SearchStrategy[str], until: st.SearchStrategy[str | None], announce: bool) -> dict[type, Any]:
    """Kinds of entries that stand for themselves, with their fields."""
    leaves = {"stays": st.none() | points, "points": st.none() | points}
    imposed = {"obligation": st.none() | rates, "effective_from": first, "effective_until": until, "term": term}
    exclusion = {"exclusion": st.just("pumps"), "effective_from": first}
    found = {
        vocabulary.Adopted: _fields(**imposed, coverage=st.none() | scope),
        vocabulary.ScopeChanged: _fields(
            effective_from=st.none() | first, effective_until=until, term=term, added=maybe_scope, removed=maybe_scope
        ),
        vocabulary.RateChanged: _fields(
            **imposed
            | {"obligation": rates, "replaces_later": st.just(True) | st.none(), "resumes": st.none() | st.booleans()}
        ),
        vocabulary.FormulaValuePublished: _fields(
            obligation=rates, effective_from=first, effective_until=day, term=term
        ),
        vocabulary.Suspended: _fields(effective_from=first, effective_until=until, term=term, parties=some, **leaves),
        vocabulary.SuspensionExtended: _fields(
            effective_from=st.none() | first, effective_until=until, term=term, parties=some, **leaves
        ),
        vocabulary.ExclusionGranted: _fields(effective_until=until, **exclusion),
        vocabulary.ExclusionExtended: _fields(
            exclusion=st.just("pumps"), effective_from=st.none() | first, effective_until=day
        ),
        vocabulary.ExclusionEnded: _fields(**exclusion),
        vocabulary.Replaced: _fields(effective_from=first, by=st.just("another"), term=term),
        vocabulary.Voided: _fields(effective_from=first, term=term, parties=some),
        vocabulary.Stayed: _fields(effective_from=first, effective_until=until, term=term, parties=some),
        vocabulary.BecameUnknown: _fields(
            effective_from=first,
            effective_until=until,
            term=term,
            parties=some,
            lanes=st.sampled_from(["both", "legal", "application"]),
            reason=st.just("not in the sources seen"),
        ),
        vocabulary.OperationReported: _fields(effective_from=first, operational=st.sampled_from(["yes", "no"])),
        vocabulary.Proposed: _fields(obligation=st.none() | rates, term=term),
        vocabulary.Threatened: _fields(obligation=st.none() | rates, by=st.just("US"), term=term),
    }
    if announce:
        found[vocabulary.Announced] = _fields(**imposed | {"effective_from": st.none() | first})
    for_some = (
        vocabulary.Terminated,
        vocabulary.Resumed,
        vocabulary.CollectionStopped,
        vocabulary.CollectionResumed,
    )
    found |= {kind: _fields(effective_from=first, term=term, parties=some) for kind in for_some}
    plain = (vocabulary.Expired, vocabulary.Withdrawn)
    return found | {kind: _fields(effective_from=first, term=term) for kind in plain}


def _acts_on_others(first: st.SearchStrategy[str], number: int) -> dict[type, Any]:
    entry = st.integers(1, number)
    part = st.sampled_from([None, None, None, "main", "list-1"])
    return {
        vocabulary.Postponed: _fields(
            entry=entry, new_date=st.none() | first, effective_from=st.none() | st.none() | day, term=part
        ),
        vocabulary.Extended: _fields(entry=entry, effective_until=st.none() | first, term=part),
        vocabulary.Shortened: _fields(entry=entry, effective_until=first, term=part),
        vocabulary.ConditionMet: _fields(entry=entry, effective_from=day, term=part),
        vocabulary.ConditionWaived: _fields(entry=entry, effective_from=day, term=part),
        vocabulary.EntryRevoked: _fields(entry=entry, effective_from=day, term=part),
        vocabulary.SuspensionExtended: _fields(entry=entry, effective_until=st.none() | day),
    }


def _told(kind: type, fields: dict[str, Any]) -> st.SearchStrategy[Told]:
    return st.builds(
        Told,
        st.just(kind),
        st.just(fields),
        known=st.sampled_from(KNOWN),
        seq=st.none() | st.none() | st.integers(1, 2),
    )


@st.composite
def told(draw: Any, earlier: list[Told], *, coarse: bool, wrong: bool) -> Told:
    """The next thing told: an act, an act on another, or a correction or retraction of something earlier."""
    if wrong and earlier and draw(st.integers(0, 4)) == 0:
        return draw(mistake(earlier))
    first: Any = st.sampled_from([*DAYS, *MONTHS]) if coarse else day
    kinds = _acts(first, st.none() | first, announce=not coarse)
    if earlier and draw(st.booleans()):
        kinds = _acts_on_others(first, len(earlier))
    elif not earlier or draw(st.booleans()):
        kinds = {vocabulary.Adopted: kinds[vocabulary.Adopted], vocabulary.RateChanged: kinds[vocabulary.RateChanged]}
    kind = draw(st.sampled_from(list(kinds)))
    return draw(_told(kind, draw(kinds[kind])))


@st.composite
def mistake(draw: Any, earlier: list[Told]) -> Told:
    number = draw(st.integers(1, len(earlier)))
    wrong = earlier[number - 1]
    patches: dict[str, Any] = {"known_from": st.sampled_from(KNOWN), "known_seq": st.none() | st.integers(1, 2)}
    if wrong.corrects is None:
        patches |= {name: day for name in ("effective_from", "effective_until") if wrong.fields.get(name)}
        if wrong.fields.get("obligation") is not None:
            patches["obligation"] = rates.map(encode)
    if wrong.corrects is not None or draw(st.booleans()):
        return retracted(number)
    name = draw(st.sampled_from(sorted(patches)))
    return corrected(number, **{name: draw(patches[name])})


@st.composite
def stories(draw: Any, *, most: int = 9, coarse: bool = False, wrong: bool = True, name: str = "example") -> Story:
    """A history in batches of one to three entries."""
    number = draw(st.integers(1, most))
    found: list[Told] = []
    for _ in range(number):
        found.append(draw(told(found, coarse=coarse, wrong=wrong)))
    batches: list[list[Told]] = []
    while found:
        size = draw(st.integers(1, 3))
        batches.append(found[:size])
        found = found[size:]
    return given(*batches, stream=f"measure/{name}")


def apart(story: Story) -> Story:
    """The same history with a batch for each entry."""
    return replace(story, batches=[[item] for batch in story.batches for item in batch])
