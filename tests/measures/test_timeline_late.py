"""What comes late does not wipe what begins later: the trap of systems in which the last write wins from a day on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.measures.given import adopted, on, rate_changed
from tests.measures.given import given as told
from tests.measures.random_histories import DAYS, KNOWN

rates = st.sampled_from(["20%", "30%", "40%", "free"])
steps = st.tuples(st.sampled_from(DAYS[1:]), st.sampled_from(KNOWN), rates)


@settings(max_examples=100)
@given(st.lists(steps, min_size=1, max_size=5), st.data())
def test_a_late_open_ended_step_changes_no_day_from_a_later_step_on(announced, data):
    """An entry effective earlier never wipes one effective later that was announced no later than it."""
    day, known, _ = data.draw(st.sampled_from(announced))
    earlier = data.draw(st.sampled_from(DAYS[: DAYS.index(day)]))
    when = data.draw(st.sampled_from(KNOWN[KNOWN.index(known) :]))
    before = [
        on(KNOWN[0], adopted("10%", DAYS[0])),
        *(on(at, rate_changed(rate, start)) for start, at, rate in announced),
    ]
    late = on(when, rate_changed("99%", earlier))
    without, with_it = told(*before), told(*before, late)
    for valid in DAYS[DAYS.index(day) :]:
        for asked in KNOWN[KNOWN.index(when) :]:
            assert with_it.rate(valid, known=asked) == without.rate(valid, known=asked)
