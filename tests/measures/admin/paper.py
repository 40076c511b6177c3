"""The forms of a page as a browser holds them: only what the page offers can be filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    """A form: its fields with what stands in them, the choices of those that offer some, and its buttons."""

    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, set[str]] = field(default_factory=dict)
    buttons: set[tuple[str, str]] = field(default_factory=set)
    boxes: set[str] = field(default_factory=set)

    def fill(self, typed: dict[str, Any]) -> None:
        """Types into fields and chooses; fails where the page has no such field, or does not offer the choice."""
        for name, value in typed.items():
            assert name in self.values or name in self.boxes, f"the page has no field {name}"
            if name in self.choices:
                assert value in self.choices[name], f"{name} offers {sorted(self.choices[name])}, not {value}"
            self.values[name] = [str(value)]

    def pressed(self, name: str, value: str) -> dict[str, list[str]]:
        """What a browser sends when a button is pressed."""
        assert (name, value) in self.buttons, f"there is no button {name}={value}"
        return self.values | {name: [value]}


class Paper(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = self._textarea = ""
        self.feed(html)

    def with_button(self, name: str) -> Form:
        return next(form for form in self.forms if name in {button for button, _ in form.buttons})

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        said = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.forms.append(Form())
        elif self.forms and "name" in said:
            getattr(self, f"_{tag}_", lambda said: None)(said)
        elif tag == "option" and self._select:
            self._option_(said)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("select", "textarea"):
            self._select = self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].values[self._textarea] = [data.removeprefix("\n")]

    def _input_(self, said: dict[str, str]) -> None:
        form, name = self.forms[-1], said["name"]
        if said.get("type") == "checkbox":
            form.boxes.add(name)
            if "checked" not in said:
                return
        form.values.setdefault(name, []).append(said.get("value", "on" if name in form.boxes else ""))

    def _button_(self, said: dict[str, str]) -> None:
        if "disabled" not in said:
            self.forms[-1].buttons.add((said["name"], said.get("value", "")))

    def _textarea_(self, said: dict[str, str]) -> None:
        self._textarea = said["name"]
        self.forms[-1].values[self._textarea] = [""]

    def _select_(self, said: dict[str, str]) -> None:
        self._select = said["name"]
        self.forms[-1].values[self._select] = [""]
        self.forms[-1].choices[self._select] = set()

    def _option_(self, said: dict[str, str]) -> None:
        form, value = self.forms[-1], said.get("value", "")
        form.choices[self._select].add(value)
        if "selected" in said:
            form.values[self._select] = [value]
