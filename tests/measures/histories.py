"""Ten histories from elsewhere: other regions, other kinds of measure, told from their official acts.

Each is a story and the questions that a trade lawyer would ask of it: in force on, as known on, of which term → legal
status, application, additional rate in percent (None where none can be given).
"""

from __future__ import annotations

from tests.measures.given import (
    Story,
    adopted,
    announced,
    condition_met,
    entry_id,
    exclusion_granted,
    extended,
    given,
    on,
    operation_reported,
    postponed,
    rate_changed,
    replaced,
    revoked,
    suspended,
    suspension_extended,
    terminated,
    voided,
)
from tests.measures.more_histories import MORE_HISTORIES
from tests.measures.questions import APPLIED, NOT_APPLIED, SUSPENDED, Question, ask

# Anti-dumping and countervailing duties of the EU on electric bicycles from China: provisional rates by Regulation (EU)
# 2018/1012, definitive ones by 2019/73 (five years), kept through an expiry review, prolonged in January 2025.
E_BIKES = given(
    on(
        "2018-07-18",
        adopted("83.6%", "2018-07-19", "2019-01-19"),
        adopted("27.5%", "2018-07-19", "2019-01-19", term="giant"),
    ),
    on(
        "2019-01-18",
        adopted("79.3%", "2019-01-19", "2024-01-19"),
        adopted("24.8%", "2019-01-19", "2024-01-19", term="giant"),
    ),
    on("2024-01-18", extended(3), extended(4)),
    on("2025-01-24", extended(3, "2030-01-25"), extended(4, "2030-01-25")),
    stream="measure/eu-ad-e-bikes",
)
E_BIKES_ASKED = [
    ask("2018-07-18", "adopted", NOT_APPLIED, 0),
    ask("2018-12-01", "in_force", APPLIED, "83.6"),
    ask("2018-12-01", "in_force", APPLIED, "27.5", term="giant"),
    ask("2019-01-19", "expired", NOT_APPLIED, 0, known="2018-12-31"),
    ask("2019-01-19", "in_force", APPLIED, "79.3"),
    ask("2024-06-01", "expired", NOT_APPLIED, 0, known="2023-12-31"),
    ask("2024-06-01", "in_force", APPLIED, "24.8", known="2024-06-01", term="giant"),
    ask("2030-01-25", "expired", NOT_APPLIED, 0),
    ask("2030-01-25", "in_force", APPLIED, "79.3", known="2024-12-31"),
]

# India and onions: an export ban with an end, made open-ended before it ended, exempted by volume for some
# destinations, lifted in favour of a minimum price; the duty beside it raised, lowered and withdrawn.
ONIONS_BAN = given(
    on("2023-12-07", adopted("ban", "2023-12-08", "2024-04-01")),
    on("2024-02-26", exclusion_granted("bangladesh", "2024-02-26")),
    on("2024-03-22", extended(1)),
    on("2024-05-04", replaced("2024-05-04", by="in-onions-minimum-price")),
    stream="measure/in-onions-ban",
)
ONIONS_BAN_ASKED = [
    ask("2023-12-07", "adopted", NOT_APPLIED, None),
    ask("2024-03-31", "in_force", APPLIED, None),
    ask("2024-04-01", "expired", NOT_APPLIED, None, known="2024-03-21"),
    ask("2024-04-01", "in_force", APPLIED, None, known="2024-03-22"),
    ask("2024-05-03", "in_force", APPLIED, None),
    ask("2024-05-04", "terminated", NOT_APPLIED, None),
    ask("2024-03-01", "in_force", APPLIED, 0, term="exclusion-bangladesh"),
]
ONIONS_DUTY = given(
    on("2023-08-19", adopted("40%", "2023-08-19", "2024-01-01")),
    on("2024-05-03", adopted("40%", "2024-05-04")),
    on("2024-09-13", rate_changed("20%", "2024-09-14")),
    on("2025-03-22", terminated("2025-04-01")),
    stream="measure/in-onions-export-duty",
)
ONIONS_DUTY_ASKED = [
    ask("2023-12-31", "in_force", APPLIED, 40),
    ask("2024-01-01", "expired", NOT_APPLIED, 0),
    ask("2024-05-03", "adopted", NOT_APPLIED, 0),
    ask("2024-05-04", "in_force", APPLIED, 40, known="2024-05-03"),
    ask("2024-05-04", "expired", NOT_APPLIED, 0, known="2024-05-02"),
    ask("2024-09-14", "in_force", APPLIED, 40, known="2024-09-12"),
    ask("2024-09-14", "in_force", APPLIED, 20),
    ask("2025-04-01", "terminated", NOT_APPLIED, 0),
]

# Indonesia's export ban on nickel ore: due in 2022, brought forward to 2020; found unlawful by a WTO panel that was
# appealed into the void, and applied all the same.
NICKEL = given(
    on("2017-01-12", announced("ban", "2022-01-12")),
    on("2019-08-30", adopted("ban", "2020-01-01")),
    on("2022-11-30", voided("2022-11-30", case="ds592")),
    on("2022-12-12", revoked(3, "2022-12-12")),
    stream="measure/id-nickel-ore-ban",
)
NICKEL_ASKED = [
    ask("2020-06-01", "announced", NOT_APPLIED, None, known="2019-08-29"),
    ask("2020-06-01", "in_force", APPLIED, None),
    ask("2022-11-29", "in_force", APPLIED, None),
    ask("2022-12-01", "void", APPLIED, None),
    ask("2022-12-01", "in_force", APPLIED, None, known="2022-11-29"),
    ask("2022-12-12", "in_force", APPLIED, None),
]

# Indonesia's palm oil ban of 2022: announced for refined olein, widened to crude oil the day before it began, ended for
# all, with a domestic market obligation in its place.
PALM_OIL = given(
    on("2022-04-22", announced("ban", "2022-04-28", term="olein")),
    on("2022-04-27", adopted("ban", "2022-04-28", term="crude")),
    on("2022-05-19", replaced("2022-05-23", by="id-palm-oil-domestic-market-obligation")),
    stream="measure/id-palm-oil-ban",
)
PALM_OIL_ASKED = [
    ask("2022-04-27", "announced", NOT_APPLIED, None, term="olein"),
    ask("2022-04-28", "not_announced", NOT_APPLIED, None, known="2022-04-26", term="crude"),
    ask("2022-04-28", "in_force", APPLIED, None, term="crude"),
    ask("2022-04-28", "in_force", APPLIED, None, known="2022-04-22", term="olein"),
    ask("2022-05-23", "in_force", APPLIED, None, known="2022-05-18", term="olein"),
    ask("2022-05-23", "terminated", NOT_APPLIED, None, term="olein"),
    ask("2022-05-22", "in_force", APPLIED, None, term="crude"),
]

# Japan's individual licences for three chemicals to Korea, 2019 to 2023.
CHEMICALS = given(
    on("2019-07-01", adopted("individual licence", "2019-07-04")),
    on("2023-03-16", announced()),
    on("2023-03-23", terminated("2023-03-23")),
    stream="measure/jp-kr-three-chemicals",
)
CHEMICALS_ASKED = [
    ask("2019-06-30", "not_announced", NOT_APPLIED, None),
    ask("2019-07-03", "adopted", NOT_APPLIED, None),
    ask("2019-07-04", "in_force", APPLIED, None, known="2019-07-01"),
    ask("2023-03-22", "in_force", APPLIED, None),
    ask("2023-03-23", "in_force", APPLIED, None, known="2023-03-20"),
    ask("2023-03-23", "terminated", NOT_APPLIED, None),
]

# The EU's rebalancing duties of Regulation (EU) 2018/886 on goods of the United States: two stages in one act, the
# second suspended before it began, both suspended from 2022 on, the end of the suspension moved again and again.
REBALANCING = given(
    on(
        "2018-06-21",
        adopted("25%", "2018-06-22", term="first-stage"),
        adopted("50%", "2021-06-01", term="second-stage"),
    ),
    on("2021-05-31", suspended("2021-06-01", "2021-12-01", term="second-stage")),
    on("2021-11-26", suspended("2021-12-01", "2022-01-01", term="second-stage")),
    on("2021-12-28", suspended("2022-01-01", "2024-01-01")),
    on("2023-12-19", suspension_extended("2024-01-01", "2025-04-01")),
    on("2025-03-31", suspension_extended("2025-04-01", "2025-04-15")),
    on("2025-04-14", suspension_extended("2025-04-15", "2025-07-15")),
    stream="measure/eu-us-rebalancing-2018",
)
REBALANCING_ASKED = [
    ask("2021-06-01", "in_force", APPLIED, 50, known="2021-05-30", term="second-stage"),
    ask("2021-06-01", "in_force", SUSPENDED, 0, term="second-stage"),
    ask("2021-06-01", "in_force", APPLIED, 25, term="first-stage"),
    ask("2021-12-01", "in_force", APPLIED, 50, known="2021-11-25", term="second-stage"),
    ask("2022-01-01", "in_force", SUSPENDED, 0, term="first-stage"),
    ask("2024-06-01", "in_force", APPLIED, 25, known="2023-12-18", term="first-stage"),
    ask("2024-06-01", "in_force", SUSPENDED, 0, known="2023-12-19", term="first-stage"),
    ask("2025-04-14", "in_force", SUSPENDED, 0, known="2025-03-31", term="second-stage"),
    ask("2025-07-15", "in_force", APPLIED, 50, known="2025-05-01", term="second-stage"),
]

# China's duties on Australian barley: 80.5 % from May 2020 for five years, ended early after the dispute was suspended.
BARLEY = given(
    on("2018-11-19", announced()),
    on("2020-05-18", adopted("80.5%", "2020-05-19", "2025-05-19")),
    on("2023-08-04", terminated("2023-08-05")),
    stream="measure/cn-au-barley",
)
BARLEY_ASKED = [
    ask("2019-06-01", "announced", NOT_APPLIED, None, known="2019-06-01"),
    ask("2020-05-18", "adopted", NOT_APPLIED, 0),
    ask("2020-05-19", "in_force", APPLIED, "80.5"),
    ask("2023-08-05", "in_force", APPLIED, "80.5", known="2023-08-03"),
    ask("2023-08-05", "terminated", NOT_APPLIED, 0),
    ask("2025-05-19", "expired", NOT_APPLIED, 0, known="2023-08-03"),
]

# Argentina's zero export duty of Decree 682/2025: until 31 October or USD 7bn of sales, whichever came first; the
# amount was declared within days. A relief is told as a suspension of the duty that stands (26 % on soya).
ZERO_DUTY = given(
    on("2025-07-31", adopted("26%", "2025-07-31")),
    on("2025-09-22", suspended("2025-09-23", "2025-11-01", until_condition="USD 7bn of sworn sales")),
    on("2025-09-24", condition_met(2, "2025-09-25")),
    stream="measure/ar-soya-export-duty",
)
ZERO_DUTY_ASKED = [
    ask("2025-09-22", "in_force", APPLIED, 26),
    ask("2025-09-23", "in_force", SUSPENDED, 0),
    ask("2025-09-24", "in_force", SUSPENDED, 0),
    ask("2025-09-25", "in_force", APPLIED, 26),
    ask("2025-10-15", "in_force", SUSPENDED, 0, known="2025-09-23"),
    ask("2025-11-01", "in_force", APPLIED, 26, known="2025-09-23"),
]

# Ukrainian grain in 2023: Poland's own ban, the Union's in five member states, prolonged once, and Poland's again.
GRAIN_EU = given(
    on("2023-05-02", adopted("ban", "2023-05-02", "2023-06-06")),
    on("2023-06-05", extended(1, "2023-09-16")),
    stream="measure/eu-ua-grain",
)
GRAIN_EU_ASKED = [
    ask("2023-05-01", "not_announced", NOT_APPLIED, None),
    ask("2023-05-02", "in_force", APPLIED, None),
    ask("2023-06-06", "expired", NOT_APPLIED, None, known="2023-06-04"),
    ask("2023-06-06", "in_force", APPLIED, None),
    ask("2023-09-15", "in_force", APPLIED, None),
    ask("2023-09-16", "expired", NOT_APPLIED, None),
]
GRAIN_PL = given(
    on("2023-04-15", adopted("ban", "2023-04-15", "2023-07-01")),
    on("2023-04-28", terminated("2023-05-02")),
    on("2023-09-15", adopted("ban", "2023-09-16")),
    stream="measure/pl-ua-grain",
)
GRAIN_PL_ASKED = [
    ask("2023-04-30", "in_force", APPLIED, None),
    ask("2023-05-02", "in_force", APPLIED, None, known="2023-04-27"),
    ask("2023-05-02", "terminated", NOT_APPLIED, None),
    ask("2023-09-15", "adopted", NOT_APPLIED, None),
    ask("2023-09-16", "terminated", NOT_APPLIED, None, known="2023-09-14"),
    ask("2023-09-16", "in_force", APPLIED, None),
]

# Steel from Turkey into the United States: doubled in August 2018, cut back in May 2019; the doubling was held unlawful
# in July 2020 and that ruling reversed a year later.
TURKEY = given(
    on("2018-08-10", adopted("50%", "2018-08-13")),
    on("2019-05-16", rate_changed("25%", "2019-05-21")),
    on("2020-07-14", voided("2020-07-14", case="transpacific-steel")),
    on("2021-07-13", revoked(3, "2021-07-13")),
    stream="measure/us-s232-steel-turkey",
)
TURKEY_ASKED = [
    ask("2018-08-12", "adopted", NOT_APPLIED, 0),
    ask("2019-05-20", "in_force", APPLIED, 50),
    ask("2019-05-21", "in_force", APPLIED, 50, known="2019-05-15"),
    ask("2019-05-21", "in_force", APPLIED, 25),
    ask("2020-08-01", "void", APPLIED, 25),
    ask("2020-08-01", "in_force", APPLIED, 25, known="2020-07-13"),
    ask("2021-07-13", "in_force", APPLIED, 25),
]

# Canada's answer of March 2025: the second list was put off twice and never applied; the first lost its goods of the
# agreement in September; a licence system for steel stood on paper before it worked.
CANADA = given(
    on(
        "2025-03-04",
        adopted("25%", "2025-03-04", term="first-list"),
        announced("25%", "2025-03-25", term="second-list"),
    ),
    on("2025-03-06", postponed(2, "2025-04-02")),
    on("2025-04-01", postponed(2)),
    on("2025-03-04", operation_reported("2025-03-04", "yes", term="first-list")),
    on("2025-08-22", terminated("2025-09-01", term="first-list")),
    stream="measure/ca-us-counter-surtax",
)
CANADA_ASKED = [
    ask("2025-03-04", "in_force", APPLIED, 25, term="first-list"),
    ask("2025-03-25", "in_force", APPLIED, 25, known="2025-03-05", term="second-list"),
    ask("2025-03-25", "announced", NOT_APPLIED, 0, known="2025-03-06", term="second-list"),
    ask("2025-04-02", "in_force", APPLIED, 25, known="2025-03-20", term="second-list"),
    ask("2025-04-02", "announced", NOT_APPLIED, 0, term="second-list"),
    ask("2025-09-01", "in_force", APPLIED, 25, known="2025-08-21", term="first-list"),
    ask("2025-09-01", "terminated", NOT_APPLIED, 0, term="first-list"),
]

HISTORIES: dict[str, tuple[Story, list[Question]]] = {
    "company rates and an expiry review": (E_BIKES, E_BIKES_ASKED),
    "an export ban with exempted destinations": (ONIONS_BAN, ONIONS_BAN_ASKED),
    "an export duty that came and went": (ONIONS_DUTY, ONIONS_DUTY_ASKED),
    "a ban held unlawful and applied": (NICKEL, NICKEL_ASKED),
    "a ban widened before it began": (PALM_OIL, PALM_OIL_ASKED),
    "individual licences": (CHEMICALS, CHEMICALS_ASKED),
    "two stages suspended again and again": (REBALANCING, REBALANCING_ASKED),
    "duties ended before their time": (BARLEY, BARLEY_ASKED),
    "a relief until a date or an amount": (ZERO_DUTY, ZERO_DUTY_ASKED),
    "a bloc's act": (GRAIN_EU, GRAIN_EU_ASKED),
    "its member's own": (GRAIN_PL, GRAIN_PL_ASKED),
    "a doubling struck down and restored": (TURKEY, TURKEY_ASKED),
    "a list put off until further notice": (CANADA, CANADA_ASKED),
} | MORE_HISTORIES

__all__ = ["HISTORIES", "Question", "entry_id"]
