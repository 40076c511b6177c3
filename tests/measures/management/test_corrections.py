"""`manage.py corrections`: which answers a correction changed, on the valid and the known clock."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.management import CommandError, call_command

from measures import commands
from tests.measures.api.asking import SHARE, TODAY, project, talks, told
from tests.measures.given import adopted, corrected, given, on, retracted, suspended, suspension_extended
from tracker import log

pytestmark = pytest.mark.django_db

TRUCE = (
    on("2025-04-02", adopted("34%", "2025-04-09")),
    on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="10")),
    on("2025-08-11", suspension_extended("2025-08-12", "2025-11-10")),
)


def listed(capsys: pytest.CaptureFixture[str], **options: object) -> list[str]:
    call_command("corrections", **options)
    return [line.strip() for line in capsys.readouterr().out.splitlines()]


def changes(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line for line in listed(capsys) if line.startswith("valid ")]


def test_a_corrected_end_changes_the_days_after_it_as_known_until_the_extension(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told(given(*TRUCE, corrected(2, effective_until="2025-08-10")))
    found = [line for line in changes(capsys) if "segment main" in line]
    assert found == [
        "valid 2025-08-10 to 2025-08-12, known 2025-05-12 to open: segment main: application partly_suspended → "
        "applied, rate 10 → 34, rate_min 10 → 34, rate_max 10 → 34, suspended_points 24 → none"
    ]


def test_what_was_corrected_only_as_known_then_is_listed_though_todays_answer_is_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The extension was public a day earlier than we wrote: only what was known on that day changes."""
    told(given(*TRUCE, corrected(3, known_from="2025-08-10")))
    found = [line for line in changes(capsys) if "segment main" in line]
    assert found == [
        "valid 2025-08-12 to 2025-11-10, known 2025-08-10 to 2025-08-11: segment main: application applied → "
        "partly_suspended, rate 34 → 10, rate_min 34 → 10, rate_max 34 → 10, suspended_points none → 24"
    ]


def test_an_obligation_without_a_rate_has_an_old_and_a_new_value_too(capsys: pytest.CaptureFixture[str]) -> None:
    told(given(on("2023-12-07", adopted("ban", "2023-12-08")), corrected(1, obligation="quota 18125 t")))
    [found] = [line for line in changes(capsys) if "2023-12-08 to open" in line]
    assert "sentence ban → quota 18125 t" in found


def test_a_retraction_takes_answers_away(capsys: pytest.CaptureFixture[str]) -> None:
    told(given(*TRUCE, retracted(3)))
    lines = listed(capsys)
    assert lines[1] == "Retracted entry #4: duplicate."
    assert any(line.startswith("valid 2025-08-12 to 2025-11-10, known 2025-08-11 to open") for line in lines)


def test_an_observation_is_listed_with_its_old_and_new_figure(capsys: pytest.CaptureFixture[str]) -> None:
    recorded = talks()
    place = next(item for item in recorded if item.type == "indicator.observed")
    right = corrected(1, values=[{"name": "share_pct", "value": "69"}]).event(SHARE, 9)
    commands.record([replace(right, corrects=place.id)], today=TODAY)
    project()
    [found] = changes(capsys)
    assert found == (
        f"valid 2024-01-01 to open, known 2025-01-10 to open: observation of entry {place.position}: "
        'values [{"name": "share_pct", "value": "70"}] → [{"name": "share_pct", "value": "69"}]'
    )


def test_a_correction_of_words_alone_changes_no_answer_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    told(given(*TRUCE, corrected(1, note="The order was signed in the afternoon.")))
    assert listed(capsys)[-1] == "no answer changed"


def test_what_is_not_projected_yet_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    talks()
    mended = corrected(1, note="Mended.").event(SHARE, 9)
    commands.record([replace(mended, corrects=log.read(stream=SHARE)[1].id)], today=TODAY)
    assert "ask again" in listed(capsys)[-1]


def test_they_are_narrowed_by_position_and_measure(capsys: pytest.CaptureFixture[str]) -> None:
    told(given(*TRUCE, corrected(2, effective_until="2025-08-10"), stream="measure/one"))
    told(given(*TRUCE, retracted(3), stream="measure/two"))
    assert listed(capsys, measure="two")[0].endswith("measure/two")
    assert listed(capsys, position=5)[0].startswith("#5 ")
    with pytest.raises(CommandError, match="position 4 holds no correction"):
        call_command("corrections", position=4)
