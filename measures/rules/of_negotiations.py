"""Rules of negotiations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from measures.events import negotiations
from measures.rules.base import Context, Rule
from tracker.corrections import Entry


class CommitmentExists(Rule):
    """The fate of a commitment names a commitment that was made in the negotiation."""

    id = "N1"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        if isinstance(context.payload, negotiations.OfCommitment):
            slugs = _commitments(context.entries)
            if context.payload.commitment not in slugs:
                known = ", ".join(sorted(slugs)) or "none yet"
                yield (
                    "commitment",
                    f"no commitment {context.payload.commitment!r} in this negotiation; there are: {known}",
                )


class CommitmentIsMadeOnce(Rule):
    """A commitment is made once; a second one takes another slug."""

    id = "N2"

    def check(self, context: Context) -> Iterator[tuple[str, str]]:
        makes = isinstance(context.payload, negotiations.CommitmentMade)
        if makes and context.payload.commitment in _commitments(context.others):
            yield "commitment", f"{context.payload.commitment!r} is the slug of another commitment here"


RULES: tuple[Rule, ...] = (CommitmentExists(), CommitmentIsMadeOnce())


def _commitments(entries: Sequence[Entry]) -> set[str]:
    made = (entry.payload for entry in entries)
    return {payload.commitment for payload in made if isinstance(payload, negotiations.CommitmentMade)}
