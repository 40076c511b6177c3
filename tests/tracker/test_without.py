"""What the core does without, on purpose: docs/pitfalls.md says what each of them costs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tracker

WITHOUT = {
    "advisory locks, which a pooler gives to somebody else": r"pg_(try_)?advisory",
    "NOTIFY and LISTEN, which make commits queue": r"pg_notify|\b(NOTIFY|LISTEN)\b",
    "transaction numbers and snapshots, which are of one server and wait for its oldest transaction": (
        r"\b(xmin|xmax|xid8?|txid_\w+|pg_snapshot\w*|pg_current_(xact|snapshot)\w*)\b"
    ),
    "sequences, which leave gaps": r"\b(nextval(?!\('tracker_came'\))|bigserial|serial)\b",
}
"""The one sequence, `tracker_came`, numbers what waits for the head: numbers that nobody keeps."""


@pytest.mark.parametrize("what", WITHOUT)
def test_the_core_does_without(what: str) -> None:
    home = Path(tracker.__file__).parent
    for path in [*home.rglob("*.py"), *home.rglob("*.sql")]:
        found = re.search(WITHOUT[what], path.read_text())
        assert found is None, f"{path.relative_to(home)} has {found}"
