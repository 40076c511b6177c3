"""Where an announcement and the instrument that followed it differ, pure. Both stay; the instrument holds in law."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from measures.events import measures as vocabulary
from measures.events.common import Coverage
from measures.obligations import Other, Unknown, sentence
from measures.terms import MAIN
from tracker.clocks import span
from tracker.corrections import Entry
from tracker.sentences import day_in_words

DAYS = ("effective_from", "effective_until")
LISTS = ("origins", "destinations", "companies", "items")


@dataclass(frozen=True)
class Differing:
    """A field in which the two differ, in words."""

    field: str
    announced: str
    adopted: str


@dataclass(frozen=True)
class Disagreement:
    """An announcement and the first instrument after it on the same term, where they differ."""

    announcement: Entry
    instrument: Entry
    fields: tuple[Differing, ...]


def disagreements(entries: Sequence[Entry]) -> Iterator[Disagreement]:
    """From settled entries, each stream's in order. What only one of the two states is no disagreement."""
    for place, entry in enumerate(entries):
        if isinstance(entry.payload, vocabulary.Announced):
            instrument = _instrument(entry, entries[place + 1 :])
            if instrument and (fields := tuple(_differing(entry.payload, instrument.payload))):
                yield Disagreement(entry, instrument, fields)


class Opposite(NamedTuple):
    """The entry that another disagrees with; of the two, the one that is the instrument `holds`."""

    position: int
    holds: bool
    fields: tuple[Differing, ...]

    @property
    def words(self) -> str:
        return "; ".join(f"{one.adopted} instead of {one.announced}" for one in self.fields)


def by_position(entries: Iterable[Entry], known_at: date) -> dict[int, list[Opposite]]:
    """For each entry that was known on a day, by position, what it disagrees with."""
    found: dict[int, list[Opposite]] = defaultdict(list)
    for item in disagreements([entry for entry in entries if entry.known_from <= known_at]):
        announced, adopted = item.announcement.position, item.instrument.position
        found[announced].append(Opposite(adopted, True, item.fields))
        found[adopted].append(Opposite(announced, False, item.fields))
    return found


def _instrument(announcement: Entry, later: Iterable[Entry]) -> Entry | None:
    """The adoption that follows on the term; or a change that shares its day or its rate, and so is about the same."""
    said: Any = announcement.payload
    for entry in later:
        payload: Any = entry.payload
        if not isinstance(payload, vocabulary.Adopted | vocabulary.RateChanged) or entry.stream != announcement.stream:
            continue
        if (payload.term or MAIN) != (said.term or MAIN):
            continue
        if isinstance(payload, vocabulary.Adopted) or _shares(said, payload):
            return entry
    return None


def _shares(said: vocabulary.Announced, change: vocabulary.RateChanged) -> bool:
    return change.obligation == said.obligation or change.effective_from == said.effective_from


def _differing(said: Any, done: Any) -> Iterator[Differing]:
    if said.obligation != done.obligation and _states(said.obligation) and _states(done.obligation):
        yield Differing("obligation", sentence(said.obligation), sentence(done.obligation))
    for name in DAYS:
        first, second = getattr(said, name), getattr(done, name)
        if first and second and not _may_be_one(first, second):
            yield Differing(name, day_in_words(first), day_in_words(second))
    first, second = getattr(said, "coverage", None), getattr(done, "coverage", None)
    if first and second:
        yield from _apart(first, second)


def _states(obligation: Any) -> bool:
    """Whether an obligation says more than that it is unknown, or a matter of words."""
    return obligation is not None and not isinstance(obligation, Other | Unknown)


def _may_be_one(one: str, other: str) -> bool:
    """Whether two dates, one of which may be coarse, can mean one day."""
    first, second = span(one), span(other)
    return first.earliest <= second.latest and second.earliest <= first.latest


def _apart(said: Coverage, done: Coverage) -> Iterator[Differing]:
    """The parts of a scope that both state, and state otherwise. Words alone are not compared."""
    for name in LISTS:
        yield from _other_list(name, getattr(said, name), getattr(done, name))
    yield from _other_list("products", _codes(said), _codes(done))


def _other_list(name: str, said: Sequence[str], done: Sequence[str]) -> Iterator[Differing]:
    if said and done and set(said) != set(done):
        yield Differing(name, ", ".join(said), ", ".join(done))


def _codes(coverage: Coverage) -> Sequence[str]:
    return coverage.products.codes if coverage.products else ()
