"""The read models: boxes over the three clocks, written by the projections alone; and the editors' drafts."""

from __future__ import annotations

from typing import Any

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.fields.json import KeyTransform

from measures.drafts import Draft as Draft
from measures.uploads import Upload as Upload
from tracker.clocks import NEVER, Box


def text_array() -> ArrayField:
    return ArrayField(models.TextField(), default=list)


def position_array() -> ArrayField:
    return ArrayField(models.BigIntegerField(), default=list)


class Json(models.JSONField):
    """JSON that is decoded the quickest: where many boxes are read, it is most of the time."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None or isinstance(expression, KeyTransform):
            return super().from_db_value(value, expression, connection)
        return msgspec.json.decode(value)

    def deconstruct(self) -> Any:
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.JSONField", positional, named


class Rate(models.DecimalField):
    """An additional ad valorem percentage."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**{"max_digits": 12, "decimal_places": 6, "null": True, **kwargs})  # type: ignore[arg-type]


# At the end of an index they find, of the many boxes of a stream, those of a point without looking at the others.
FIRST_DAY = ("valid_from", "valid_until")
KNOWN = ("known_until", "known_from")
RECORDED = ("recorded_until", "recorded_from")
OPEN = models.Q(recorded_until=NEVER)


class MeasureBox(Box):
    projection = "measures"
    slug = models.TextField()

    class Meta(Box.Meta):
        abstract = True


class Measure(MeasureBox):
    """What a measure is, and how far its sources confirm it: `confirmed_until` is the first day past them."""

    title = models.TextField()
    kind = models.TextField()
    direction = models.TextField()
    implementer = models.TextField()
    targets = text_array()
    authority = models.TextField(blank=True, default="")
    dispute = models.TextField(blank=True, default="")
    retaliation_for = text_array()
    part_of = models.TextField(blank=True, default="")
    successor_of = models.TextField(blank=True, default="")
    aliases = text_array()
    """Slugs that the measure had before; they still answer."""
    merged_into = models.TextField(blank=True, default="")
    coverage = Json(null=True)
    instruments = Json(default=list)
    first_known = models.DateField()
    confirmed_until = models.DateField()
    corrected = models.BooleanField(default=False)
    set_by = position_array()

    class Meta(MeasureBox.Meta):
        indexes = [
            *MeasureBox.Meta.indexes,
            models.Index(fields=["generation", "slug", *KNOWN, *RECORDED], name="measure_slug"),
            GinIndex(fields=["aliases"], name="measure_aliases"),
        ]

    def __str__(self) -> str:
        return self.title


class Segment(MeasureBox):
    """A run of days of one term of a measure: both status lanes, the rate, and the positions that set them.

    `party` is empty for everybody; else the one for whom alone some act counts, which then has rows of its own.
    """

    term = models.TextField()
    headline = models.BooleanField()
    party = models.TextField(blank=True, default="")
    legal = models.TextField()
    application = models.TextField()
    operational = models.TextField()
    obligation = Json(null=True)
    sentence = models.TextField(blank=True, default="")
    rate = Rate()
    rate_min = Rate()
    rate_max = Rate()
    statutory_rate = Rate()
    suspended_points = Rate()
    applies_by = models.TextField(blank=True, default="")
    in_transit = models.TextField(blank=True, default="")
    legal_causes = position_array()
    rate_causes = position_array()
    unknown = models.TextField(blank=True, default="")

    class Meta(MeasureBox.Meta):
        # The index of all boxes by stream is kept for the open ones, which the projection asks for, alone: the planner
        # would rather read every box of a stream through it than find those of a point. By their first day the
        # headlines stand in order, so that the one of a day is the first that is met; other terms are few.
        indexes = [
            models.Index(fields=["generation", "stream", "digest"], condition=OPEN, name="segment_stream"),
            models.Index(fields=["generation", "stream", *FIRST_DAY, *KNOWN, *RECORDED], name="segment_clocks"),
            models.Index(
                fields=["generation", "stream", *FIRST_DAY, *KNOWN, *RECORDED],
                condition=models.Q(headline=False),
                name="segment_others",
            ),
            *[index for index in MeasureBox.Meta.indexes if not index.name.endswith("_stream")],
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.term} from {self.valid_from}"

    @property
    def answer(self) -> tuple[object, ...]:
        """What it says, without the days and the reasons."""
        return (self.legal, self.application, self.operational, self.sentence, self.rate)

    @property
    def set_by(self) -> list[int]:
        return sorted({*self.legal_causes, *self.rate_causes})


class Scope(MeasureBox):
    """What a measure (`term` empty) or one of its terms covers on a run of days: as stated, and changed since.

    `codes` are the product codes that this comes to, each with all below it save the `excluded` ones.
    """

    term = models.TextField(blank=True, default="")
    coverage = Json(null=True)
    added = Json(default=list)
    removed = Json(default=list)
    everything = models.BooleanField(default=False)
    codes = text_array()
    excluded = text_array()
    unknown = models.TextField(blank=True, default="")
    set_by = position_array()

    class Meta(MeasureBox.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.slug} {self.term} from {self.valid_from}"


class NegotiationBox(Box):
    """A row of a negotiation; `set_by` holds the positions of its entries."""

    projection = "negotiations"
    slug = models.TextField()
    set_by = position_array()

    class Meta(Box.Meta):
        abstract = True


class Negotiation(NegotiationBox):
    title = models.TextField()
    parties = text_array()
    dispute = models.TextField(blank=True, default="")
    first_known = models.DateField()

    class Meta(NegotiationBox.Meta):
        pass

    def __str__(self) -> str:
        return self.title


class InRound(NegotiationBox):
    """Something that happened in a negotiation, on `occurred_on` (which may be coarse)."""

    round = models.TextField(blank=True, default="")
    kind = models.TextField()
    occurred_on = models.TextField()
    summary = models.TextField(blank=True, default="")
    measures = text_array()
    figures = Json(default=list)
    people = Json(default=list)

    class Meta(NegotiationBox.Meta):
        abstract = True


class Meeting(InRound):
    """A round scheduled, opened, concluded or postponed; a session or call held."""

    parties = text_array()
    venue = models.TextField(blank=True, default="")
    city = models.TextField(blank=True, default="")
    format = models.TextField(blank=True, default="")
    level = models.TextField(blank=True, default="")
    starts_on = models.TextField(blank=True, default="")
    ends_on = models.TextField(blank=True, default="")
    minutes = models.IntegerField(null=True)

    class Meta(InRound.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.kind} {self.round} {self.occurred_on}"


class Delegation(InRound):
    party = models.TextField()
    head = models.TextField()
    members = Json(default=list)

    class Meta(InRound.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.party} in {self.round}"


class Position(InRound):
    """A demand, an offer, a concession, a statement, an accusation, a note."""

    by = models.TextField()
    to = text_array()
    speaker = models.TextField(blank=True, default="")
    topic = models.TextField(blank=True, default="")
    text = models.TextField()
    items = text_array()
    """The goods or matters it is about."""
    quote = models.TextField(blank=True, default="")

    class Meta(InRound.Meta):
        pass

    def __str__(self) -> str:
        return self.text[:80]


class Agreement(InRound):
    parties = text_array()
    text = models.TextField()
    wordings = Json(default=list)
    instrument = Json(null=True)
    effective_from = models.TextField(blank=True, default="")
    effective_until = models.TextField(blank=True, default="")
    binding = models.BooleanField(null=True)

    class Meta(InRound.Meta):
        pass

    def __str__(self) -> str:
        return self.text[:80]


class Commitment(NegotiationBox):
    """A commitment and its fate on a run of days; overdue is derived from `due` when asked."""

    commitment = models.TextField()
    round = models.TextField(blank=True, default="")
    by = text_array()
    to = text_array()
    what = models.TextField()
    wordings = Json(default=list)
    made_on = models.TextField()
    due = models.TextField(blank=True, default="")
    due_condition = models.TextField(blank=True, default="")
    target = models.TextField(blank=True, default="")
    stated_by = text_array()
    status = models.TextField()
    fulfilled_by = text_array()
    days_taken = models.IntegerField(null=True)
    measures = text_array()
    figures = Json(default=list)

    class Meta(NegotiationBox.Meta):
        pass

    def __str__(self) -> str:
        return self.what[:80]


class IndicatorBox(Box):
    projection = "indicators"
    slug = models.TextField()
    set_by = position_array()

    class Meta(Box.Meta):
        abstract = True


class Indicator(IndicatorBox):
    title = models.TextField()
    kind = models.TextField()
    area = text_array()
    items = text_array()
    dispute = models.TextField(blank=True, default="")
    measures = text_array()
    first_known = models.DateField()

    class Meta(IndicatorBox.Meta):
        pass

    def __str__(self) -> str:
        return self.title


class Observation(IndicatorBox):
    """A dated observation; it counts on the valid clock from the earliest end of its period."""

    period_from = models.TextField(blank=True, default="")
    period_until = models.TextField()
    values = Json()
    summary = models.TextField(blank=True, default="")
    round = models.TextField(blank=True, default="")

    class Meta(IndicatorBox.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.slug} {self.period_until}"


class CaseBox(Box):
    projection = "cases"
    slug = models.TextField()
    set_by = position_array()

    class Meta(Box.Meta):
        abstract = True


class Case(CaseBox):
    title = models.TextField()
    forum = models.TextField(blank=True, default="")
    number = models.TextField(blank=True, default="")
    authority = models.TextField(blank=True, default="")
    parties = text_array()
    measures = text_array()
    dispute = models.TextField(blank=True, default="")
    first_known = models.DateField()

    class Meta(CaseBox.Meta):
        pass

    def __str__(self) -> str:
        return self.title


class Proceeding(CaseBox):
    """A filing, ruling, stay, appeal, refund order or note in a case."""

    kind = models.TextField()
    occurred_on = models.TextField()
    forum = models.TextField(blank=True, default="")
    number = models.TextField(blank=True, default="")
    outcome = models.TextField(blank=True, default="")
    text = models.TextField(blank=True, default="")
    measures = text_array()

    class Meta(CaseBox.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_on}"


class Group(Box):
    """A group of countries; its members stand in Membership."""

    projection = "groups"
    slug = models.TextField()
    title = models.TextField()
    set_by = position_array()

    class Meta(Box.Meta):
        pass

    def __str__(self) -> str:
        return self.title


class Membership(Box):
    """A country's days as a member of a group."""

    projection = "groups"
    slug = models.TextField()
    member = models.TextField()
    set_by = position_array()

    class Meta(Box.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.member} in {self.slug}"


class Dispute(Box):
    projection = "disputes"
    slug = models.TextField()
    title = models.TextField()
    parties = text_array()
    about = models.TextField(blank=True, default="")
    first_known = models.DateField()
    set_by = position_array()

    class Meta(Box.Meta):
        pass

    def __str__(self) -> str:
        return self.title
