"""What a superuser changes beside the rows of a read model is found too; what happens meanwhile is no contradiction."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from django.db import connection, connections

from measures.models import Segment
from tests.tracker.ledger.given import project, record, sealer, tell, verified
from tracker.models import Checkpoint

BESIDE = [
    ("UPDATE tracker_checkpoint SET position = 1000 WHERE projection = 'measures'", "it has read to position 1000"),
    ("UPDATE tracker_checkpoint SET leaf_hash = sha256('') WHERE projection = 'measures'", "not what the log holds"),
    ("UPDATE tracker_checkpoint SET status = 'retired' WHERE projection = 'measures'", "no generation of it answers"),
    ("DELETE FROM tracker_checkpoint WHERE projection = 'measures'", "no generation of it answers"),
    ("UPDATE measures_segment SET generation = generation + 1", "a row is missing"),
    ("UPDATE measures_segment SET digest = sha256('') WHERE rate = 84", "a row that does not follow from the log"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("statement", "found"), BESIDE)
def test_a_checkpoint_a_generation_or_a_digest_changed(statement, found):
    tell()
    assert "FAIL" not in verified()
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert cursor.rowcount > 0
    assert found in next(line for line in verified().splitlines() if "FAIL" in line)


@pytest.mark.django_db
def test_a_row_that_waits_for_a_position_to_come():
    tell()
    row = Segment.objects.filter(rate=84).earliest("pk")
    row.pk, row.recorded_from = None, 1000
    row.save()
    assert "a row that does not follow from the log, recorded at 1000" in verified()


@pytest.mark.django_db(transaction=True)
def test_what_is_recorded_projected_and_sealed_while_it_verifies_is_no_contradiction(committed_db, tmp_path):
    tell()
    sealing = sealer(tmp_path)
    sealing.seal()
    before = Checkpoint.objects.get(projection="measures", status="live").position
    asked: list[str] = []

    def meanwhile() -> None:
        record(300)
        project()
        sealing.seal()
        connections.close_all()

    def after_the_first_entries(execute, statement, values, many, context):
        result = execute(statement, values, many, context)
        if "leaf_hash" in statement and not asked:
            asked.append(statement)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(meanwhile).result()
        return result

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(after_the_first_entries))
        report = verified()
    assert Checkpoint.objects.get(projection="measures", status="live").position > before
    assert "FAIL" not in report
