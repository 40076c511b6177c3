"""What holds of every log and every proof, on random ones; what holds of read models stands in
`tests/measures/test_projections_properties.py`. `tests/test_invariants.py` lists all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import rfc8785
from django.db import connection, transaction
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.measures.random_histories import stories
from tests.tracker.ledger.given import (
    TODAY,
    behind_the_triggers,
    project,
    record,
    regrow,
    reviewed,
    rewrite,
    sealer,
    tell,
    verified,
)
from tracker import log
from tracker.ledger import tiles
from tracker.ledger.attestation import attest
from tracker.ledger.canonical import MAX_INTEGER, canonical, leaf_hash, node_hash
from tracker.ledger.erasure import erase
from tracker.ledger.models import Opening, Seal
from tracker.ledger.notes import unverified
from tracker.ledger.proofs import subtree_root
from tracker.ledger.sealing import SealRefused
from tracker.ledger.tree import extend, root
from tracker.log import BEGINNING, Meta

FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))


def rolled_back(check: Callable[..., None], *values: Any) -> None:
    """Each example begins with the log as it was."""
    undo = transaction.savepoint()
    try:
        check(*values)
    finally:
        transaction.savepoint_rollback(undo)


# 12: the recorded clock


def set_clock(instant: datetime) -> None:
    """What the database takes for now, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS wrong")
        cursor.execute(
            "CREATE OR REPLACE FUNCTION wrong.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
            f" $$ SELECT timestamptz '{instant.isoformat()}' $$"
        )
        cursor.execute("ALTER FUNCTION tracker_append SET search_path = wrong, pg_catalog, public")


START = datetime(2025, 6, 10, tzinfo=UTC)
moments = st.integers(-5, 60).map(lambda minutes: START + timedelta(minutes=minutes))


@pytest.mark.django_db
@FEW
@given(st.lists(st.tuples(moments, st.integers(1, 3)), min_size=1, max_size=6), st.lists(moments, min_size=1))
def test_an_instant_resolves_to_a_position_that_grows_with_it_and_then_stays(appends, asked):
    def check() -> None:
        found: dict[datetime, log.Position] = {}
        for instant, count in appends:
            set_clock(instant)
            record(count)
            head = log.head()
            for moment in (*asked, head.recorded_at):
                position = log.resolve(recorded_at=moment)
                assert found.get(moment, position) == position
                if moment <= head.recorded_at:
                    found[moment] = position
        resolved = [log.resolve(recorded_at=moment) for moment in sorted(asked)]
        assert all(one.position <= other.position for one, other in pairwise(resolved))
        assert all(
            at == BEGINNING or at.recorded_at <= asked for asked, at in zip(sorted(asked), resolved, strict=True)
        )

    rolled_back(check)


@pytest.mark.django_db(transaction=True)
def test_an_instant_resolves_to_the_same_position_over_another_connection(committed_db):
    record(5, batch=2)
    instants = [item.recorded_at for item in log.read()]
    before = [log.resolve(recorded_at=instant) for instant in instants]
    connection.close()
    assert [log.resolve(recorded_at=instant) for instant in instants] == before


# 14: the canonical bytes

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
keys = st.text(st.characters(codec="ascii", exclude_characters="\0"))
scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner))


@settings(max_examples=200)
@given(values)
def test_the_canonical_bytes_are_those_of_rfc_8785(value):
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.django_db
@FEW
@given(stories())
def test_every_entry_of_the_log_is_rfc_8785_and_reads_back_as_itself(story):
    def check() -> None:
        for batch in story.events:
            log.append(batch)
        for _, entry, leaf in log.leaves(upto=log.head().position):
            assert canonical(json.loads(entry)) == entry == rfc8785.dumps(json.loads(entry))
            assert leaf == leaf_hash(entry)

    rolled_back(check)


# 15: frontier, tiles and definition


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sizes", [(255, 256, 257), pytest.param((65_535, 65_536, 65_537), marks=pytest.mark.drill)], ids=["one", "two"]
)
def test_frontier_tiles_and_definition_give_one_root_around_every_width_of_tiles(sizes):
    record(sizes[-1], batch=5_000)
    tiles.grow(sizes[-1])
    leaves = [leaf for _, _, leaf in log.leaves(upto=sizes[-1])]
    size, frontier = 0, list[bytes]()
    for wanted in sizes:
        size, frontier = extend(size, frontier, leaves[size:wanted])
        complete = {(0, index): leaf for index, leaf in enumerate(leaves[:wanted])}
        assert tiles.root_at(wanted) == root(frontier) == defined(complete, wanted)


def defined(leaves: dict[tuple[int, int], bytes], size: int) -> bytes:
    """MTH as RFC 6962 defines it, every subtree made of its two halves."""

    def lookup(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[0, index]
        return node_hash(lookup(level - 1, 2 * index), lookup(level - 1, 2 * index + 1))

    return subtree_root(0, size, lookup)


# 17: the sealer

acts = st.lists(st.sampled_from(["record", "record", "seal", "seal", "rewrite", "cut", "restart"]), max_size=12)


@pytest.mark.django_db
@settings(FEW, max_examples=15)
@example(["record", "seal", "rewrite", "restart", "record", "seal", "seal"])
@given(acts)
def test_a_sealer_never_signs_two_heads_of_which_one_does_not_extend_the_other(acts):
    """Whatever is done to the log in between; each root that was signed is kept with the leaves that it was over.

    What was signed once stays in the signed tree: leaves that are rewritten later are found by `verify`.
    """

    def check(folder: Path) -> None:
        signed: list[tuple[int, bytes, list[bytes]]] = []
        running = sealer(folder)
        for act in acts:
            if act == "record":
                record(3, batch=2)
            elif act == "restart":
                running = sealer(folder)
            elif act == "rewrite" and log.head().position >= 2:
                rewrite(2, {"occurred_on": "2020-01-01"})
            elif act == "cut" and log.head().position > 2:
                with behind_the_triggers("tracker_event") as cursor:
                    cursor.execute("DELETE FROM tracker_event WHERE position > 2")
                regrow()
            elif act == "seal":
                with suppress(SealRefused):
                    if seal := running.seal():
                        before = signed[-1][2] if signed else []
                        fresh = [leaf for _, _, leaf in log.leaves(len(before), upto=seal.size)]
                        signed.append((seal.size, unverified(seal.note).root, [*before, *fresh]))
        for (old, old_root, _), (new, new_root, leaves) in pairwise(signed):
            assert old <= new
            assert extend_to(leaves[:old]) == old_root
            assert extend_to(leaves) == new_root

    with TemporaryDirectory() as folder:
        rolled_back(check, Path(folder))


def extend_to(leaves: list[bytes]) -> bytes:
    return root(extend(0, [], leaves)[1])


# 19: erasure


@pytest.mark.django_db
@FEW
@given(st.lists(texts.filter(str.strip), min_size=1, max_size=5), st.data())
def test_erasing_any_texts_changes_no_leaf_root_proof_or_answer(reasons, data):
    def check(folder: Path) -> None:
        tell()
        for reason in reasons:
            log.append([reviewed("measure/example", reason=reason)])
        project()
        said = sorted(Opening.objects.values_list("commitment", flat=True))
        assert len(said) == len(reasons) + 1, "those, and that of a correction"
        sealer(folder).seal()
        size = log.head().position
        before = seen(size)
        for commitment in data.draw(st.sets(st.sampled_from(said))):
            erase(commitment, reason_code="data-subject-request", meta=ERASER, today=TODAY)
        assert seen(size) == before
        assert "FAIL" not in verified("--log-only")

    with TemporaryDirectory() as folder:
        rolled_back(check, Path(folder))


ERASER = Meta(actor="ed-test", approval="automatic", origin="command")


def seen(size: int) -> tuple[Any, ...]:
    """Leaves, root, a proof, the checkpoint, and answers of the API."""
    clocks = f"?valid_at=2025-06-01&known_at=2025-06-01&position={size}"
    answers = [Client().get(f"/api/v1/measures/example/{path}{clocks}") for path in ("", "explain/", "history/")]
    answers += [Client().get(f"/api/v1/events/{position}/") for position in range(1, size + 1)]
    assert {answer.status_code for answer in answers} == {200}
    proof, note = tiles.inclusion_proof(1, size), Seal.objects.get(size=size).note
    return list(log.leaves(upto=size)), tiles.root_at(size), proof, note, [answer.content for answer in answers]


# Nothing honest is ever refused


@pytest.mark.django_db
@FEW
@given(stories(most=6))
def test_whatever_was_honestly_recorded_is_never_refused(story):
    def check(folder: Path) -> None:
        for batch in story.events:
            log.append(batch)
        project()
        attest(TODAY)
        sealer(folder).seal()
        assert "FAIL" not in verified()

    with TemporaryDirectory() as folder:
        rolled_back(check, Path(folder))
