"""Asking the API, and histories to ask it about."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.test import Client

from measures import commands
from measures.events import cases, disputes, indicators, negotiations
from measures.events.common import Figure
from tests.measures.given import SOURCE, WRITER, Story, adopted, given, on, suspended, suspension_extended
from tracker.envelope import NewEvent, Recorded
from tracker.events import Payload
from tracker.projections import catch_up, ensure_checkpoints, projections

ROOT = "/api/v1/"
STREAM = "measure/us-example"
TODAY = date(2026, 12, 31)


def ask(path: str = "", headers: Any = None, **query: Any) -> Any:
    """The response of the API; a fault of the server is answered as a client would see it."""
    return Client(raise_request_exception=False).get(ROOT + path, query, headers=headers or {})


def answer(path: str = "", **query: Any) -> Any:
    """The body of an answer that must be a success."""
    response = ask(path, **query)
    assert response.status_code == 200, response.content
    return response.json()


def problem(response: Any) -> tuple[int, str]:
    """Status and code of a problem document, which must be one."""
    assert response["Content-Type"] == "application/problem+json", response.content
    document = response.json()
    assert document["status"] == response.status_code
    assert document["type"].endswith(f"/api/v1/problems/{document['code']}/")
    return response.status_code, document["code"]


def truce() -> Story:
    """34 % adopted, then suspended in part for 90 days, then longer: as the shipped data has it, but shorter."""
    return given(
        on("2025-04-02", adopted("34%", "2025-04-09")),
        on("2025-05-12", suspended("2025-05-14", "2025-08-12", stays="10")),
        on("2025-08-11", suspension_extended("2025-08-12", "2025-11-10")),
        stream=STREAM,
    )


def told(*stories: Story) -> list[Recorded]:
    """Records histories through the commands and projects them."""
    found = [item for story in stories for item in story.record(today=TODAY)]
    project()
    return found


def project() -> None:
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)


def happened(stream: str, known: str, payload: type[Payload], **fields: Any) -> NewEvent:
    said = payload(sources=(SOURCE,), **fields)
    return NewEvent(stream=stream, payload=said, meta=WRITER, known_from=date.fromisoformat(known))


TALKS = "negotiation/talks"
SHARE = "indicator/share"


def talks() -> list[Recorded]:
    """A small dispute: talks with a round, two positions and a commitment; an indicator with two observations."""
    london = {"round": "london", "city": "London"}
    promise = {"commitment": "magnets", "by": ("CN",), "what": "Grant licences for magnets.", "due": "2025-07"}
    batch = [
        happened("dispute/quarrel", "2025-01-01", disputes.Described, title="A quarrel", parties=("US", "CN")),
        happened(
            TALKS, "2025-05-01", negotiations.Described, title="The talks", parties=("US", "CN"), dispute="quarrel"
        ),
        happened(TALKS, "2025-06-09", negotiations.RoundOpened, venue="Lancaster House", **london),
        happened(TALKS, "2025-06-09", negotiations.SessionHeld, held_on="2025-06-09", minutes=360, **london),
        happened(TALKS, "2025-06-09", negotiations.DemandMade, round="london", by="US", text="Ship rare earths."),
        happened(TALKS, "2025-06-10", negotiations.DemandMade, round="london", by="CN", text="Ease chip controls."),
        happened(TALKS, "2025-06-11", negotiations.CommitmentMade, round="london", **promise),
        happened(SHARE, "2025-01-10", indicators.Described, title="A share", kind="supply_share", dispute="quarrel"),
        happened(SHARE, "2025-01-10", indicators.Observed, period_until="2024", values=(share("70"),)),
        happened(SHARE, "2026-01-10", indicators.Observed, period_until="2025", values=(share("68.5"),)),
        happened("case/suit", "2025-02-01", cases.Described, title="A suit", dispute="quarrel", parties=("US",)),
        happened("case/suit", "2025-03-01", cases.Filed, forum="The court"),
    ]
    found = list(commands.record(batch, today=TODAY))
    project()
    return found


def share(value: str) -> Figure:
    return Figure(name="share_pct", value=value)
