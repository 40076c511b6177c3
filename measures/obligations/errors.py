"""The one error of this package: the sentence, the part that was not understood, and what to write."""

import re

_SHOWN = 100


class ObligationError(ValueError):
    """A sentence, or a value in an obligation, that is not accepted.

    `hint` says what is wrong and the accepted form. An error from a sentence also has `text` (the whole
    sentence) and `part` (what in it was not understood); one from a value built in code leaves `text` empty.
    """

    def __init__(self, hint: str, part: str = "", text: str = "") -> None:
        self.hint, self.part, self.text = hint, part, text
        super().__init__(f"{self._where()}{hint}")

    @property
    def position(self) -> int | None:
        """The character of the sentence, counted from 1, at which the part begins."""
        found = re.search(re.escape(self.part), self.text, re.IGNORECASE) if self.part else None
        return found.start() + 1 if found else None

    def within(self, text: str) -> "ObligationError":
        """The same error, placed in the whole sentence."""
        return ObligationError(self.hint, self.part or text, text)

    def _where(self) -> str:
        if not self.text:
            return ""
        place = "" if self.part == self.text else f', see "{_shown(self.part)}"'
        place += f" at character {self.position}" if place and self.position else ""
        return f'"{_shown(self.text)}" is not an obligation I know{place}: '


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
