"""Country groups and the days on which each country is a member."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import pairwise

from measures import models
from measures.events import groups as vocabulary
from measures.projections.common import latest, positions_of, slug_of
from tracker.clocks import FAR, span
from tracker.corrections import Entry
from tracker.projections import Projection
from tracker.running import WHOLE, Parted, Row


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    slug = slug_of(stream)
    described = latest(entries, vocabulary.Described)
    title = described.title if described else slug
    yield Row(models.Group, {"slug": slug, "title": title, "set_by": positions_of(entries, vocabulary.Described)})
    changes: dict[str, list[tuple[date, Entry]]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry.payload, vocabulary.Membership):
            changes[entry.payload.member].append((span(entry.payload.effective_from).latest, entry))
    for member, dated in sorted(changes.items()):
        yield from _memberships(slug, member, sorted(dated, key=lambda change: (change[0], change[1].order)))


def parts(entry: Entry) -> list[Hashable]:
    """A member's days depend on what was said of that member, the group's title on the rest."""
    return [entry.payload.member] if isinstance(entry.payload, vocabulary.Membership) else [WHOLE]


def _memberships(slug: str, member: str, changes: Sequence[tuple[date, Entry]]) -> Iterator[Row]:
    """The last change in order on or before a day says whether the country is a member on it."""
    days = [day for day, _ in changes]
    for (_, entry), (valid_from, valid_until) in zip(changes, pairwise([*days, FAR]), strict=True):
        if isinstance(entry.payload, vocabulary.MemberJoined) and valid_from < valid_until:
            yield Row(
                models.Membership,
                {
                    "slug": slug,
                    "member": member,
                    "valid_from": valid_from,
                    "valid_until": valid_until,
                    "set_by": list(entry.positions),
                },
            )


PROJECTION = Projection(
    "groups", 1, ("group",), (models.Group, models.Membership), fold, partial(Parted, parts, fold, models.Group)
)
