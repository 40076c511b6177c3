"""The digest of boxes: of those in a projection's tables, and of those to be written. Equal means equal rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING

from django.db import connection

from tracker.boxes import Held
from tracker.clocks import NEVER, Box

if TYPE_CHECKING:
    from tracker.projections import Projection

LINE = """
COPY (SELECT stream, recorded_from, known_from - date '0001-01-01', known_until - date '0001-01-01',
             CASE WHEN recorded_until > {upto} THEN {never} ELSE recorded_until END, encode(digest, 'hex')
      FROM {table} WHERE generation = %s AND recorded_from <= {upto} AND {which} ORDER BY {order}) TO STDOUT
"""
"""What tells a box from every other of its table, as it stood at a position, a line each."""
IDENTITY = "stream, recorded_from, known_from, known_until, recorded_until, digest"
_identity = attrgetter("stream", "recorded_from", "key.known_from", "key.known_until", "recorded_until", "key.digest")


def _line(box: Held) -> str:
    key = box.key
    days = f"{key.known_from.toordinal() - 1}\t{key.known_until.toordinal() - 1}"
    return f"{box.stream}\t{box.recorded_from}\t{days}\t{box.recorded_until}\t{key.digest.hex()}\n"


class Written:
    """The SHA-256 over boxes in the order in which they are given, each table by itself."""

    def __init__(self, kind: Projection) -> None:
        self._totals = {model: sha256() for model in kind.models}

    def add(self, boxes: Iterable[Held]) -> None:
        for box in boxes:
            self._totals[box.model].update(_line(box).encode())

    def digest(self) -> str:
        return sha256(b"".join(total.digest() for total in self._totals.values())).hexdigest()


def in_order(boxes: Iterable[Held]) -> list[Held]:
    """The boxes of one stream in the order in which tables are read."""
    return sorted(boxes, key=_identity)


def digest(kind: Projection, generation: int, streams: Sequence[str] | None = None) -> str:
    """The digest of a generation, or of some streams in it, in a fixed order."""
    which = "true" if streams is None else "stream = ANY(%s)"
    return _of_tables(kind, which, IDENTITY, NEVER, [generation, *([] if streams is None else [list(streams)])])


def stored_as_written(kind: Projection, generation: int, upto: int, apart: Sequence[str]) -> str:
    """The digest of a generation as it stood at a position, in the order of writing, some streams left out."""
    return _of_tables(kind, "stream <> ALL(%s::text[])", "id", upto, [generation, list(apart)])


def _of_tables(kind: Projection, which: str, order: str, upto: int, asked: Sequence[object]) -> str:
    return sha256(b"".join(_of_table(model, which, order, upto, asked) for model in kind.models)).hexdigest()


def _of_table(model: type[Box], which: str, order: str, upto: int, asked: Sequence[object]) -> bytes:
    total = sha256()
    words = {"table": model._meta.db_table, "which": which, "order": order, "upto": upto, "never": NEVER}
    with connection.cursor() as cursor, cursor.copy(LINE.format(**words), asked) as lines:
        for block in lines:
            total.update(block)
    return total.digest()
