"""Negotiations: meetings, delegations, positions, agreements, and commitments with their fate."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

from measures import models
from measures.events import negotiations as vocabulary
from measures.projections.common import (
    happened_from,
    happened_on,
    latest,
    plain,
    positions_of,
    slug_of,
)
from tracker.clocks import FAR, span
from tracker.corrections import Entry
from tracker.projections import Projection
from tracker.running import WHOLE, Parted, Row

FATES: dict[type, str] = {
    vocabulary.CommitmentClaimed: "claimed",
    vocabulary.CommitmentDisputed: "disputed",
    vocabulary.CommitmentBreached: "breached",
    vocabulary.CommitmentLapsed: "lapsed",
    vocabulary.CommitmentDenied: "denied",
}


def fold(stream: str, entries: Sequence[Entry]) -> Iterator[Row]:
    slug = slug_of(stream)
    yield Row(models.Negotiation, {"slug": slug} | _identity(slug, entries))
    for entry in entries:
        yield from _happened(slug, entry)
    yield from _commitments(slug, entries)


def parts(entry: Entry) -> list[Hashable]:
    """A commitment depends on what was said of it, what happened on its own entry, the talks' title on the rest."""
    if isinstance(entry.payload, vocabulary.CommitmentMade | vocabulary.OfCommitment):
        return [("commitment", entry.payload.commitment)]
    return [entry.id] if isinstance(entry.payload, tuple(READINGS)) else [WHOLE]


def _identity(slug: str, known: Sequence[Entry]) -> dict[str, Any]:
    described = latest(known, vocabulary.Described)
    return {
        "title": described.title if described else slug,
        "parties": list(described.parties) if described else [],
        "dispute": (described.dispute if described else None) or "",
        "first_known": min(entry.known_from for entry in known),
        "set_by": positions_of(known, vocabulary.Described),
    }


def _happened(slug: str, entry: Entry) -> Iterator[Row]:
    payload = entry.payload
    for kind, (model, columns) in READINGS.items():
        if isinstance(payload, kind):
            yield Row(model, _common(slug, entry) | columns(payload))
            return


def _common(slug: str, entry: Entry) -> dict[str, Any]:
    payload: Any = entry.payload
    return {
        "slug": slug,
        "valid_from": happened_from(entry),
        "set_by": list(entry.positions),
        "round": payload.round or "",
        "kind": entry.type.partition(".")[2],
        "occurred_on": happened_on(entry),
        "summary": payload.summary or "",
        "measures": list(payload.measures),
        "figures": plain(payload.figures),
        "people": plain(payload.people),
    }


def _meeting(payload: Any) -> dict[str, Any]:
    held = getattr(payload, "held_on", None)
    return {
        "parties": list(payload.parties),
        "venue": payload.venue or "",
        "city": payload.city or "",
        "format": payload.format,
        "level": payload.level or "",
        "starts_on": held or getattr(payload, "starts_on", None) or "",
        "ends_on": getattr(payload, "ends_on", None) or "",
        "minutes": getattr(payload, "minutes", None),
    }


def _postponed(payload: vocabulary.RoundPostponed) -> dict[str, Any]:
    return {"starts_on": payload.new_date or ""}


def _delegation(payload: vocabulary.DelegationNamed) -> dict[str, Any]:
    return {"party": payload.party, "head": payload.head, "members": plain(payload.members)}


def _position(payload: vocabulary.Position) -> dict[str, Any]:
    return {
        "by": payload.by,
        "to": list(payload.to),
        "speaker": payload.speaker or "",
        "topic": payload.topic or "",
        "text": payload.text,
        "items": list(payload.items),
        "quote": payload.quote or "",
    }


def _noted(payload: vocabulary.Noted) -> dict[str, Any]:
    return {"by": "", "text": payload.summary or payload.note or "", "items": list(payload.items)}


def _agreement(payload: vocabulary.Agreement) -> dict[str, Any]:
    return {
        "parties": list(payload.parties),
        "text": payload.text,
        "wordings": plain(payload.wordings),
        "instrument": plain(payload.instrument),
        "effective_from": payload.effective_from or "",
        "effective_until": payload.effective_until or "",
        "binding": payload.binding,
    }


READINGS: dict[type, tuple[type, Any]] = {
    vocabulary.Meeting: (models.Meeting, _meeting),
    vocabulary.RoundPostponed: (models.Meeting, _postponed),
    vocabulary.DelegationNamed: (models.Delegation, _delegation),
    vocabulary.Position: (models.Position, _position),
    vocabulary.Agreement: (models.Agreement, _agreement),
    vocabulary.Noted: (models.Position, _noted),
}


def _commitments(slug: str, entries: Sequence[Entry]) -> Iterator[Row]:
    for made in entries:
        if isinstance(made.payload, vocabulary.CommitmentMade):
            fates = [entry for entry in entries if _is_fate_of(entry, made.payload.commitment)]
            yield from _fated(slug, made, made.payload, fates)


def _is_fate_of(entry: Entry, commitment: str) -> bool:
    return isinstance(entry.payload, vocabulary.OfCommitment) and entry.payload.commitment == commitment


def _fated(slug: str, made: Entry, payload: vocabulary.CommitmentMade, fates: Sequence[Entry]) -> Iterator[Row]:
    """The commitment's fates in runs of days: the last in order that has come by the day."""
    days = sorted({_fate_day(entry) for entry in [made, *fates]})
    for valid_from, valid_until in pairwise([*days, FAR]):
        come = [entry for entry in [made, *fates] if _fate_day(entry) <= valid_from]
        if made in come:
            columns = _commitment(made, payload) | _fate(made, come[-1])
            yield Row(models.Commitment, {"slug": slug, "valid_from": valid_from, "valid_until": valid_until} | columns)


def _fate_day(entry: Entry) -> Any:
    stated = getattr(entry.payload, "effective_from", None)
    return span(stated).latest if stated else happened_from(entry)


def _commitment(made: Entry, payload: vocabulary.CommitmentMade) -> dict[str, Any]:
    return {
        "commitment": payload.commitment,
        "round": payload.round or "",
        "by": list(payload.by),
        "to": list(payload.to),
        "what": payload.what,
        "wordings": plain(payload.wordings),
        "made_on": happened_on(made),
        "due": payload.due or "",
        "due_condition": payload.due_condition or "",
        "target": payload.target or "",
        "stated_by": list(payload.stated_by),
        "measures": list(payload.measures),
        "figures": plain(payload.figures),
    }


def _fate(made: Entry, last: Entry) -> dict[str, Any]:
    payload: Any = last.payload
    positions = sorted({*made.positions, *last.positions})
    if last is made:
        return {"status": "made", "set_by": positions, "fulfilled_by": [], "days_taken": None}
    if isinstance(payload, vocabulary.CommitmentMet):
        status = "met" if payload.extent == "full" else "partly_met"
        days = (_fate_day(last) - happened_from(made)).days
        return {
            "status": status,
            "set_by": positions,
            "fulfilled_by": list(payload.fulfilled_by),
            "days_taken": days,
        }
    return {"status": FATES[type(payload)], "set_by": positions, "fulfilled_by": [], "days_taken": None}


PROJECTION = Projection(
    "negotiations",
    3,
    ("negotiation",),
    (
        models.Negotiation,
        models.Meeting,
        models.Delegation,
        models.Position,
        models.Agreement,
        models.Commitment,
    ),
    fold,
    partial(Parted, parts, fold, models.Negotiation),
)
