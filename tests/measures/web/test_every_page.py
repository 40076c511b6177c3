"""What every page has: clocks, permalink, JSON, landmarks, and nothing that a strict policy forbids."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
from django.test import Client

from tests.measures.web.asking import Page, ask
from tracker import log

PAGES = [
    "/",
    "/measures/",
    "/measures/us-ieepa-reciprocal-cn/",
    "/measures/us-h20-licence/",
    "/negotiations/",
    "/negotiations/us-cn-2025/",
    "/positions/POSITION/",
    "/indicators/",
    "/indicators/cn-magnet-exports-to-us/",
    "/cases/",
    "/cases/us-ieepa-litigation/",
    "/events/",
    "/events/500/",
    "/about/",
]
pytestmark = pytest.mark.usefixtures("loaded")


@pytest.fixture(scope="module")
def seen() -> dict[str, Page]:
    return {}


@pytest.fixture(params=PAGES)
def shown(request: pytest.FixtureRequest, seen: dict[str, Page]) -> Page:
    demand = log.read(type="negotiation.demand_made", known_from=date(2025, 6, 9))[0]
    address = request.param.replace("POSITION", str(demand.position))
    return seen.setdefault(request.param, ask(f"{address}?valid_at=2025-06-10"))


def test_it_names_its_position_and_a_permalink_that_gives_the_same_answer(shown: Page):
    link = shown.link("Permalink, all three clocks explicit")
    assert all(f"{clock}=" in link for clock in ("valid_at", "known_at", "position"))
    again = ask(link)
    assert again.position() == shown.position()
    assert _content(again) == _content(shown)


def _content(page: Page) -> str:
    """What the main part says, without the addresses of its links."""
    main = page.html.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


def test_its_json_answers_for_the_same_position(shown: Page):
    addresses = [address for text, address in shown.links if text.endswith(" as JSON")]
    for address in addresses:
        response = Client().get(address)
        assert response.status_code == 200, (address, response.content[:300])
        assert response.json()["position"] == shown.position() or "/events/5" in address
    assert addresses or "About" in shown.words


def test_it_needs_no_script_and_no_inline_style(shown: Page):
    assert not shown.tags("script", "style", "iframe", "object", "embed")
    assert not [attributes for _, attributes in shown.elements if "style" in attributes]
    assert not [name for _, attributes in shown.elements for name in attributes if name.startswith("on")]
    policy = shown.response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_it_loads_nothing_from_another_host(shown: Page):
    loaded = [item.get("href") or item.get("src") for item in shown.tags("link", "img", "input")]
    assert all(address.startswith("/") for address in loaded if address)


def test_it_has_one_heading_of_the_first_order_and_landmarks_with_names(shown: Page):
    assert len(shown.tags("h1")) == 1
    assert len(shown.tags("main")) == 1
    labels = Counter(item.get("aria-label") for item in shown.tags("nav"))
    assert None not in labels
    assert max(labels.values()) == 1
    assert shown.tags("html")[0]["lang"] == "en"


def test_headings_never_skip_an_order(shown: Page):
    orders = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in zip([0, *orders], orders, strict=False)), orders


def test_every_id_is_given_once_and_every_label_has_its_field(shown: Page):
    ids = Counter(attributes["id"] for _, attributes in shown.elements if "id" in attributes)
    assert not [name for name, count in ids.items() if count > 1]
    pointed = [item["for"] for item in shown.tags("label")]
    for key in ("aria-labelledby", "aria-describedby"):
        pointed += [name for _, item in shown.elements for name in (item.get(key) or "").split()]
    assert not [name for name in pointed if name not in ids]


def _some(addresses: set[str]) -> list[str]:
    """A dozen of them at most, spread over all."""
    found = sorted(addresses - {""})
    return found[:: len(found) // 12 + 1]


def test_its_links_inside_lead_somewhere(shown: Page):
    inside = {address.partition("#")[0] for _, address in shown.links if address.startswith(("/", "?"))}
    client = Client()
    for address in _some(inside):
        assert client.get(address).status_code in (200, 302), address


def test_an_address_that_is_not_there_has_a_page_of_ours():
    page = ask("/nowhere/", 404)
    assert "There is no page at this address." in page.words
    assert "Content-Security-Policy" in page.response.headers
