"""The shipped data: complete, true to its own day, and answering as the facts do that it was made from."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from measures import importing
from measures.events import negotiations as talks
from measures.importing import Batch, ImportProblem
from measures.obligations import rate
from measures.timeline import NOTHING, State, timeline
from tracker import envelope, log
from tracker.clocks import NEVER
from tracker.corrections import Entry, settle
from tracker.envelope import Recorded

HERE = Path(__file__).parent / "data"
LOADED_AT = datetime(2026, 11, 24, tzinfo=UTC)
LONDON = "london-2025-06"
PARTS = ("events", "obligations", "projections")


@cache
def lines() -> dict[str, dict[str, Any]]:
    """The raw lines by reference."""
    texts = (text for path in importing.files() for text in path.read_text("utf-8").splitlines())
    return {line["reference"]: line for line in map(json.loads, texts)}


@cache
def batches() -> list[Batch]:
    read = [item for path in importing.files() for item in importing.read(path)]
    problems = [str(item) for item in read if isinstance(item, ImportProblem)]
    assert not problems, problems
    return importing.in_order([item for item in read if isinstance(item, Batch)])


@cache
def histories() -> dict[str, list[Recorded]]:
    """Each stream as the load would record it."""
    found: dict[str, list[Recorded]] = defaultdict(list)
    events = (item for batch in batches() for item in batch.events)
    for position, item in enumerate(events, start=1):
        version = len(found[item.stream]) + 1
        found[item.stream].append(envelope.recorded(item, position=position, version=version, recorded_at=LOADED_AT))
    return found


@cache
def entries(stream: str, known_at: str = "") -> list[Entry]:
    settled = settle(histories()[stream])
    return [entry for entry in settled if not known_at or entry.known_from <= date.fromisoformat(known_at)]


def state(slug: str, valid_at: str, known_at: str = "") -> State:
    day = date.fromisoformat(valid_at)
    headline = [item for item in _timeline(slug, known_at) if item.headline]
    return next((item.state for item in headline if item.valid_from <= day < item.valid_until), NOTHING)


@cache
def _timeline(slug: str, known_at: str) -> list[Any]:
    return timeline(entries(f"measure/{slug}", known_at))


def of_round(round_: str, kind: type) -> list[Any]:
    told = (item.payload for item in histories()["negotiation/us-cn-2025"])
    return [item for item in told if isinstance(item, kind) and getattr(item, "round", None) == round_]


# Whole and well formed


def test_each_line_has_a_reference_of_its_own():
    count = sum(len(path.read_text("utf-8").splitlines()) for path in importing.files())
    assert len(lines()) == count == len(batches())


def test_each_named_entry_is_shipped():
    shipped = {str(item.id) for batch in batches() for item in batch.events}
    for batch in batches():
        for item in batch.events:
            named = [getattr(item.payload, "entry", None), *getattr(item.payload, "fulfilled_by", ())]
            ids = {name for name in named if name and re.fullmatch(r"[0-9a-f-]{36}", name)}
            assert ids <= shipped, batch.reference


def test_the_code_lists_are_those_that_the_events_name():
    files = {sha256(path.read_bytes()).hexdigest(): path for path in importing.attachments()}
    named = {}
    for batch in batches():
        for item in batch.events:
            products = getattr(getattr(item.payload, "coverage", None), "products", None)
            if products and products.attachment:
                named[products.attachment.sha256] = products.attachment
    assert named.keys() == files.keys()
    for digest, attachment in named.items():
        rows = list(csv.DictReader(files[digest].read_text("utf-8").splitlines()))
        assert len(rows) == attachment.rows
        assert all(re.fullmatch(r"\d{8}", row["hts8"]) for row in rows)
    assert sum(attachment.rows for attachment in named.values()) == 4114


def test_no_rule_and_no_fold_knows_a_measure_by_name():
    """Examples in the words of the edges do no harm; in the domain a name would be a special case."""
    slugs = {stream.partition("/")[2] for stream in histories()}
    package = Path(settings.BASE_DIR) / "measures"
    domain = [*package.glob("*.py"), *(path for part in PARTS for path in (package / part).rglob("*.py"))]
    for path in domain:
        assert not slugs & set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", path.read_text("utf-8"))), path


# True to its own day


def _known(reference: str) -> date:
    return max(date.fromisoformat(item["known_from"]) for item in lines()[reference]["events"])


def _names(data: dict[str, Any]) -> Iterator[str]:
    """The other lines that an entry names."""
    measures = [*data.get("measures", []), *data.get("retaliation_for", []), *filter(None, [data.get("by")])]
    yield from (f"measure/{slug}" for slug in measures if isinstance(slug, str) and f"measure/{slug}" in lines())
    texts = [data.get("entry", ""), *data.get("fulfilled_by", []), *data.get("links", [])]
    yield from (text.removeprefix("ref:").partition("#")[0] for text in texts if text)


def test_no_entry_names_what_became_known_later():
    for reference, line in lines().items():
        for item in line["events"]:
            for name in _names(item["data"]):
                assert name in lines(), (reference, name)
                assert _known(name) <= date.fromisoformat(item["known_from"]), (reference, name)


BEGINNINGS = {"announced", "adopted", "rate_changed", "proposed", "threatened"}


def test_no_beginning_tells_its_end():
    later = re.compile(
        r"hindsight|never applied|before it (applied|took effect)|later (extended|moved|split)", re.IGNORECASE
    )
    for reference, line in lines().items():
        for item in line["events"]:
            if item["type"].removeprefix("measure.") in BEGINNINGS:
                told = [item["data"].get(name) or "" for name in ("summary", "note")]
                assert not any(map(later.search, told)), reference


# Nothing of the facts is lost


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _scalars(item)
    elif value is not None:
        yield str(value)


@cache
def _covered() -> dict[str, set[str]]:
    """What each stream says of its scope."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in lines().values():
        for item in line["events"]:
            scope = [item["data"].get(name) for name in ("coverage", "concerns", "added", "removed")]
            found[item["stream"]].update(_scalars(scope))
    return found


def _carried(fact: str) -> set[str]:
    """Every value that the fact's lines, and the descriptions and scopes of their streams, hold."""
    found: set[str] = set()
    for reference, line in lines().items():
        if reference == fact or reference.startswith((f"{fact}/", f"{fact}.")):
            found |= set(_scalars(line))
            for stream in {item["stream"] for item in line["events"]}:
                found |= {stream.partition("/")[2], *_scalars(lines()[stream]), *_covered()[stream]}
    return found


def test_each_fact_is_carried_whole():
    facts = list(csv.DictReader((HERE / "facts.csv").read_text("utf-8").splitlines()))
    assert len(facts) == 582
    for fact in facts:
        held = {sha256(value.encode()).hexdigest()[:8] for value in _carried(fact["fact"])}
        assert set(fact["carried"].split()) <= held, fact["fact"]


# Rates


DIFFERENT: dict[tuple[str, str, str], tuple[str | None, str]] = {
    ("us-s201-solar", "2019-02-07", "2020-02-07"): ("25", "the proclamation steps down every year"),
    ("us-s201-solar", "2020-02-07", "2021-02-07"): ("20", "the proclamation steps down every year"),
    ("us-s201-solar", "2021-02-07", "2022-02-07"): ("15", "the proclamation steps down every year"),
    ("us-s201-solar", "2022-02-07", "2026-02-07"): (None, "extended at rates that are not in the sources"),
    ("us-s201-washers", "2019-02-07", "2023-02-08"): (
        None,
        "falls, and extended, at rates that are not in the sources",
    ),
    ("cn-s301-retaliation-autos", "2018-07-06", "2019-01-01"): ("25", "what is suspended had been in force"),
    ("us-de-minimis-cn", "2026-07-24", "9999-12-30"): (None, "a rate tied to a total that is gone does not come back"),
    ("us-s301-4yr-gloves", "2025-01-01", "2026-01-01"): (None, "a correction seems to have removed the step"),
    ("us-s301-legacy-chips", "2027-06-23", "9999-12-30"): (None, "a step is due at a rate that is still open"),
    ("cn-retaliation-2025-04", "2026-11-10", "2027-01-10"): ("34", "one side's word on the other's measure is a claim"),
}
"""Where the answer is rightly another than the plain rule gives: the days, the answer, and why."""


@cache
def expected() -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in csv.DictReader((HERE / "expected_rates.csv").read_text("utf-8").splitlines()):
        found[row["slug"]].append(row)
    return found


def _different(slug: str, valid_at: str) -> tuple[str, str, str] | None:
    return next((key for key in DIFFERENT if key[0] == slug and key[1] <= valid_at < key[2]), None)


def _states_a_rate(slug: str, known_at: str) -> bool:
    said = (getattr(entry.payload, "obligation", None) for entry in entries(f"measure/{slug}", known_at))
    return any(obligation is not None and rate(obligation) is not None for obligation in said)


def _right(slug: str, row: dict[str, str], found: State) -> bool:
    plain = Decimal(row["rate"])
    if found.rate == plain:
        return True
    if found == NOTHING:
        return plain == 0
    if key := _different(slug, row["valid_at"]):
        answer = DIFFERENT[key][0]
        return found.rate == (None if answer is None else Decimal(answer))
    return found.rate is None and plain == 0 and not _states_a_rate(slug, row["known_at"])


@pytest.mark.parametrize("slug", sorted({row["slug"] for row in csv.DictReader((HERE / "expected_rates.csv").open())}))
def test_the_rate_is_that_of_the_facts_on_every_day_of_change(slug: str):
    if f"measure/{slug}" not in histories():
        assert {row["rate"] for row in expected()[slug]} == {"0"}, "only cases and talks have no measure"
        return
    for row in expected()[slug]:
        found = state(slug, row["valid_at"], row["known_at"])
        assert _right(slug, row, found), (row, found)


@pytest.mark.parametrize(
    ("slug", "valid_at", "known_at", "answer"),
    [
        ("us-ieepa-reciprocal-cn", "2025-05-01", "", "125"),
        ("us-ieepa-reciprocal-cn", "2025-08-20", "2025-05-15", "34"),
        ("us-ieepa-reciprocal-cn", "2025-08-20", "2025-08-12", "10"),
        ("us-ieepa-fentanyl-cn", "2025-03-03", "", "10"),
        ("us-ieepa-fentanyl-cn", "2025-03-04", "", "20"),
        ("us-s301-list-4a", "2020-02-13", "", "15"),
        ("us-s301-list-4a", "2020-02-14", "", "7.5"),
        ("us-ieepa-transshipment", "2026-02-24", "", "0"),
    ],
)
def test_the_rate_on_a_day_as_known_on_a_day(slug: str, valid_at: str, known_at: str, answer: str):
    assert state(slug, valid_at, known_at).rate == Decimal(answer)


def test_a_ruling_is_void_in_law_while_its_duty_is_collected():
    first, next_day = state("us-ieepa-fentanyl-cn", "2025-05-28"), state("us-ieepa-fentanyl-cn", "2025-05-29")
    assert (first.legal, first.rate, next_day.legal, next_day.rate) == ("void", 20, "in_force", 20)
    days = ("2026-02-19", "2026-02-20", "2026-02-23", "2026-02-24")
    found = [(state("us-ieepa-reciprocal-cn", day).legal, state("us-ieepa-reciprocal-cn", day).rate) for day in days]
    assert found == [("in_force", 10), ("void", 10), ("void", 10), ("terminated", 0)]


def test_a_truce_leaves_ten_of_thirty_four_points():
    found = state("us-ieepa-reciprocal-cn", "2025-10-01")
    assert (found.application, found.statutory_rate, found.suspended_points, found.rate) == (
        "partly_suspended", 34, 24, 10,
    )  # fmt: skip


# The London talks


def test_london_is_complete():
    delegations = {
        item.party: (item.head, [member.name for member in item.members])
        for item in of_round(LONDON, talks.DelegationNamed)
    }
    assert delegations == {
        "US": ("Scott Bessent", ["Howard Lutnick", "Jamieson Greer"]),
        "CN": ("He Lifeng", ["Wang Wentao", "Li Chenggang"]),
    }
    first, second = of_round(LONDON, talks.SessionHeld)
    assert (first.held_on, first.minutes, first.venue, first.city) == ("2025-06-09", 360, "Lancaster House", "London")
    assert (second.held_on, second.venue) == ("2025-06-10", "Lancaster House")
    assert {item.by for item in of_round(LONDON, talks.DemandMade)} == {"US", "CN"}
    quotes = {(item.speaker, item.quote) for item in of_round(LONDON, talks.Position)}
    assert {("Howard Lutnick", "fruitful"), ("He Lifeng", "mutual benefit")} <= quotes
    assert any("H20" in item.text for item in of_round(LONDON, talks.StatementMade))
    assert any(
        source.publisher == "Rare Earth Exchanges"
        for item in of_round(LONDON, talks.Meeting)
        for source in item.sources
    )


def test_the_call_before_london_took_ninety_minutes():
    (call,) = of_round("call-2025-06-05", talks.CallHeld)
    assert (call.held_on, call.minutes, call.level) == ("2025-06-05", 90, "leaders")


@pytest.mark.parametrize(
    ("series", "figure"),
    [
        ("cn-share-rare-earth-supply", ("share_pct", "70")),
        ("cn-share-rare-earth-magnets", ("share_pct", "90")),
        ("sp-500", ("pct", "0.09")),
        ("hang-seng", ("close", "24181.43")),
    ],
)
def test_the_figures_of_the_day_of_london(series: str, figure: tuple[str, str]):
    observed: list[Any] = [
        item.payload for item in histories()[f"indicator/{series}"] if item.occurred_on == "2025-06-09"
    ]
    assert figure in {(value.name, value.value) for item in observed for value in item.values}


# Loaded through the commands


def test_a_second_load_adds_nothing(loaded: None):
    before, said = log.head(), io.StringIO()
    call_command("load_facts", stdout=said, verbosity=1)
    count = sum(len(batch.events) for batch in batches())
    assert said.getvalue().strip() == f"0 events new, {count} already there, 0 lines refused"
    assert log.head() == before
    assert before.position == count


def test_nothing_is_parked_after_projecting(loaded: None):
    from tracker.models import Checkpoint, Parked

    assert not Parked.objects.exists()
    assert set(Checkpoint.objects.values_list("position", flat=True)) == {log.head().position}


def test_the_tables_answer_as_the_fold_does(loaded: None):
    from measures.models import Segment

    for slug in ("us-ieepa-reciprocal-cn", "us-s301-list-3", "us-de-minimis-cn", "cn-retaliation-2025-04"):
        for row in expected()[slug]:
            valid, known = (date.fromisoformat(row[name] or "9999-12-30") for name in ("valid_at", "known_at"))
            found = Segment.objects.filter(
                slug=slug, headline=True, valid_from__lte=valid, valid_until__gt=valid,
                known_from__lte=known, known_until__gt=known, recorded_until=NEVER,
            )  # fmt: skip
            rates = [segment.rate for segment in found]
            pure = state(slug, row["valid_at"], row["known_at"])
            assert rates == ([] if pure == NOTHING else [pure.rate]), row
