"""The trade's query parameters, and what they may name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_args

from django.db.models import QuerySet

from measures import queries
from measures.events.measures import Direction, Kind
from measures.nomenclature import countries
from measures.rules import renamed
from measures.wording import LEGAL
from tracker import log
from tracker.api.clocks import Question
from tracker.api.paging import Order
from tracker.api.parameters import DAY, SLUG, TEXT, Parameter, one_of, pattern
from tracker.api.problems import Problem, wrong
from tracker.api.shapes import ProblemError

AGAIN = "Give it again for any of several."
APPLICATIONS = ("not_applied", "applied", "partly_suspended", "suspended", "not_collected", "unknown")
NAMED = pattern(
    r"[^\x00-\x1f\x7f]{2,120}", "an ISO 3166 code in capitals (US), EU, WORLD, or the name of a firm or body", most=120
)
DIGITS = pattern(
    r"\d{2}(\d{2}){0,4}", "an HS or national code of 2 to 10 digits, an even number of them and no dots: 8703", most=10
)
NO_CHAPTERS = ("00", "77")
"""Two digits with which no product code begins: 77 is kept free for later use."""


def _party(text: str) -> str:
    """Two letters are a code, and have to be one that exists."""
    if len(text) == 2 and text not in countries():
        raise ValueError(text)
    return NAMED.read(text)


def _product(text: str) -> str:
    if text.startswith(NO_CHAPTERS):
        raise ValueError(text)
    return DIGITS.read(text)


PARTY = replace(NAMED, read=_party)
PRODUCT = replace(DIGITS, read=_product)


BY_SLUG = Order(("slug",), (str,))


def path_slug(what: str, example: str) -> Parameter:
    return Parameter(name="slug", form=SLUG, description=f"The slug of the {what}.", example=example)


def party(name: str, description: str, example: str) -> Parameter:
    return Parameter(
        name=name,
        form=PARTY,
        repeated=True,
        example=example,
        description=f"{description} {AGAIN}",
    )


def choice(name: str, values: Iterable[str], description: str, example: str) -> Parameter:
    return Parameter(
        name=name,
        form=one_of(values),
        repeated=True,
        example=example,
        description=f"{description} {AGAIN}",
    )


def slug(name: str, description: str, example: str) -> Parameter:
    return Parameter(name=name, form=SLUG, description=description, example=example)


SEARCH = Parameter(
    name="q", form=TEXT, example="rare earth", description='Words to be found; "quoted" together, -left out, or either.'
)
DISPUTE = slug("dispute", "Those of this dispute.", "us-cn")
MEASURE = slug("measure", "Those about this measure.", "us-ieepa-reciprocal-cn")
IMPLEMENTER = party("implementer", "Whose measures.", "US")
FOR_PARTY = party("party", "What holds for any of these parties alone: firms by name, as the acts name them.", "Skydio")
TARGET = party("target", "Measures against any of these: countries, WORLD, firms by name.", "CN")
KIND = choice("kind", get_args(Kind), "The kind of measure.", "additional_duty")
DIRECTION = choice("direction", get_args(Direction), "Which trade it bears on.", "import")
LEGAL_STATUS = choice("legal", LEGAL, "The legal status on the day asked.", "in_force")
APPLICATION = choice("application", APPLICATIONS, "Whether it is applied on the day asked.", "partly_suspended")
NEGOTIATION = slug("negotiation", "Those that a negotiation was about.", "us-cn-2025")


def window(name: str, description: str) -> tuple[Parameter, Parameter]:
    """Two parameters: the first day of a window, and the day after its last."""
    return (
        Parameter(
            name=f"{name}_from", form=DAY, example="2025-01-01", description=f"{description} On or after this day."
        ),
        Parameter(name=f"{name}_until", form=DAY, example="2027-01-01", description=f"{description} Before this day."),
    )


FIRST_KNOWN = window("first_known", "When the public first knew of it.")
IN_FORCE = window("in_force", "In force under the headline term on some day of the window.")
AUTHORITY = Parameter(
    name="authority", form=TEXT, example="IEEPA", description="Part of the name of the legal authority, in any case."
)
PRODUCT_CODE = Parameter(
    name="product",
    form=PRODUCT,
    example="8703",
    description="Measures that cover this product code, anything below it, or all products, and those whose scope is "
    "told in words alone: `covers` of each says which.",
)


def check_exists(question: Question, name: str, category: str | None = None) -> None:
    """Raises a Problem where a filter names something that the log did not hold at the position asked."""
    value = question.values[name]
    stream = f"{category or name}/{value}"
    if value and not log.read(stream=stream, upto=question.point.position, limit=1):
        detail = f"{name} {value!r} is not recorded at position {question.point.position}"
        raise wrong([ProblemError(code="unknown-value", detail=detail, parameter=name, value=value)])


def check_recorded(category: str, value: str) -> None:
    """Raises a Problem where a path names something that the log has never held, under this slug or a later one."""
    if not log.exists(f"{category}/{value}") and not (category == "measure" and value in renamed()):
        raise Problem("never-recorded", f"there is no {category} {value!r} in the log")


def narrowed(rows: QuerySet[Any], question: Question, **lookups: str) -> QuerySet[Any]:
    """Rows that meet the filters that are given, each by its lookup; a measure is meant under all its slugs."""
    for name, lookup in lookups.items():
        value = question.values[name]
        if value is not None:
            rows = rows.filter(**{lookup: _all_slugs(value, question) if name == "measure" else value})
    return rows


def _all_slugs(slug: str, question: Question) -> list[str]:
    row = queries.named(slug, question.point)
    return queries.names(row, question.point) if row else [slug]
