"""Histories of kinds that the others leave out: relief for some, quotas in stages, seasons, licences, silence.

Told after the pattern of real ones; volumes and rates are rounded.
"""

from __future__ import annotations

from measures.events import measures as vocabulary
from measures.events.common import Coverage
from measures.obligations import parse
from tests.measures.given import (
    Story,
    Told,
    adopted,
    became_unknown,
    collection_resumed,
    collection_stopped,
    exclusion_ended,
    exclusion_extended,
    exclusion_granted,
    extended,
    given,
    on,
    postponed,
    rate_changed,
    shortened,
    suspended,
    suspension_extended,
    terminated,
    threatened,
    value_published,
)
from tests.measures.questions import APPLIED, NOT_APPLIED, SUSPENDED, Question, ask

UNKNOWN, NOT_COLLECTED = "unknown", "not_collected"

# A safeguard on steel: a tariff rate quota for 200 days, then for three years with volumes that rise every July; the
# rise cut down in between, the whole prolonged twice.
STEEL_QUOTA = given(
    on("2018-07-18", adopted("quota 15000000 t/year: 0% in, 25% out", "2018-07-19", "2019-02-04")),
    on(
        "2019-02-01",
        adopted("quota 30000000 t/year: 0% in, 25% out", "2019-02-02", "2021-07-01"),
        rate_changed("quota 31500000 t/year: 0% in, 25% out", "2019-07-01"),
        rate_changed("quota 33000000 t/year: 0% in, 25% out", "2020-07-01"),
    ),
    on(
        "2019-09-26",
        rate_changed("quota 30900000 t/year: 0% in, 25% out", "2019-10-01"),
        rate_changed("quota 31800000 t/year: 0% in, 25% out", "2020-07-01"),
    ),
    on("2021-06-24", extended(2, "2024-07-01")),
    on("2024-06-24", extended(2, "2026-07-01")),
    stream="measure/steel-safeguard",
)
STEEL_QUOTA_ASKED = [
    ask("2018-07-18", "adopted", NOT_APPLIED, 0),
    ask("2018-07-19", "in_force", APPLIED, None, known="2018-07-18"),
    ask("2019-02-04", "expired", NOT_APPLIED, 0, known="2019-01-31"),
    ask("2019-02-04", "in_force", APPLIED, None),
    ask("2021-07-01", "expired", NOT_APPLIED, 0, known="2021-06-23"),
    ask("2021-07-01", "in_force", APPLIED, None),
    ask("2024-07-01", "expired", NOT_APPLIED, 0, known="2024-06-23"),
    ask("2026-06-30", "in_force", APPLIED, None),
    ask("2026-07-01", "expired", NOT_APPLIED, 0),
]

# Countervailing duties on electric cars: provisional rates secured and later released, from their first day;
# definitive ones by company, with a minimum price for one firm that gave an undertaking.
CARS = given(
    on("2023-10-04", Told(vocabulary.InvestigationOpened, {"subject": "Battery electric cars"})),
    on(
        "2024-07-04",
        adopted("37.6%", "2024-07-05", "2024-11-05", applies_by="entry"),
        adopted("17.4%", "2024-07-05", "2024-11-05", term="one", coverage=Coverage(companies=("First Maker",))),
    ),
    on(
        "2024-10-29",
        adopted("35.3%", "2024-10-30", "2029-10-30", applies_by="entry"),
        adopted("17%", "2024-10-30", "2029-10-30", term="one"),
        adopted("7.8%", "2024-10-30", "2029-10-30", term="other", coverage=Coverage(companies=("Other Maker",))),
        collection_stopped("2024-07-05"),
        collection_resumed("2024-10-30"),
    ),
    on(
        "2026-02-10",
        exclusion_granted(
            "undertaking",
            "2026-02-11",
            obligation=parse("minimum price 30000 EUR/vehicle"),
            coverage=Coverage(companies=("Third Maker",)),
        ),
    ),
    stream="measure/cars-countervailing",
)
CARS_ASKED = [
    ask("2024-06-01", "under_investigation", NOT_APPLIED, None, known="2024-06-01"),
    ask("2024-08-01", "in_force", APPLIED, 37.6, known="2024-08-01"),
    ask("2024-08-01", "in_force", APPLIED, 17.4, known="2024-10-28", term="one"),
    ask("2024-08-01", "in_force", NOT_COLLECTED, 0),
    ask("2024-10-29", "in_force", NOT_COLLECTED, 0, term="one"),
    ask("2024-10-30", "in_force", APPLIED, 35.3),
    ask("2024-10-30", "in_force", APPLIED, 17, term="one"),
    ask("2024-10-29", "adopted", NOT_APPLIED, 0, term="other"),
    ask("2024-11-05", "expired", NOT_APPLIED, 0, known="2024-10-28"),
    ask("2026-02-11", "in_force", APPLIED, None, term="exclusion-undertaking"),
    ask("2029-10-30", "expired", NOT_APPLIED, 0),
]

# A levy on carbon at the border: two years of reporting only, then certificates whose price is published for each
# quarter after it is over; before it is, the price is not known.
CARBON = given(
    on(
        "2023-05-16",
        adopted("reporting: embedded emissions each quarter", "2023-10-01", "2026-01-01"),
        adopted("formula (base emissions): the average price of allowances", "2026-01-01"),
    ),
    on("2025-10-20", Told(vocabulary.ScopeChanged, {"effective_from": "2026-01-01", "removed": Coverage(text="50 t")})),
    on("2026-04-07", value_published("75.36 EUR/t CO2", "2026-Q1", "2026-04-01")),
    stream="measure/carbon-levy",
)
CARBON_ASKED = [
    ask("2023-05-15", "not_announced", NOT_APPLIED, None),
    ask("2023-09-30", "adopted", NOT_APPLIED, None),
    ask("2023-10-01", "in_force", APPLIED, None),
    ask("2025-12-31", "in_force", APPLIED, None, known="2023-05-16"),
    ask("2026-01-01", "in_force", APPLIED, None, known="2023-05-16"),
    ask("2026-04-01", "in_force", APPLIED, None),
    ask("2026-03-31", "in_force", APPLIED, None, known="2026-04-06"),
]

# Coal, January 2022: no exports for a month; the ban lifted firm by firm for those that had supplied the home market,
# and kept after the month for one that had not.
COAL = given(
    on("2022-01-01", adopted("ban", "2022-01-01", "2022-02-01")),
    on("2022-01-12", suspended("2022-01-12", parties=("First Mine", "Second Mine"))),
    on("2022-01-20", suspended("2022-01-20", parties=("Third Mine",))),
    on(
        "2022-01-31",
        adopted("ban", "2022-02-01", term="in-arrears", coverage=Coverage(companies=("Fourth Mine",))),
    ),
    on("2022-03-01", terminated("2022-03-01", term="in-arrears")),
    stream="measure/coal-ban",
)
COAL_ASKED = [
    ask("2022-01-12", "in_force", APPLIED, None),
    ask("2022-01-12", "in_force", SUSPENDED, None, party="First Mine"),
    ask("2022-01-11", "in_force", APPLIED, None, party="First Mine"),
    ask("2022-01-19", "in_force", APPLIED, None, party="Third Mine"),
    ask("2022-01-25", "not_announced", NOT_APPLIED, None, known="2022-01-19", party="Third Mine"),
    ask("2022-01-25", "in_force", SUSPENDED, None, party="Third Mine"),
    ask("2022-02-01", "expired", NOT_APPLIED, None),
    ask("2022-02-01", "in_force", APPLIED, None, term="in-arrears"),
    ask("2022-03-01", "terminated", NOT_APPLIED, None, term="in-arrears"),
]

# Fertiliser export quotas, two kinds in one act, half-year by half-year with a free month between; one of them used up.
FERTILISER = given(
    on(
        "2021-11-03",
        adopted("quota 5900000 t", "2021-12-01", "2022-06-01", term="nitrogen"),
        adopted("quota 5350000 t", "2021-12-01", "2022-06-01", term="complex"),
    ),
    on("2022-03-31", rate_changed("quota 6100000 t", "2022-04-01", "2022-06-01", term="nitrogen")),
    on("2022-05-20", Told(vocabulary.QuotaReported, {"state": "exhausted", "term": "nitrogen"})),
    on(
        "2022-05-31",
        adopted("quota 8300000 t", "2022-07-01", "2023-01-01", term="nitrogen"),
        adopted("quota 5950000 t", "2022-07-01", "2023-01-01", term="complex"),
    ),
    on("2022-11-30", extended(5, "2023-06-01"), shortened(6, "2022-12-15")),
    stream="measure/fertiliser-quota",
)
FERTILISER_ASKED = [
    ask("2021-11-30", "adopted", NOT_APPLIED, None),
    ask("2022-04-01", "in_force", APPLIED, None),
    ask("2022-06-15", "expired", NOT_APPLIED, None, known="2022-05-30"),
    ask("2022-06-15", "adopted", NOT_APPLIED, None),
    ask("2022-07-01", "in_force", APPLIED, None, term="complex"),
    ask("2022-12-15", "in_force", APPLIED, None, known="2022-11-29", term="complex"),
    ask("2022-12-15", "expired", NOT_APPLIED, None, term="complex"),
    ask("2023-05-31", "in_force", APPLIED, None),
    ask("2023-06-01", "expired", NOT_APPLIED, None),
]

# Retaliation kept by a state that left a bloc: spirits taxed for a year and a half and then let off until further
# notice; a second list that was suspended before it began, then for a stated time, and returns unless prolonged.
LEAVER = given(
    on("2020-12-08", adopted("25%", "2021-01-01", term="spirits"), adopted("15%", "2021-01-01", term="aircraft")),
    on("2020-12-08", suspended("2021-01-01", term="aircraft")),
    on("2021-06-17", suspension_extended(until="2026-06-17", term="aircraft")),
    on("2022-03-22", suspended("2022-06-01", term="spirits")),
    on("2025-03-12", threatened("25%", by="GB", term="spirits")),
    stream="measure/gb-rebalancing",
)
LEAVER_ASKED = [
    ask("2020-12-31", "adopted", NOT_APPLIED, 0),
    ask("2021-01-01", "in_force", APPLIED, 25),
    ask("2021-01-01", "in_force", SUSPENDED, 0, term="aircraft"),
    ask("2022-06-01", "in_force", APPLIED, 25, known="2022-03-21"),
    ask("2022-06-01", "in_force", SUSPENDED, 0),
    ask("2025-04-01", "in_force", SUSPENDED, 0),
    ask("2026-06-17", "in_force", SUSPENDED, 0, known="2021-06-16", term="aircraft"),
    ask("2026-06-17", "in_force", APPLIED, 15, term="aircraft"),
]

# A sanctions listing: a general licence to wind down, prolonged again and again; two of three taken off the list.
LISTING = given(
    on("2018-04-06", adopted("listing", "2018-04-06")),
    on("2018-04-23", exclusion_granted("winding-down", "2018-04-23", "2018-06-05")),
    on("2018-05-01", exclusion_extended("winding-down", "2018-10-23")),
    on("2018-10-12", exclusion_extended("winding-down", "2019-01-28")),
    on("2019-01-27", terminated("2019-01-27", parties=("Smelter", "Holding"))),
    stream="measure/sanctions-listing",
)
LISTING_ASKED = [
    ask("2018-04-06", "in_force", APPLIED, None),
    ask("2018-06-05", "expired", NOT_APPLIED, 0, known="2018-04-30", term="exclusion-winding-down"),
    ask("2018-06-05", "in_force", APPLIED, 0, term="exclusion-winding-down"),
    ask("2018-10-23", "expired", NOT_APPLIED, 0, known="2018-10-11", term="exclusion-winding-down"),
    ask("2019-01-28", "expired", NOT_APPLIED, 0, term="exclusion-winding-down"),
    ask("2019-01-26", "in_force", APPLIED, None, party="Smelter"),
    ask("2019-01-27", "terminated", NOT_APPLIED, None, party="Smelter"),
    ask("2019-01-27", "in_force", APPLIED, None),
]

# A duty by the season: two winters in one act; the second put off for a late harvest and ended early.
SEASONS = given(
    on("2023-09-01", adopted("17.5%", "2023-11-01", "2024-03-01"), adopted("17.5%", "2024-11-01", "2025-03-01")),
    on("2024-10-15", postponed(2, "2024-11-15")),
    on("2025-02-01", shortened(2, "2025-02-15")),
    stream="measure/seasonal-duty",
)
SEASONS_ASKED = [
    ask("2023-10-31", "adopted", NOT_APPLIED, 0),
    ask("2024-02-29", "in_force", APPLIED, 17.5),
    ask("2024-06-01", "adopted", NOT_APPLIED, 0),
    ask("2024-11-01", "in_force", APPLIED, 17.5, known="2024-10-14"),
    ask("2024-11-01", "adopted", NOT_APPLIED, 0),
    ask("2024-11-15", "in_force", APPLIED, 17.5),
    ask("2025-02-15", "in_force", APPLIED, 17.5, known="2025-01-31"),
    ask("2025-02-15", "expired", NOT_APPLIED, 0),
]

# Steel, 2018: neighbours let off without an end and taxed after all, allies let off for weeks and weeks more, one of
# them for good within a quota.
ALLIES = given(
    on(
        "2018-03-08",
        adopted("25%", "2018-03-23"),
        exclusion_granted("neighbours", "2018-03-23", coverage=Coverage(origins=("CA", "MX"))),
    ),
    on("2018-03-22", exclusion_granted("allies", "2018-03-23", "2018-05-01", coverage=Coverage(origins=("EU", "KR")))),
    on(
        "2018-04-30",
        exclusion_extended("allies", "2018-06-01"),
        exclusion_granted("within-quota", "2018-05-01", obligation=parse("quota 2631000 t/year")),
    ),
    on("2018-05-31", exclusion_ended("neighbours", "2018-06-01")),
    stream="measure/steel-for-allies",
)
ALLIES_ASKED = [
    ask("2018-03-23", "in_force", APPLIED, 25),
    ask("2018-03-23", "in_force", APPLIED, 0, term="exclusion-neighbours"),
    ask("2018-05-01", "expired", NOT_APPLIED, 0, known="2018-04-29", term="exclusion-allies"),
    ask("2018-05-31", "in_force", APPLIED, 0, term="exclusion-allies"),
    ask("2018-06-01", "in_force", APPLIED, 0, known="2018-05-30", term="exclusion-neighbours"),
    ask("2018-06-01", "terminated", NOT_APPLIED, 0, term="exclusion-neighbours"),
    ask("2018-06-01", "in_force", APPLIED, None, term="exclusion-within-quota"),
]

# A ban on petrol exports: paused for weeks and weeks more, prolonged, lifted for refiners alone; what was decided for
# the time after is not published.
PETROL = given(
    on("2024-02-27", adopted("ban", "2024-03-01", "2024-09-01")),
    on("2024-05-20", suspended("2024-05-20", "2024-07-01")),
    on("2024-06-27", suspension_extended(until="2024-08-01")),
    on("2024-08-14", extended(1, "2025-01-01")),
    on("2024-11-28", suspended("2024-12-01", parties=("A Refiner",)), extended(1, "2025-03-01")),
    on("2025-03-01", became_unknown("2025-03-01", "what was decided for March 2025 is not published")),
    stream="measure/petrol-ban",
)
PETROL_ASKED = [
    ask("2024-05-20", "in_force", SUSPENDED, None),
    ask("2024-07-01", "in_force", APPLIED, None, known="2024-06-26"),
    ask("2024-07-01", "in_force", SUSPENDED, None),
    ask("2024-08-01", "in_force", APPLIED, None),
    ask("2024-09-01", "expired", NOT_APPLIED, None, known="2024-08-13"),
    ask("2024-12-01", "in_force", SUSPENDED, None, party="A Refiner"),
    ask("2024-12-01", "in_force", APPLIED, None),
    ask("2025-03-01", "expired", NOT_APPLIED, None, known="2025-02-28"),
    ask("2025-03-01", UNKNOWN, UNKNOWN, None),
    ask("2025-03-01", UNKNOWN, UNKNOWN, None, party="A Refiner"),
]

NEWER_HISTORIES: dict[str, tuple[Story, list[Question]]] = {
    "a quota in stages under a safeguard": (STEEL_QUOTA, STEEL_QUOTA_ASKED),
    "provisional duties released and an undertaking": (CARS, CARS_ASKED),
    "reporting first, then a price published by the quarter": (CARBON, CARBON_ASKED),
    "a ban lifted firm by firm": (COAL, COAL_ASKED),
    "export quotas by the half-year": (FERTILISER, FERTILISER_ASKED),
    "retaliation kept on leaving a bloc": (LEAVER, LEAVER_ASKED),
    "a listing with a general licence": (LISTING, LISTING_ASKED),
    "a duty by the season": (SEASONS, SEASONS_ASKED),
    "allies let off for a time": (ALLIES, ALLIES_ASKED),
    "a ban after which sources fall silent": (PETROL, PETROL_ASKED),
}
"""Recorded through the commands; the forms of the admin record the two that need what the other histories do not."""
