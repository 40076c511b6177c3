"""Words for codes and figures."""

from __future__ import annotations

from typing import get_args, get_type_hints

import pytest

from measures.events.indicators import Described as DescribedIndicator
from measures.events.measures import Kind
from measures.web import words
from measures.wording import LEGAL


def test_every_kind_of_measure_and_of_indicator_has_a_word():
    assert set(words.KINDS) == set(get_args(Kind))
    assert set(words.INDICATORS) == set(get_args(get_type_hints(DescribedIndicator)["kind"]))


def test_every_status_of_both_lanes_has_its_meaning_on_the_about_page():
    assert set(words.MEANINGS) == set(LEGAL) | set(words.APPLICATIONS)


def test_countries_have_names_and_firms_are_called_as_they_are():
    assert words.party("CN") == "China"
    assert words.party("Nvidia") == "Nvidia"
    assert words.parties(["US", "CN"]) == "United States and China"
    assert words.parties(["US", "CN", "EU"]) == "United States, China and European Union"
    assert words.parties([]) == ""
    assert words.the("US") == "The United States"
    assert words.the("CN") == "China"


@pytest.mark.parametrize(
    ("count", "said"),
    [(45, "45 minutes"), (90, "90 minutes"), (60, "1 hour"), (360, "6 hours"), (330, "5 hours 30 minutes")],
)
def test_lengths_of_time_are_said_as_people_say_them(count: int, said: str):
    assert words.minutes(count) == said


@pytest.mark.parametrize(
    ("name", "value", "said", "label"),
    [
        ("share_pct", "70", "70%", "Share"),
        ("tonnes", "5864.6", "5,864.6 t", ""),
        ("yoy_pct", "-5.7", "−5.7%", "On the year"),
        ("mom_pct", "23", "+23%", "On the month"),
        ("pct", "1.63", "+1.63%", ""),
        ("pct", "0", "0%", ""),
        ("usd_per_kg", "2850", "2,850 USD/kg", ""),
        ("us_production_t_reo", "45000", "45,000 t REO", "US production"),
        ("year", "2023", "2023", "Year"),
        ("base_year", "2017", "2017", "Base year"),
        ("units_per_year", "2023", "2,023", "Units per year"),
        ("applications", "141", "141", "Applications"),
        ("dy2o3_low", "700", "700", "Dysprosium oxide low"),
    ],
)
def test_a_figure_has_its_value_with_its_unit_and_a_change_its_sign(name: str, value: str, said: str, label: str):
    figure = {"name": name, "value": value}
    assert words.value(figure) == said
    assert words.figure_label(figure) == label


def test_a_figure_in_words_stays_in_words():
    assert words.value({"name": "stage", "text": "magnet production"}) == "magnet production"
