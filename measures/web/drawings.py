"""The drawings of the pages: which lanes and marks stand on which line of time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from measures.models import Observation, Proceeding, Segment
from measures.queries import MeasureState
from measures.web import state, words
from measures.web.axis import Axis, split, window
from measures.web.lines import Drawing, Event, Stretch
from measures.web.talks import Round
from measures.wording import LEGAL, percent
from tracker.clocks import DAWN, FAR
from tracker.sentences import day_in_words

SPANS: dict[str, tuple[int, ...]] = {"2": (420, 310), "5": (1400, 426), "all": ()}
"""Days before and after the day asked, by the number of years shown."""


@dataclass(frozen=True)
class Format:
    """How wide a drawing is, and whether names stand beside the lanes or above them."""

    name: str
    width: float
    gutter: float
    share: float
    """How much of the asked days it shows: a phone shows fewer."""


WIDE_ONE = Format("wide", 1120, 100, 1)
WIDE = Format("wide", 1120, 236, 1)
NARROW = Format("narrow", 372, 0, 0.42)
LEAST_OF_A_SERIES = 3
OF_DISPUTE = (WIDE, NARROW)
OF_MEASURE = (WIDE_ONE, NARROW)


@dataclass(frozen=True)
class Track:
    """A measure to be drawn: its state on the day, and its headline segments over all days."""

    state: MeasureState
    segments: Sequence[Segment]


def _drawing(size: Format, first: date, last: date, day: date) -> Drawing:
    axis = Axis(first, last, size.gutter, size.width - 8)
    return Drawing(size.name, axis, size.width, day, day_in_words(day.isoformat()))


def dispute(
    size: Format,
    day: date,
    years: str,
    tracks: Mapping[str, Sequence[Track]],
    talks: Iterable[Round],
    courts: Iterable[Proceeding],
) -> Drawing:
    """The line of time of a dispute: duties of each side, talks, courts."""
    talks, courts = list(talks), list(courts)
    drawing = _drawing(size, *_days(size, day, years, tracks, talks), day)
    full = max((row.rate or Decimal(0) for group in tracks.values() for t in group for row in t.segments), default=None)
    for index, (party, group) in enumerate(tracks.items()):
        if group:
            drawing.band(f"{words.party(party)}: additional duties", f"side-{index + 1}")
        for track in group:
            _duty(drawing, size, track, full or Decimal(1), f"side-{index + 1}")
    drawing.happenings("Talks", [_talk(item) for item in talks if item.held])
    drawing.happenings("Courts", [_ruling(row) for row in courts if row.kind != "noted"])
    return drawing


def days_around(day: date, years: str, share: float = 1) -> tuple[date, date]:
    """The days shown around a day; all days where everything is shown."""
    if years == "all":
        return DAWN, FAR
    before, after = SPANS[years]
    return window(day, int(before * share), int(after * share))


def _days(
    size: Format, day: date, years: str, tracks: Mapping[str, Sequence[Track]], talks: Sequence[Round]
) -> tuple[date, date]:
    if years != "all":
        return days_around(day, years, size.share)
    days = [row.valid_from for group in tracks.values() for track in group for row in track.segments]
    days += [item.first for item in talks if item.held] + [day]
    return window(min(days), 60, 0)[0], window(max(days), 0, 200)[1]


def _duty(drawing: Drawing, size: Format, track: Track, full: Decimal, css: str) -> None:
    segment = track.state.headline
    drawing.lane(
        track.state.measure.title,
        _rates(track.segments, projected_from(track.state)),
        full=full,
        tall=40,
        href=track.state.measure.slug,
        css=css,
        name_above=not size.gutter,
        now=percent(segment.rate) if segment and segment.rate is not None else "–",
    )


def projected_from(state: MeasureState) -> date:
    """The first day that only follows from the texts: past the last source, and past the known day if one is asked."""
    point, confirmed_until = state.point, state.measure.confirmed_until
    if point.known_at >= point.recorded_at.date():
        return confirmed_until
    return max(confirmed_until, point.known_at + timedelta(days=1))


def _rates(segments: Iterable[Segment], projected: date) -> list[Stretch]:
    """The rates as stretches; those of equal rate and application run together, the unconfirmed apart."""
    stretches: list[Stretch] = []
    for row in segments:
        for first, until, confirmed in split(row.valid_from, row.valid_until, projected):
            css = " ".join(filter(None, [row.application, "" if confirmed else "projected", _nothing(row)]))
            last = stretches[-1] if stretches else None
            if last and last.until == first and (last.rate, last.statutory, last.css) == (row.rate, _above(row), css):
                stretches[-1] = _stretch(row, last.first, until, css)
            else:
                stretches.append(_stretch(row, first, until, css))
    return stretches


def _nothing(row: Segment) -> str:
    rate: Decimal | None = row.rate
    if rate is None:
        return "open" if row.unknown else "unstated"
    return "" if rate else "nothing"


def _above(row: Segment) -> Decimal | None:
    """The statutory rate where part or all of it is suspended."""
    stands = row.statutory_rate
    return stands if stands is not None and row.rate is not None and stands > row.rate else None


def _stretch(row: Segment, first: date, until: date, css: str) -> Stretch:
    label = percent(row.rate) if row.rate else "?" if row.unknown and row.rate is None else ""
    title = f"{state.figure(row) or LEGAL[row.legal]}, {words.status(row.application).lower()}, {_period(first, until)}"
    return Stretch(first, until, label, title, _setter(row), css, row.rate, _above(row))


def _period(first: date, until: date) -> str:
    begin = "" if first <= DAWN else f"from {day_in_words(first.isoformat())}"
    end = "" if until >= FAR else f"until {day_in_words((until - timedelta(days=1)).isoformat())}"
    return f"{begin} {end}".strip()


def _setter(row: Segment) -> int | None:
    causes = row.rate_causes or row.legal_causes
    return max(causes) if causes else None


def _talk(item: Round) -> Event:
    css = "talk agreed" if item.agreements else "talk"
    what = "agreement reached" if item.agreements else "held"
    return Event(item.first, item.last, item.name, f"{item.title}: {what}", item.held[-1].set_by[0], css)


RULINGS = {
    "upheld": "upheld",
    "unlawful": "unlawful",
    "partly_unlawful": "partly unlawful",
    "remanded": "remanded",
    "dismissed": "dismissed",
}


def _ruling(row: Proceeding) -> Event:
    label = RULINGS.get(row.outcome) or words.plain(row.kind).lower()
    title = f"{words.plain(row.kind)}, {day_in_words(row.occurred_on)}: {row.text or label}"
    return Event(row.valid_from, row.valid_from, words.plain(label), title, row.set_by[0], "court")


def series(size: Format, day: date, observations: Sequence[Observation]) -> tuple[str, Drawing] | None:
    """The figure that most observations of an indicator have, over time; None where fewer than three have one."""
    found = [(row, figure) for row in observations for figure in row.values if figure.get("value")]
    name, count = next(iter(Counter(figure["name"] for _, figure in found).most_common(1)), ("", 0))
    if count < LEAST_OF_A_SERIES:
        return None
    shown = [(row, figure) for row, figure in found if figure["name"] == name]
    first, last = min(row.valid_from for row, _ in shown), max([day, *(row.valid_from for row, _ in shown)])
    margin = max((last - first).days // 20, 10)
    drawing = _drawing(size, window(first, margin, 0)[0], window(last, 0, margin)[1], day)
    drawing.columns([(row.valid_from, Decimal(it["value"]), words.value(it), row.set_by[0]) for row, it in shown])
    return ", in ".join(filter(None, [words.figure_label({"name": name}), words.unit(name)[1]])), drawing


def measure(size: Format, day: date, states: MeasureState, segments: Sequence[Segment]) -> Drawing | None:
    """The line of time of one measure: status in law and rate or application, for each term."""
    if not segments:
        return None
    ends = [end for row in segments for end in (row.valid_from, row.valid_until) if end < FAR]
    first, last = min([*ends, day]), max([*ends, day])
    margin = max((last - first).days // 12, 40)
    drawing = _drawing(size, window(first, margin, 0)[0], window(last, 0, margin)[1], day)
    full = max((bound for row in segments for bound in (row.rate, row.statutory_rate) if bound), default=None)
    terms = {row.term: [item for item in segments if item.term == row.term] for row in segments}
    for term, rows in terms.items():
        if len(terms) > 1:
            drawing.band(words.plain(term))
        _term(drawing, size, rows, projected_from(states), full)
    return drawing


def _term(drawing: Drawing, size: Format, rows: Sequence[Segment], projected: date, full: Decimal | None) -> None:
    drawing.lane("In law", _statuses(rows), tall=24, name_above=not size.gutter)
    if full:
        drawing.lane("Rate", _rates(rows, projected), full=full, tall=64, css="rates", name_above=not size.gutter)
    else:
        drawing.lane("Application", _applications(rows), tall=24, name_above=not size.gutter)


def _statuses(rows: Iterable[Segment]) -> list[Stretch]:
    return _merged([(row, row.legal, LEGAL[row.legal], row.legal_causes) for row in rows])


def _applications(rows: Iterable[Segment]) -> list[Stretch]:
    return _merged([(row, row.application, words.status(row.application), row.rate_causes) for row in rows])


def _merged(rows: Iterable[tuple[Segment, str, str, Sequence[int]]]) -> list[Stretch]:
    """Neighbouring segments of one status as one stretch."""
    stretches: list[Stretch] = []
    for row, code, label, causes in rows:
        first = row.valid_from
        if stretches and stretches[-1].css == code and stretches[-1].until == first:
            first = stretches.pop().first
        title = f"{label}, {_period(first, row.valid_until)}"
        stretches.append(Stretch(first, row.valid_until, label, title, max(causes, default=None), code))
    return stretches
