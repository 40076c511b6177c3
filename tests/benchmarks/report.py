"""`python -m tests.benchmarks.report FILE ...`: makes tables of docs/performance.md anew, those of its bouts."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs/performance.md"
END = "<!-- end of tables -->"

TARGETS: dict[str, dict[str, float]] = {
    "append_1": {"eventsourcing: app.save": 2, "bare INSERT": 0.45},
    "append_8": {"eventsourcing: app.save": 3, "bare INSERT": 0.4},
    "append_8_slow": {"eventsourcing: app.save": 2},
    "append_1000": {"eventsourcing: app.save, 500 at a time": 2.5, "bare COPY": 0.4},
    "projection": {"eventsourcing: ProjectionRunner": 5},
    "as_of_one": {"bare query on two-clock rows": 0.77, "django-simple-history: as_of": 3},
    "as_of_all": {"bare query on two-clock rows": 0.77, "django-simple-history: as_of": 20},
    "visible": {"bare Celery task that writes its row": 0.77},
    **{name: {"(a) ModelSerializer": 2, "(b) json_agg": 0.5} for name in ("api_detail", "api_page", "api_feed")},
}
"""What is aimed at, in times of the other; where less is better, the other's figure over ours."""


def lines(result: dict[str, Any]) -> Iterator[str]:
    yield f"### {result['title'].capitalize()}, {result['scale']:,} events ({result['unit']})\n"
    yield "| arm | median | lowest | highest | beside the others |"
    yield "|---|---:|---:|---:|---|"
    for arm in result["arms"]:
        yield _row(result["bout"], arm)
    yield "\n"


def _row(bout: str, arm: dict[str, Any]) -> str:
    if arm["error"]:
        return f"| {arm['name']} | | | | failed: {arm['error']} |"
    figures = (arm["median"], min(arm["samples"]), max(arm["samples"]))
    beside = "; ".join(
        _ratio(bout, other, value) for other, value in arm["beside"].items() if not other.startswith("for")
    )
    return f"| {arm['name']} | {' | '.join(f'{figure:,.2f}' for figure in figures)} | {beside} |"


def _ratio(bout: str, other: str, value: float) -> str:
    aim = TARGETS.get(bout, {}).get(other)
    return f"{value:.2f} of {other}" + (f" (aim {aim})" if aim else "")


def put(page: str, result: dict[str, Any]) -> str:
    """The page with the table of a bout at a scale in the place of the one before, or behind all others."""
    mark = f"<!-- {result['bout']} {result['scale']} -->\n"
    table = mark + "\n" + "\n".join(lines(result))
    if mark not in page:
        return page.replace(END, table + END)
    return re.sub(f"{mark}.*?(?=<!-- )", lambda found: table, page, flags=re.DOTALL)


def main() -> None:
    page = PAGE.read_text()
    for name in sys.argv[1:]:
        for result in json.loads(Path(name).read_text()):
            page = put(page, result)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
