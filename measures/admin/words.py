"""The words of the forms: labels, help, accepted forms."""

from __future__ import annotations

from typing import Any

from measures import obligations
from measures.admin.verbs import VERBS
from tracker.clocks import FORMS
from tracker.events import EventType

HELP = {
    "obligation": "25% · 10% + 45 EUR/100 kg MAX 18% · 15% incl. MFN · quota 18125 t · licence · ban · unknown: why",
    "proposed": "The duty that the finding proposes, as a sentence: 25%",
    "effective_from": "The first day it applies",
    "held_on": "The day it was held",
    "measures": "The measures this is about, one a line; type a few letters and choose",
    "says": "What this source gives, where it differs from what you enter",
    "chosen_because": "Where sources disagree: why the entry says what it says",
    "verification": "How well it is established",
    "date_basis": "Where the dates come from",
    "authority": "The law it rests on, where that is news",
    "part_of": "The measure of a bloc or programme that this one carries out or belongs to",
    "effective_until": "The first day it no longer applies: “through 14 July” is 2025-07-15",
    "until_condition": "Where it ends on a condition instead of, or before, a date",
    "stays": "Only where it is suspended in part: the rate that stays, such as 10",
    "points": "Only where it is suspended in part: the points taken off, such as 24",
    "replaces_later": "It also replaces steps that were scheduled for later days",
    "resumes": "Only inside a suspension: whether the measure applies again from that day",
    "term": "Only where it concerns one list, tranche or company of the measure",
    "words": "The source's own words, such as doubled",
    "entry": "Which earlier entry this is about",
    "due": "The day, month or year by which it is due",
    "stated_by": "Who says that it was made, where that is not the party bound; one a line",
    "fulfilled_by": "What fulfilled it: the id of a measure's event, or measure/…; one a line",
    "period_until": "The last day, month or year of the period",
    "new_date": "Leave it empty where no new date was given",
    "minutes": "How long it took; six hours are 360",
    "summary": "What happened, in a sentence of your own",
    "note": "For colleagues and auditors; it is published with the entry",
    "reference": "Your own name for the fact, such as its number in a list",
    "links": "What else this is about: measure/…, negotiation/… ; one a line",
    "quote": "A few words, as they were said",
    "published": f"{FORMS}; leave it empty if it is not known",
    "url": "https://… ; an address or a citation is needed",
    "citation": "Such as 90 FR 15041; an address or a citation is needed",
    "language": "Of the source: en, zh, de",
    "through": "The last day that you looked at: YYYY-MM-DD",
    "reason": "What was wrong, in a sentence; the log holds a commitment to it, colleagues and auditors can read it",
    "products": "2 to 10 digits; separated by spaces, commas or lines",
    "codes": "2 to 10 digits, with or without dots; by commas, spaces or lines. Or type a word of it, and choose",
    "sha256": "Of an annex that is stored already; filled in when a file is sent",
}

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
    ("More about this source", ("language", "quote", "says")),
    ("An annex of codes, from a file", ("attachment",)),
)
"""What is needed now and then: folded away until it holds something."""

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


def help_for(name: str, said: str) -> str:
    text = HELP.get(name, said)
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
