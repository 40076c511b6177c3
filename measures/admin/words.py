"""The words of the forms: labels, help, accepted forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from measures import obligations
from measures.admin.helps import HELP
from measures.admin.verbs import VERBS
from tracker.events import EventType

LABELS = {"url": "Address", "sha256": "SHA-256", "official": "Official source", "by": "By", "to": "To"}

LOOKUPS = {
    "measures": "measure",
    "retaliation_for": "measure",
    "by": "measure",
    "into": "measure",
    "part_of": "measure",
    "successor_of": "measure",
    "case": "case",
    "dispute": "dispute",
}
"""Fields that hold the slug of another stream, and of which kind it is."""

FIRST = {
    "measure": ("rate_changed", "suspended", "suspension_extended", "resumed", "extended", "postponed", "terminated"),
    "negotiation": ("session_held", "call_held", "statement_made", "demand_made", "commitment_made", "commitment_met"),
    "indicator": ("observed",),
    "case": ("ruling_issued", "stay_granted", "appealed", "refund_ordered"),
    "dispute": ("noted",),
    "group": ("member_joined", "member_left"),
}
"""The buttons of a stream's page; what else can happen stands behind them."""

SLUG_FORM = "lower-case words and digits joined by hyphens: steel-list-1"

FOLDS = (
    ("Legal act and term", ("instrument", "authority", "term", "concerns")),
    ("Only in part", ("stays", "points")),
    ("Goods on their way", ("applies_by", "in_transit")),
    ("Scheduled steps, a suspension, the source's words", ("replaces_later", "resumes", "words")),
    ("An annex of codes, from a file", ("attachment",)),
)
"""What is needed now and then: folded away until it holds something."""

FOLDS_OF = {
    "Source": ("More about this source", ("language", "quote", "says")),
    "Meeting": ("How they met, and about what", ("format", "level", "items", "measures")),
    **dict.fromkeys(
        ("Position", "Agreement", "CommitmentMade", "OfCommitment"),
        ("In which round, where and about what", ("round", "venue", "city", "items", "measures")),
    ),
}
"""What is folded away besides, of one kind of struct."""

ACCEPTED = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": SLUG_FORM,
    r"^https?://\S+$": "an address that begins with https://",
    r"^[a-z]{2,3}$": "two or three lower-case letters: en",
    r"^[a-z][a-z0-9_]*$": "lower-case words joined by underscores: share_pct",
    r"^\d{4}$": "a year of four digits: 2022",
    r"^[0-9a-f]{64}$": "64 hexadecimal digits",
}


def label(name: str) -> str:
    return LABELS.get(name) or plain(name).capitalize()


def plain(word: object) -> str:
    """`before_adoption` as people write it."""
    return str(word).replace("_", " ")


def help_for(name: str, said: str, owners: Sequence[str] = ()) -> str:
    """The help of a field: of the event type or struct that has it, before that of its name everywhere."""
    text = next((HELP[key] for owner in owners if (key := f"{owner}.{name}") in HELP), HELP.get(name, said))
    return text if text.startswith("http") else text[:1].upper() + text[1:]


def accepted(pattern: str, said: str) -> str:
    """The accepted form of a pattern: what its author says of it, or what is known here."""
    return said or ACCEPTED.get(pattern, f"what fits {pattern}")


def told(value: Any) -> str:
    """A payload's JSON value, to be read: obligations as sentences, lists with commas."""
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return ", ".join(told(item) for item in value)
    if not isinstance(value, dict):
        return str(value)
    if "kind" in value:
        return obligations.sentence(obligations.decode(value))
    return ", ".join(f"{plain(name)} {told(inner)}" for name, inner in value.items())


def verb(kind: EventType) -> str:
    """What an editor does when this happened: `Change rate`. What nobody chooses goes by the type's own words."""
    return VERBS[kind.name][0] if kind.name in VERBS else plain(kind.name.partition(".")[2]).capitalize()


def in_short(kind: EventType) -> str:
    """When that fits, in one line."""
    return f"{VERBS[kind.name][1]}."
