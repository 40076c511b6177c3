"""Asking for pages as a reader does, and reading what they say."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from tracker.projections import catch_up, ensure_checkpoints, projections

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}

INLINE = {"a", "b", "code", "q", "span", "strong", "summary"}


def ask(path: str, status: int = 200) -> Page:
    """The page at an address; fails with what it says where the status is another."""
    response = Client().get(path)
    assert response.status_code == status, (path, response.status_code, response.headers.get("Location"))
    return Page(response)


def project() -> None:
    """Brings all read models up to the head of the log, as the worker does."""
    ensure_checkpoints()
    for kind in projections():
        catch_up(kind.name)


class Page(HTMLParser):
    """A page's words as a reader sees them, its links by their words, its elements by their tags."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.response = response
        self.html = response.content.decode()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.links: list[tuple[str, str]] = []
        self._words: list[str] = []
        self._link: tuple[str, list[str]] | None = None
        self.feed(self.html)
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._apart(tag)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "a":
            self._link = (dict(attrs)["href"] or "", [])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()
        self._apart(tag)
        if tag == "a" and self._link:
            self.links.append((" ".join("".join(self._link[1]).split()), self._link[0]))
            self._link = None

    def handle_data(self, data: str) -> None:
        self._words.append(data)
        if self._link:
            self._link[1].append(data)

    def _apart(self, tag: str) -> None:
        """What stands in elements of their own is read as words of their own."""
        if tag not in INLINE:
            self._words.append(" ")

    @property
    def words(self) -> str:
        return " ".join("".join(self._words).split())

    def part(self, start: str, end: str) -> str:
        """The words between two of them."""
        return self.words.split(start, 1)[1].split(end, 1)[0]

    def link(self, words: str) -> str:
        """The address of the first link with these words."""
        found = [address for text, address in self.links if text == words]
        assert found, f"no link {words!r} among {sorted({text for text, _ in self.links})}"
        return found[0]

    def tags(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in names]

    def field(self, name: str) -> dict[str, str | None]:
        return next(item for item in self.tags("input", "select") if item.get("name") == name)

    def position(self) -> int:
        """The position that the page says it answers for."""
        found = re.search(r"This page answers for position (\d+)", self.words)
        assert found
        return int(found[1])
