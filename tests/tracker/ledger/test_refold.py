"""The fold as a stranger runs it: the project's sources under stand-ins, equal to the live fold to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from tests.tracker.ledger.given import TODAY, bundle, project, relist, reviewed, run, sealer, tell
from tracker import log
from tracker.ledger.attestation import attest
from tracker.projections import projections


@pytest.fixture
def attested(db, tmp_path):
    tell()
    attest(TODAY)
    log.append([reviewed("measure/example", "2025-07-01")])
    project()
    attest(TODAY)
    sealer(tmp_path).seal()
    return tmp_path


@pytest.mark.django_db
def test_the_newest_attestation_of_each_read_model_is_checked_and_every_one_on_demand(attested):
    folder = bundle(attested)
    newest, every = run("refold.py", folder).stdout, run("refold.py", folder, "--all").stdout
    assert newest.count("ok    measures at position") == 1
    assert every.count("ok    measures at position") == 2


@pytest.mark.django_db
def test_a_changed_fold_does_not_give_what_was_attested(attested):
    folder = bundle(attested)
    source = folder / "fold/measures/projections/measures.py"
    source.write_text(source.read_text().replace('"legal": state.legal,', '"legal": "in_force" and "void",'))
    relist(folder)
    assert run("verify.py", folder).returncode == 0
    done = run("refold.py", folder)
    assert done.returncode == 1
    assert "FAIL  measures at position" in done.stdout
    assert "first in measure/" in done.stdout


@pytest.mark.django_db
def test_read_models_edited_before_they_were_attested_are_found(db, tmp_path):
    tell()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE measures_segment SET rate = 11 WHERE rate = 10")
    attest(TODAY)
    sealer(tmp_path).seal()
    done = run("refold.py", bundle(tmp_path))
    assert done.returncode == 1
    assert "the log attests" in done.stdout


@pytest.mark.django_db
def test_a_log_that_attests_nothing_is_a_doubt(db, tmp_path):
    tell()
    sealer(tmp_path).seal()
    assert "the log attests nothing" in run("refold.py", bundle(tmp_path)).stdout


@pytest.mark.django_db
def test_the_rows_that_were_folded_are_those_of_a_replay(attested):
    folder = bundle(attested)
    run("refold.py", folder, "--write", attested)
    (written,) = attested.glob("measures-*.jsonl")
    out = StringIO()
    position = written.stem.partition("-")[2]
    call_command("replay", "--projection", "measures", "--position", position, stdout=out, stderr=StringIO())
    assert sorted(out.getvalue().splitlines()) == sorted(written.read_text().splitlines())


@pytest.fixture
def shipped(loaded, tmp_path) -> Iterator[None]:
    """The shipped data; what a test records on top of it is rolled back."""
    with transaction.atomic():
        vars(connection.atomic_blocks[-1])["_from_testcase"] = True  # as in every test of one transaction
        yield
        transaction.set_rollback(True)


@pytest.mark.slow
def test_all_of_the_shipped_data_folds_to_the_digests_of_the_live_read_models(shipped, tmp_path):
    attest(TODAY)
    sealer(tmp_path).seal()
    folder = bundle(tmp_path)
    verified, folded = run("verify.py", folder), run("refold.py", folder)
    assert verified.returncode == 0, verified.stdout
    assert folded.returncode == 0, folded.stdout
    for kind in projections():
        assert f"ok    {kind.name} at position" in folded.stdout
