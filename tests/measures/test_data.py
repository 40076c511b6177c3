"""The shipped data: complete, true to its own day, and recorded once however often it is loaded."""

from __future__ import annotations

import ast
import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from measures import importing
from measures.events import negotiations as talks
from tests.measures.shipped import FIXTURES, batches, histories, lines
from tracker import log

LONDON = "london-2025-06"
NAMING = ("implementer", "targets", "parties", "by", "to")
"""The fields that name countries."""
PARTS = ("events", "obligations", "projections")


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


def test_no_country_and_no_authority_of_the_data_stands_in_code():
    """Parameters of the API have examples; everywhere else a country or an authority would be a special case."""
    packages = [Path(settings.BASE_DIR) / name for name in ("measures", "tracker", "config")]
    paths = [path for package in packages for path in package.rglob("*.py") if "api" not in path.parts]
    found = {(path.name, text) for path in paths for text in _texts(path) if _is_of_the_data(text)}
    assert found == {("common.py", "CN")}  # the Combined Nomenclature


def _texts(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str)


def _is_of_the_data(text: str) -> bool:
    return text in _countries() or any(re.search(rf"\b{re.escape(name)}\b", text) for name in _authorities())


@cache
def _countries() -> set[str]:
    values = [item["data"].get(name) for line in lines().values() for item in line["events"] for name in NAMING]
    named = [code for value in values for code in ([value] if isinstance(value, str) else value or [])]
    return {code for code in named if len(code) == 2}


@cache
def _authorities() -> set[str]:
    stated = [item["data"].get("authority") or "" for line in lines().values() for item in line["events"]]
    return {name for text in stated for name in re.split(r"[;,] ", text) if len(name) > 4}


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
    facts = list(csv.DictReader((FIXTURES / "facts.csv").read_text("utf-8").splitlines()))
    assert len(facts) == 582
    for fact in facts:
        held = {sha256(value.encode()).hexdigest()[:8] for value in _carried(fact["fact"])}
        assert set(fact["carried"].split()) <= held, fact["fact"]


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
