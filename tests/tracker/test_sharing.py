"""A rebuild by several processes: the same rows, told progress, and nothing left of those that were killed."""

import os
import signal
from dataclasses import replace
from multiprocessing import get_context

import pytest
from django.db import transaction

from tests.processes import until
from tests.tracker import tallies
from tests.tracker.processes import killed_at, race
from tests.tracker.tallies import PROJECTION, count
from tracker import log, ordered, projections, rebuild, sharing, tables
from tracker.digests import digest
from tracker.models import Checkpoint
from tracker.projections import Status, catch_up, ensure_checkpoints
from tracker.rebuild import scratch_digest
from tracker.running import Refold

pytestmark = pytest.mark.usefixtures("committed_tallies")


@pytest.fixture
def two_at_work(monkeypatch):
    """A rebuild takes two processes even for a short log."""
    monkeypatch.setattr(ordered, "WORTH_SHARING", 1)
    monkeypatch.setattr(sharing, "MOST", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    ensure_checkpoints()
    for number in range(40):
        count(f"tally/{number % 13}", number)
    catch_up("tallies")


def test_two_processes_rebuild_what_one_does_and_leave_what_cannot_be_folded(two_at_work, monkeypatch):
    tallies.broken.add(1000)
    count("tally/3", 1000)
    count("tally/3", 7)
    catch_up("tallies")
    told, at_work = list[int](), set[int]()
    shared = sharing.shared

    def noted(work, parts, progress):
        at_work.add(len(parts))
        return shared(work, parts, progress)

    monkeypatch.setattr(sharing, "shared", noted)
    rebuild.rebuild("tallies", progress=told.append)
    tallies.broken.clear()
    assert at_work == {2}
    assert sum(told) == 42
    assert rebuild.parked(PROJECTION, 2) == {"tally/3": 41}
    assert digest(PROJECTION, 1) == digest(PROJECTION, 2)


def test_a_rebuild_whose_process_is_killed_fails_and_the_live_generation_stays(two_at_work, monkeypatch):
    monkeypatch.setattr(tables, "write", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(rebuild.RebuildFailed, match="generation 2 of tallies was not built: a process was killed"):
        rebuild.rebuild("tallies")
    assert Checkpoint.objects.get(status=Status.LIVE).generation == 1


def test_what_goes_wrong_in_a_process_of_a_rebuild_is_told(two_at_work, monkeypatch):
    forgetful = replace(PROJECTION, running=lambda stream: Refold(lambda *_: (), stream))
    monkeypatch.setattr(projections, "_projections", {"tallies": forgetful})
    with pytest.raises(rebuild.RebuildFailed, match="RebuildFailed: the running fold of tallies does not give"):
        rebuild.rebuild("tallies")


def test_processes_whose_rebuild_was_killed_write_nothing_and_hold_its_place_until_they_end(two_at_work, monkeypatch):
    may_go_on, write = get_context("fork").Event(), tables.write

    def work(here) -> None:
        def held_up(*asked):
            may_go_on.wait(60)
            write(*asked)

        monkeypatch.setattr(sharing, "wait", here)
        monkeypatch.setattr(tables, "write", held_up)
        rebuild.rebuild("tallies")

    killed_at(work)
    with pytest.raises(rebuild.RebuildFailed, match="tallies is being rebuilt by another process"):
        rebuild.rebuild("tallies")
    may_go_on.set()
    until(rebuilt, "the processes of the dead have ended")
    assert digest(PROJECTION, 1) == digest(PROJECTION, 2)
    assert digest(PROJECTION, 2) == scratch_digest(PROJECTION, 40)


def rebuilt() -> bool:
    try:
        return bool(rebuild.rebuild("tallies"))
    except rebuild.RebuildFailed:
        return False


@pytest.mark.parametrize("most", [1, 2, 5, 100])
def test_every_stream_is_in_one_share(two_at_work, most):
    shares = log.shares(["tally"], 40, most)
    assert len(shares) <= most
    read = [item.position for share in shares for item in log.read_by_stream(["tally"], 40, share=share)]
    assert sorted(read) == list(range(1, 41))


def test_where_others_would_see_nothing_or_may_not_be_begun_one_process_does_it_alone(two_at_work):
    assert sharing.processes() == 2
    with transaction.atomic():
        assert sharing.processes() == 1
    assert race(lambda _: sharing.processes(), 1) == [1], "a daemonic process has no children"
