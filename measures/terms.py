"""The terms of a measure: how they are called, and for whom alone some act on one counts."""

from __future__ import annotations

from collections.abc import Iterable

from measures.lanes import Act, Lane

MAIN = "main"
"""The term of acts that name none."""
EXCLUSION = "exclusion-"
"""How the names of terms begin that are exclusions."""


def terms(found: Iterable[Act]) -> list[str]:
    """The terms of a measure in the order of their first mention; `main` where acts name none."""
    return list(dict.fromkeys(act.term for act in found if act.term and names_its_term(act))) or [MAIN]


def parties(found: Iterable[Act], term: str) -> list[str]:
    """Those for whom alone some act on a term counts, in the order of their first mention.

    Relief from a measure is none from its exclusions, unless it names one.
    """
    mine = [act for act in found if act.parties and act.term in named_for(term)]
    return list(dict.fromkeys(party for act in mine for party in act.parties))


def named_for(term: str) -> tuple[str | None, ...]:
    """What acts for some parties alone name when they are about a term."""
    return (term,) if term.startswith(EXCLUSION) else (term, None)


def names_its_term(act: Act) -> bool:
    return act.lane in (Lane.LIFE, Lane.OBLIGATION, Lane.STAGE)


def exclusion_term(slug: str) -> str:
    """The name of the term that an exclusion is."""
    return f"{EXCLUSION}{slug}"
