"""Python's garbage collector while rows are folded or read: many objects, none in a cycle, and it looks in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (200_000, 50, 100)
"""Objects made before the youngest are looked at, and how many such looks go before one at older ones."""


@contextmanager
def seldom() -> Iterator[None]:
    """Collects garbage rarely for as long as the context lasts; as the process does it otherwise afterwards."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
