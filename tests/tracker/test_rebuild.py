"""Rebuilding beside the live generation: same rows, no downtime, never a flip to rows that the log does not give."""

from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.tracker import tallies
from tests.tracker.tallies import PROJECTION, SOURCES, Tally, correcting, count, counted, totals
from tracker import log, parking, projections, rebuild
from tracker.digests import digest
from tracker.models import Checkpoint, Parked
from tracker.projections import Row, Status, catch_up, ensure_checkpoints, retry_parked, step
from tracker.rebuild import RebuildFailed, changed, discard, discard_old, scratch_digest
from tracker.replay import reach
from tracker.running import Refold
from tracker.vocabulary import EntryCorrected

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tallies")]


@pytest.fixture(autouse=True)
def some_history(db, tallies):
    ensure_checkpoints()
    first = log.append([counted("tally/b", 10), counted("tally/a", 1)])[1]
    count("tally/a", 2, "2025-06-01")
    log.append(
        [
            correcting(
                first.id,
                EntryCorrected(sources=SOURCES, patch={"amount": 4}, schema=2, reason_code="rate-error", reason="x"),
            )
        ]
    )
    catch_up("tallies")


def generations() -> dict[int, str]:
    return dict(Checkpoint.objects.order_by("generation").values_list("generation", "status"))


def refold_as(monkeypatch, fold, version=2) -> None:
    """New code: the projection folds otherwise."""
    newer = replace(PROJECTION, version=version, fold=fold)
    monkeypatch.setattr(projections, "_projections", {"tallies": newer})


def doubled(stream, entries):
    for row in tallies.fold(stream, entries):
        yield Row(Tally, row.values | {"total": row.values["total"] * 2})


def test_a_rebuild_gives_the_same_rows_in_a_new_generation_and_keeps_the_old_one():
    before = digest(PROJECTION, 1)
    done = rebuild.rebuild("tallies")
    assert (done.generation, done.status, done.position) == (2, Status.LIVE, 4)
    assert digest(PROJECTION, 2) == digest(PROJECTION, 1) == before == scratch_digest(PROJECTION, 4)
    assert generations() == {1: "retired", 2: "live"}
    count("tally/a", 100)
    assert step("tallies") == 1
    assert totals(generation=2)["tally/a"] == 106
    assert totals(generation=1)["tally/a"] == 6


def test_the_planner_knows_of_the_new_generation_before_it_serves():
    """Else it takes the generation to be empty, and reads all of it to find one row."""
    for number in range(20):
        count(f"tally/{number}")
    rebuild.rebuild("tallies")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT most_common_vals::text::int[] FROM pg_stats WHERE tablename = %s AND attname = 'generation'",
            [Tally._meta.db_table],
        )
        assert 2 in cursor.fetchone()[0]


def test_the_digest_sees_every_clock_and_every_row():
    full = digest(PROJECTION, 1)
    row = Tally.objects.filter(stream="tally/a", recorded_until=2**63 - 1, known_until=date.max).get()
    for change in ({"recorded_until": 9}, {"recorded_from": 7}, {"known_until": "2025-07-01"}, {"digest": b"x"}):
        before = {name: getattr(row, name) for name in change}
        Tally.objects.filter(pk=row.pk).update(**change)
        assert digest(PROJECTION, 1) != full, change
        Tally.objects.filter(pk=row.pk).update(**before)
    assert digest(PROJECTION, 1) == full
    row.delete()
    assert digest(PROJECTION, 1) != full


def test_progress_counts_every_event_of_the_projection():
    told: list[int] = []
    rebuild.rebuild("tallies", progress=told.append)
    assert sum(told) == log.count(["tally"], 4) == 4


def test_a_projection_whose_code_version_changed_is_rebuilt_by_it(monkeypatch):
    assert changed() == []
    refold_as(monkeypatch, doubled)
    assert changed() == ["tallies"]
    rebuild.rebuild("tallies")
    assert changed() == []
    assert totals(generation=2) == {"tally/a": 12, "tally/b": 20}
    assert Checkpoint.objects.get(generation=2).fold_version == 2


def test_events_that_come_during_a_rebuild_are_in_it(monkeypatch):
    def come_late(*asked):
        count("tally/a", 1000)
        step("tallies")

    monkeypatch.setattr(rebuild, "_check", come_late)
    done = rebuild.rebuild("tallies")
    assert done.position == 5
    assert totals(generation=2)["tally/a"] == totals(generation=1)["tally/a"] == 1006
    assert digest(PROJECTION, 1) == digest(PROJECTION, 2)


def test_a_generation_that_does_not_follow_from_the_log_never_goes_live(monkeypatch):
    def tamper(name, generation=None):
        Tally.objects.filter(generation=generation, stream="tally/b").update(digest=b"forged")
        return 0

    monkeypatch.setattr(rebuild, "catch_up", tamper)
    with pytest.raises(RebuildFailed, match="generation 2 of tallies does not follow from the log up to 4; the live"):
        rebuild.rebuild("tallies")
    assert generations() == {1: "live", 2: "building"}
    assert "does not follow from the log" in Checkpoint.objects.get(generation=2).error


def test_nor_does_one_whose_rows_of_what_came_meanwhile_do_not(monkeypatch):
    def go_on_and_tamper(name, generation=None):
        count("tally/a", 1000)
        catch_up(name, generation)
        Tally.objects.filter(generation=generation, recorded_from=5).update(digest=b"forged")

    monkeypatch.setattr(rebuild, "catch_up", go_on_and_tamper)
    with pytest.raises(RebuildFailed, match="generation 2 of tallies does not follow from the log up to 5; the live"):
        rebuild.rebuild("tallies")


def test_a_killed_rebuild_is_started_again():
    Checkpoint.objects.create(projection="tallies", generation=2, status=Status.BUILDING, fold_version=1, position=3)
    Tally.objects.create(
        generation=2, stream="tally/left", known_from="2025-01-01", recorded_from=1, digest=b"", total=1, label=""
    )
    done = rebuild.rebuild("tallies")
    assert generations() == {1: "retired", 2: "live"}
    assert digest(PROJECTION, done.generation) == scratch_digest(PROJECTION, 4)


def test_a_rebuild_whose_place_another_one_took_gives_up(monkeypatch):
    monkeypatch.setattr(rebuild, "catch_up", lambda *_: discard(Checkpoint.objects.get(generation=2)))
    with pytest.raises(RebuildFailed, match=r"generation 2|another rebuild of tallies has taken the place of this one"):
        rebuild.rebuild("tallies")
    assert generations() == {1: "live"}


def test_a_first_rebuild_needs_no_generation_before_it():
    Checkpoint.objects.all().delete()
    Tally.objects.all().delete()
    assert rebuild.rebuild("tallies").generation == 1
    assert totals() == {"tally/a": 6, "tally/b": 10}


@pytest.mark.parametrize("poison", [{"amount": 13}, {"label": "longer than ten"}])
def test_a_rebuild_parks_what_the_live_generation_parks_and_as_far_on(poison):
    tallies.broken.add(13)
    count("tally/c", 1)
    count("tally/c", **poison)
    count("tally/c", 2)
    catch_up("tallies")
    rebuild.rebuild("tallies")
    parked = Parked.objects.order_by("generation").values_list("generation", "stream", "position")
    assert list(parked) == [(1, "tally/c", 6), (2, "tally/c", 6)]
    assert digest(PROJECTION, 1) == digest(PROJECTION, 2)
    tallies.broken.clear()
    healed = retry_parked(Parked.objects.get(generation=2))
    assert healed == ("amount" in poison)


def test_a_rebuild_with_faulty_code_is_refused_and_the_live_generation_serves_on(monkeypatch):
    for number in range(parking.MAX_PARK + 1):
        count(f"tally/{number}", 13)
    catch_up("tallies")
    tallies.broken.add(13)
    with pytest.raises(CommandError, match="tallies is not rebuilt: 21 streams cannot be folded"):
        call_command("rebuild", "tallies", stdout=StringIO())
    assert generations() == {1: "live", 2: "building"}
    assert not Parked.objects.exists()


def test_a_rebuild_cures_a_projection_that_stands_still():
    Checkpoint.objects.update(status=Status.FAULTED, error="Faulted: 21 streams")
    assert rebuild.rebuild("tallies").generation == 2
    assert generations() == {1: "retired", 2: "live"}
    assert step("tallies") == 0


def test_what_serves_is_not_discarded_and_what_is_retired_is_wholly():
    with pytest.raises(ValueError, match="is in use"):
        discard(Checkpoint.objects.get())
    rebuild.rebuild("tallies")
    Parked.objects.create(projection="tallies", generation=1, stream="tally/a", position=1, error="")
    assert discard_old("tallies") == 1
    assert generations() == {2: "live"}
    assert not Tally.objects.filter(generation=1).exists()
    assert not Parked.objects.exists()


# The command


def run(*words: str) -> str:
    out = StringIO()
    call_command("rebuild", *words, stdout=out)
    return out.getvalue()


def test_the_command_rebuilds_what_it_is_told():
    assert run("tallies") == "tallies: generation 2 is live, at position 4\n"
    assert run() == "tallies: generation 3 is live, at position 4\n"
    assert run("--discard-old") == "tallies: generation 4 is live, at position 4\ntallies: 3 old generations deleted\n"


def test_the_command_rebuilds_what_changed_and_nothing_else(monkeypatch):
    assert run("--changed") == ""
    refold_as(monkeypatch, doubled)
    assert run("--changed") == "tallies: generation 2 is live, at position 4\n"
    assert run("--changed") == ""


def test_the_command_knows_its_projections():
    with pytest.raises(CommandError, match="there is no projection 'measures'; there are tallies"):
        run("measures")


# The way back


def test_the_generation_before_goes_live_again_with_what_came_since():
    rebuild.rebuild("tallies")
    count("tally/a", 100)
    step("tallies")
    call_command("rebuild", "tallies", back=True, stdout=StringIO())
    assert generations() == {1: "live", 2: "retired"}
    assert totals(generation=1)["tally/a"] == 106
    count("tally/a", 1000)
    assert step("tallies") == 1
    assert totals(generation=1)["tally/a"] == 1106


def test_a_generation_of_another_fold_version_serves_again_and_waits_for_its_code(monkeypatch):
    with monkeypatch.context() as newer:
        refold_as(newer, doubled)
        rebuild.rebuild("tallies")
        rebuild.back("tallies")
        count("tally/a", 100)
        assert step("tallies") is None
    assert step("tallies") == 1
    assert totals(generation=1)["tally/a"] == 106


def test_there_is_no_way_back_to_what_was_deleted():
    rebuild.rebuild("tallies")
    rebuild.discard_old("tallies")
    with pytest.raises(CommandError, match="no generation of tallies is kept"):
        call_command("rebuild", "tallies", back=True)


def test_a_running_fold_that_differs_from_its_definition_never_goes_live(monkeypatch):
    class Forgetful(Refold):
        def add(self, entries):
            return super().add(entries[:1])

    forgetful = replace(PROJECTION, running=lambda stream: Forgetful(PROJECTION.fold, stream))
    count("tally/c", 1, known="2025-06-10")
    log.append([counted("tally/c", 2, "2025-06-11"), counted("tally/c", 3, "2025-06-11")])
    monkeypatch.setattr(projections, "_projections", {"tallies": forgetful})
    with pytest.raises(
        RebuildFailed, match="the running fold of tallies does not give what its fold gives for tally/c"
    ):
        rebuild.rebuild("tallies")
    assert generations()[1] == "live"


def test_a_projection_that_the_code_no_longer_has_holds_nobody_up(monkeypatch):
    Checkpoint.objects.create(projection="gone", generation=1, status=Status.LIVE, position=1, fold_version=1)
    catch_up("tallies")
    assert reach().position == log.head().position
    assert [checkpoint.projection for checkpoint, _ in projections.lag()] == ["tallies"]
