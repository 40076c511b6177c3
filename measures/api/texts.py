"""What a box says as JSON, written out once: kept by the hash of what it says, it is joined to answers as bytes.

The shapes are the structs of `measures.api.shapes` alone. The server's address, which differs by request, is left open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from msgspec import Raw

from measures.api.building import first_day, last_day
from measures.api.shapes.measures import MeasureShape, NextChange, ScopeShape, TermShape
from tracker import prepared
from tracker.api import exports
from tracker.api.shapes import Link

ADDRESS = b"\0"
"""Where the server's address goes. No text holds this byte, and JSON escapes it."""
MOST = 20_000
"""Boxes of a kind that a process keeps written out, one or two kilobytes each."""

encode = msgspec.json.encode
Pieces = dict[bytes, bytes]


class Layout:
    """The fields of a shape in their order, in pieces: what one source says in a row is one piece."""

    def __init__(self, shape: Any, source: Callable[[str], str]) -> None:
        """`source` tells who says a field in a piece; empty is a field that is given by itself."""
        self._pieces: list[tuple[str, bytes, tuple[str, ...]]] = []
        parts: list[bytes] = []
        for place, (said_by, group) in enumerate(groupby(exports.names(shape), source)):
            names, key = tuple(group), f"{said_by}{place}".encode()
            if said_by:
                self._pieces.append((said_by, key, names))
                parts.append(b"%%(%s)b" % key)
            else:
                parts += [b'"%s":%%(%s)b' % (name, name) for name in map(str.encode, names)]
        self._template = b"{%s}" % b",".join(parts)

    def cut(self, source: str, said: Mapping[str, bytes]) -> Pieces:
        """The pieces of a source, from the JSON of its fields."""
        return {key: b",".join(_named(said, names)) for said_by, key, names in self._pieces if said_by == source}

    def join(self, said: Pieces) -> bytes:
        """The object, from the pieces of every source and the fields given by themselves."""
        return self._template % said


def _named(said: Mapping[str, bytes], names: Iterable[str]) -> Iterator[bytes]:
    return (b'"%s":%s' % (name.encode(), said[name]) for name in names)


def whole(said: Mapping[str, bytes]) -> bytes:
    """An object of the JSON of its fields."""
    return b"{" + b",".join(_named(said, said)) + b"}"


def array(items: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(items) + b"]"


def addressed(text: bytes, base: str) -> Raw:
    """With the server's address put in."""
    return Raw(text.replace(ADDRESS, encode(base)[1:-1]))


BY_RUN: tuple[str, ...] = (
    "legal",
    "application",
    "operational",
    "rate",
    "rate_min",
    "rate_max",
    "statutory_rate",
    "suspended_points",
)
BY_RUN += ("obligation", "applies_by", "in_transit", "valid_from", "valid_until", "set_by", "unknown")
BY_POINT = ("status", "confirmed", "next_change", "coverage", "scope", "covers", "terms", "for_parties")
MEASURE = Layout(MeasureShape, lambda name: "run" if name in BY_RUN else "" if name in BY_POINT else "measure")
CHANGE = Layout(NextChange, lambda name: "" if name == "sentence" else "run")


@dataclass(eq=False, slots=True)
class Run:
    """A segment, its columns as the statement below has them: for sentences, comparisons, and as JSON."""

    key: bytes
    term: str
    headline: bool
    party: str
    legal: str
    application: str
    operational: str
    obligation: InitVar[str | None]
    sentence: str
    rate: Decimal | None
    rate_min: Decimal | None
    rate_max: Decimal | None
    statutory_rate: InitVar[Decimal | None]
    suspended_points: Decimal | None
    applies_by: InitVar[str]
    in_transit: InitVar[str]
    valid_from: date
    valid_until: date
    set_by: list[int]
    unknown: str
    text: bytes = field(init=False)
    """A TermShape."""
    pieces: Pieces = field(init=False)
    """What it says of a measure whose headline it is."""
    coming: Pieces = field(init=False)
    """What it says as a NextChange."""

    def __post_init__(
        self, obligation: str | None, statutory_rate: Decimal | None, applies_by: str, in_transit: str
    ) -> None:
        said = _fields(
            TermShape(
                term=self.term,
                headline=self.headline,
                party=self.party or None,
                legal=self.legal,
                application=self.application,
                operational=self.operational,
                rate=_number(self.rate),
                rate_min=_number(self.rate_min),
                rate_max=_number(self.rate_max),
                statutory_rate=_number(statutory_rate),
                suspended_points=_number(self.suspended_points),
                obligation=_obligation(obligation, self.sentence),
                applies_by=applies_by or None,
                in_transit=in_transit or None,
                valid_from=first_day(self.valid_from),
                valid_until=last_day(self.valid_until),
                set_by=_links(self.set_by),
                unknown=self.unknown or None,
            )
        )
        self.text, self.pieces, self.coming = whole(said), MEASURE.cut("run", said), CHANGE.cut("run", said)

    @property
    def answer(self) -> tuple[object, ...]:
        """As `measures.models.Segment.answer`."""
        return (self.legal, self.application, self.operational, self.sentence, self.rate)


KEY = "int8send(id) || digest"
"""The place of a box and the hash of what it says: enough to find it, and to know it again."""

RUNS = f"""
SELECT {KEY}, term, headline, party, legal, application, operational, obligation::text, sentence, rate, rate_min,
    rate_max, statutory_rate, suspended_points, applies_by, in_transit, valid_from, valid_until,
    ARRAY(SELECT unnest(legal_causes) UNION SELECT unnest(rate_causes) ORDER BY 1), unknown
FROM measures_segment
"""  # noqa: S608 - of our own parts


@dataclass(eq=False, slots=True)
class Scope:
    """What a measure or a term covers on a run of days, its columns as the statement below has them."""

    key: bytes
    term: str
    coverage: Any
    added: Any
    removed: Any
    valid_from: InitVar[date]
    valid_until: InitVar[date]
    unknown: InitVar[str]
    set_by: InitVar[list[int]]
    text: bytes = field(init=False)
    """A ScopeShape."""
    covered: bytes = field(init=False)
    """The coverage alone."""
    names_firms: bool = field(init=False)
    """Whether the coverage and what was added and removed are read: they are for the firms that they name."""

    def __post_init__(self, valid_from: date, valid_until: date, unknown: str, set_by: list[int]) -> None:
        stated = [self.coverage or "null", self.added, self.removed]
        coverage, added, removed = (Raw(_compact(text)) for text in stated)
        shape: Any = ScopeShape(
            term=self.term or None,
            coverage=coverage,  # type: ignore[arg-type]
            added=added,  # type: ignore[arg-type]
            removed=removed,  # type: ignore[arg-type]
            valid_from=first_day(valid_from),
            valid_until=last_day(valid_until),
            unknown=unknown or None,
            set_by=_links(sorted(set_by)),
        )
        self.text, self.covered = encode(shape), bytes(coverage)
        self.names_firms = any('"companies"' in text for text in stated)
        read = (msgspec.json.decode(text) for text in stated) if self.names_firms else (None, (), ())
        self.coverage, self.added, self.removed = read


SCOPES = f"""
SELECT {KEY}, term, coverage::text, added::text, removed::text, valid_from, valid_until, unknown, set_by
FROM measures_scope
"""  # noqa: S608 - of our own parts


@dataclass(eq=False, slots=True)
class About:
    """What a measure is, by its pieces, and what it covers where no scope says so."""

    key: bytes
    pieces: Pieces
    covered: bytes


ABOUTS = f"""
SELECT {KEY}, coverage::text, instruments::text, slug, title, kind, direction, implementer, targets, authority, dispute,
    confirmed_until, corrected, first_known, retaliation_for, part_of, successor_of, aliases
FROM measures_measure
"""  # noqa: S608 - of our own parts
STATED: tuple[str, ...] = (
    "slug",
    "title",
    "kind",
    "direction",
    "implementer",
    "targets",
    "authority",
    "dispute",
    "confirmed_until",
)
STATED += ("corrected", "first_known", "retaliation_for", "part_of", "successor_of", "aliases")


def _about(key: bytes, coverage: str | None, instruments: str, *stated: Any) -> About:
    said = {name: encode(None if value == "" else value) for name, value in zip(STATED, stated, strict=True)}
    url = ADDRESS + b"/api/v1/measures/" + stated[0].encode() + b"/"
    said |= {"url": b'"%s"' % url, "instruments": _compact(instruments)}
    said["links"] = whole({name: b'"%s%s/"' % (url, name.encode()) for name in ("timeline", "history", "explain")})
    return About(key, MEASURE.cut("measure", said), _compact(coverage or "null"))


def _fields(shape: msgspec.Struct) -> dict[str, bytes]:
    """The JSON of every field of a shape."""
    return {name: encode(getattr(shape, name)) for name in shape.__struct_fields__}


def _compact(text: str) -> bytes:
    """JSON of PostgreSQL without the blanks that it writes."""
    return msgspec.json.format(text.encode(), indent=-1)


def _number(rate: Decimal | None) -> Any:
    """A decimal as a JSON number, exactly: 7.500000 is 7.5, 25.000000 is 25."""
    return None if rate is None else Raw(f"{rate.normalize():f}".encode())


def _obligation(text: str | None, sentence: str) -> Any:
    stated = _compact(text or "null")
    return None if stated == b"null" else Raw(stated[:-1] + b',"sentence":' + encode(sentence) + b"}")


def _links(positions: Iterable[int]) -> list[Link]:
    url: Any = (Raw(b'"%s/api/v1/events/%d/"' % (ADDRESS, position)) for position in positions)
    return [Link(position=position, url=address) for position, address in zip(positions, url, strict=True)]


class Keyed(Protocol):
    """A box made of a row."""

    key: bytes


T = TypeVar("T", bound=Keyed)


class Kept(Generic[T]):
    """What was made of boxes lately, by their keys; what is not at hand is read in one query.

    A key stands for all that a box says, so nothing that is kept is ever out of date.
    """

    def __init__(self, statement: str, make: Callable[..., T]) -> None:
        self._statement, self._make = f"{statement} WHERE id = ANY(%s::bigint[])", make
        self._kept: dict[bytes, T] = {}

    def of(self, keys: Collection[bytes]) -> dict[bytes, T]:
        """What the boxes with these keys say."""
        kept = self._kept
        found = {key: made for key in keys if (made := kept.get(key))}
        if len(found) < len(keys) and (missing := [key for key in keys if key not in found]):
            found |= self._read(missing)
        return found

    def _read(self, keys: Sequence[bytes]) -> dict[bytes, T]:
        rows = prepared.rows(self._statement, [[int.from_bytes(key[:8]) for key in keys]])
        fresh = {made.key: made for made in (self._make(*row) for row in rows)}
        if len(self._kept) + len(fresh) > MOST:
            self._kept = {}
        self._kept |= fresh
        return fresh

    def forget(self) -> None:
        self._kept = {}


RUNS_KEPT: Kept[Run] = Kept(RUNS, Run)
SCOPES_KEPT: Kept[Scope] = Kept(SCOPES, Scope)
ABOUTS_KEPT: Kept[About] = Kept(ABOUTS, _about)


def forget() -> None:
    """As in a new process: nothing is kept."""
    for kept in (RUNS_KEPT, SCOPES_KEPT, ABOUTS_KEPT):
        kept.forget()
