"""Country groups and the days on which each country is a member."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from measures import models
from measures.events import groups as vocabulary
from measures.projections.common import latest, positions_of, slug_of
from tracker.clocks import FAR, span
from tracker.corrections import Entry
from tracker.projections import Projection, Row


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    slug = slug_of(stream)
    described = latest(entries, vocabulary.Described)
    title = described.title if described else slug
    yield Row(models.Group, {"slug": slug, "title": title, "set_by": positions_of(entries, vocabulary.Described)})
    changes = [entry for entry in entries if isinstance(entry.payload, vocabulary.Membership)]
    for member in sorted({entry.payload.member for entry in changes}):
        yield from _memberships(slug, member, [entry for entry in changes if entry.payload.member == member])


def _memberships(slug: str, member: str, changes: Sequence[Entry]) -> Iterator[Row]:
    """The last change in order on or before a day says whether the country is a member on it."""
    dated = sorted(changes, key=lambda entry: (span(entry.payload.effective_from).latest, entry.order))
    days = [span(entry.payload.effective_from).latest for entry in dated]
    for entry, (valid_from, valid_until) in zip(dated, pairwise([*days, FAR]), strict=True):
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


PROJECTION = Projection("groups", 1, ("group",), (models.Group, models.Membership), fold)
