"""The digest of boxes: of those in a projection's tables, and of those to be written. Equal means equal rows.

It is the number of the boxes and the sum of their hashes, so that it does not matter in which order, or by how many
processes, they are written and read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self

from django.db import connection

from tracker.boxes import Held
from tracker.clocks import NEVER

if TYPE_CHECKING:
    from tracker.projections import Projection

SUM = """
SELECT count(*), COALESCE(sum(('x' || left(encode(sha256(convert_to(concat_ws(E'\\t', '{table}', stream, recorded_from,
       known_from - date '0001-01-01', known_until - date '0001-01-01',
       CASE WHEN recorded_until > %(upto)s THEN {never} ELSE recorded_until END,
       encode(digest, 'hex')), 'UTF8')), 'hex'), 16))::bit(64)::bigint), 0)
FROM {table} WHERE generation = %(generation)s AND recorded_from <= %(upto)s AND {which}
"""
"""Of what tells a box from every other, as it stood at a position."""


def _line(box: Held) -> str:
    key, table = box.key, box.model._meta.db_table
    days = f"{key.known_from.toordinal() - 1}\t{key.known_until.toordinal() - 1}"
    return f"{table}\t{box.stream}\t{box.recorded_from}\t{days}\t{box.recorded_until}\t{key.digest.hex()}"


@dataclass
class Digest:
    """How many boxes there are, and the sum of the first eight bytes of their hashes."""

    count: int = 0
    sum: int = 0

    def add(self, boxes: Iterable[Held]) -> None:
        for box in boxes:
            self.count += 1
            self.sum += int.from_bytes(sha256(_line(box).encode()).digest()[:8], signed=True)

    def __iadd__(self, other: Digest) -> Self:
        self.count += other.count
        self.sum += other.sum
        return self


def digest(kind: Projection, generation: int, streams: Sequence[str] | None = None) -> Digest:
    """The digest of a generation, or of some streams in it."""
    which = "true" if streams is None else "stream = ANY(%(streams)s)"
    return _of_tables(kind, which, {"generation": generation, "upto": NEVER, "streams": streams})


def stored(kind: Projection, generation: int, upto: int, apart: Sequence[str]) -> Digest:
    """The digest of a generation as it stood at a position, some streams left out."""
    which = "stream <> ALL(%(apart)s::text[])"
    return _of_tables(kind, which, {"generation": generation, "upto": upto, "apart": list(apart)})


def _of_tables(kind: Projection, which: str, asked: dict[str, Any]) -> Digest:
    total = Digest()
    for model in kind.models:
        statement = SUM.format(table=model._meta.db_table, which=which, never=NEVER)
        with connection.cursor() as cursor:
            cursor.execute(statement, asked)
            total += Digest(*map(int, cursor.fetchone()))
    return total
