"""More histories from elsewhere, told after the pattern of real ones; see `histories`."""

from __future__ import annotations

from measures.events import measures as vocabulary
from measures.obligations import parse
from tests.measures.given import (
    Story,
    Told,
    adopted,
    collection_resumed,
    collection_stopped,
    condition_met,
    condition_waived,
    confirmed,
    extended,
    given,
    on,
    postponed,
    rate_changed,
    replaced,
    resumed,
    revoked,
    stayed,
    suspended,
    suspension_extended,
    terminated,
    threatened,
    withdrawn,
)
from tests.measures.questions import APPLIED, NOT_APPLIED, SUSPENDED, Question, ask


def opened(subject: str) -> Told:
    return Told(vocabulary.InvestigationOpened, {"subject": subject})


def concluded(finding: str, proposed: str) -> Told:
    return Told(vocabulary.InvestigationConcluded, {"finding": finding, "proposed": parse(proposed)})


# Anti-dumping from its opening on: provisional and definitive rates for one exporter and for all others, an interim
# review of the exporter, duties kept through the sunset review, at the end of which the exporter goes free.
DUMPING = given(
    on("2016-02-01", opened("Ceramic tiles")),
    on("2016-08-01", concluded("Dumping and injury", "30%")),
    on(
        "2016-08-20", adopted("30%", "2016-08-21", "2017-02-21"), adopted("12%", "2016-08-21", "2017-02-21", term="one")
    ),
    on("2017-02-15", adopted("28%", "2017-02-21", "2022-02-21"), adopted("9%", "2017-02-21", "2022-02-21", term="one")),
    on("2019-05-01", rate_changed("4%", "2019-05-02", term="one")),
    on("2022-02-10", extended(5), extended(6)),
    on("2023-01-20", extended(5, "2028-02-21"), terminated("2023-01-21", term="one")),
    stream="measure/ad-tiles",
)
DUMPING_ASKED = [
    ask("2016-05-01", "under_investigation", NOT_APPLIED, None, known="2016-05-01"),
    ask("2016-08-10", "proposed", NOT_APPLIED, 0, known="2016-08-10"),
    ask("2016-08-20", "adopted", NOT_APPLIED, 0),
    ask("2016-08-21", "in_force", APPLIED, 12, term="one"),
    ask("2017-02-21", "expired", NOT_APPLIED, 0, known="2017-02-14"),
    ask("2017-02-21", "in_force", APPLIED, 28),
    ask("2019-05-02", "in_force", APPLIED, 9, known="2019-04-30", term="one"),
    ask("2019-05-02", "in_force", APPLIED, 4, term="one"),
    ask("2022-03-01", "expired", NOT_APPLIED, 0, known="2022-02-09", term="one"),
    ask("2022-03-01", "in_force", APPLIED, 4, known="2022-02-10", term="one"),
    ask("2023-01-21", "terminated", NOT_APPLIED, 0, term="one"),
    ask("2023-01-21", "in_force", APPLIED, 28),
    ask("2028-02-21", "expired", NOT_APPLIED, 0),
]

# Safeguard on large washers (Proclamations 9694 and 10133): rates inside and outside the quota that fall every year,
# three years and a day, extended by two more with two more steps.
SAFEGUARD = given(
    on(
        "2018-01-23",
        adopted("20%", "2018-02-07", "2021-02-08", term="inside"),
        adopted("50%", "2018-02-07", "2021-02-08", term="outside"),
        rate_changed("18%", "2019-02-07", term="inside"),
        rate_changed("45%", "2019-02-07", term="outside"),
        rate_changed("16%", "2020-02-07", term="inside"),
        rate_changed("40%", "2020-02-07", term="outside"),
    ),
    on(
        "2021-01-14",
        extended(1, "2023-02-08"),
        extended(2, "2023-02-08"),
        rate_changed("15%", "2021-02-08", term="inside"),
        rate_changed("35%", "2021-02-08", term="outside"),
        rate_changed("14%", "2022-02-08", term="inside"),
        rate_changed("30%", "2022-02-08", term="outside"),
    ),
    stream="measure/us-s201-washers",
)
SAFEGUARD_ASKED = [
    ask("2018-02-06", "adopted", NOT_APPLIED, 0, known="2018-01-23"),
    ask("2019-02-06", "in_force", APPLIED, 20, known="2018-01-23"),
    ask("2019-02-07", "in_force", APPLIED, 18, known="2018-01-23"),
    ask("2020-06-01", "in_force", APPLIED, 40, known="2018-01-23", term="outside"),
    ask("2021-02-08", "expired", NOT_APPLIED, 0, known="2021-01-13"),
    ask("2021-02-08", "in_force", APPLIED, 15),
    ask("2021-02-07", "in_force", APPLIED, 16),
    ask("2022-12-01", "in_force", APPLIED, 30, term="outside"),
    ask("2023-02-08", "expired", NOT_APPLIED, 0, term="outside"),
]

# Rice in spring 2020: new export contracts stopped, then a quota for the month in the ban's place, then free again.
RICE_BAN = given(
    on("2020-03-23", adopted("ban", "2020-03-24")),
    on("2020-04-10", replaced("2020-04-11", by="vn-rice-quota")),
    stream="measure/vn-rice-ban",
)
RICE_BAN_ASKED = [
    ask("2020-03-22", "not_announced", NOT_APPLIED, None),
    ask("2020-03-23", "adopted", NOT_APPLIED, None),
    ask("2020-03-24", "in_force", APPLIED, None),
    ask("2020-04-11", "in_force", APPLIED, None, known="2020-04-09"),
    ask("2020-04-10", "in_force", APPLIED, None),
    ask("2020-04-11", "terminated", NOT_APPLIED, None),
]
RICE_QUOTA = given(
    on("2020-04-10", adopted("quota 400000 t", "2020-04-11", "2020-05-01")),
    stream="measure/vn-rice-quota",
)
RICE_QUOTA_ASKED = [
    ask("2020-04-11", "not_announced", NOT_APPLIED, None, known="2020-04-09"),
    ask("2020-04-10", "adopted", NOT_APPLIED, None),
    ask("2020-04-11", "in_force", APPLIED, None),
    ask("2020-04-30", "in_force", APPLIED, None, known="2020-04-10"),
    ask("2020-05-01", "expired", NOT_APPLIED, None, known="2020-04-10"),
    ask("2020-04-10", "not_announced", NOT_APPLIED, None, known="2020-04-01"),
]

# A duty of 35 % of which 25 points are suspended for a year, then for half a year more; raised in between.
POINTS = given(
    on("2022-11-30", adopted("35%", "2023-01-01")),
    on("2023-06-20", suspended("2023-07-01", "2024-07-01", points="25")),
    on("2023-12-15", rate_changed("40%", "2024-01-01", resumes=False)),
    on("2024-06-25", suspension_extended("2024-07-01", "2025-01-01")),
    on("2024-10-01", resumed("2024-10-10")),
    stream="measure/points",
)
POINTS_ASKED = [
    ask("2023-06-30", "in_force", APPLIED, 35),
    ask("2023-07-01", "in_force", "partly_suspended", 10),
    ask("2024-01-01", "in_force", "partly_suspended", 10, known="2023-12-14"),
    ask("2024-01-01", "in_force", "partly_suspended", 15),
    ask("2024-07-01", "in_force", APPLIED, 40, known="2024-06-24"),
    ask("2024-07-01", "in_force", "partly_suspended", 15, known="2024-06-25"),
    ask("2025-01-01", "in_force", APPLIED, 40, known="2024-06-25"),
    ask("2024-10-10", "in_force", APPLIED, 40),
]

# A levy that a court stays, that the agency then stops collecting, and that comes back when the stay is reversed.
LEVY = given(
    on("2020-12-28", adopted("20%", "2021-01-01")),
    on("2021-03-01", stayed("2021-03-01", case="exporters")),
    on("2021-03-02", collection_stopped("2021-03-02")),
    on("2021-06-15", revoked(2, "2021-06-15"), collection_resumed("2021-06-16")),
    stream="measure/levy",
)
LEVY_ASKED = [
    ask("2021-02-28", "in_force", APPLIED, 20),
    ask("2021-03-01", "stayed", APPLIED, 20),
    ask("2021-03-02", "stayed", "not_collected", 0),
    ask("2021-07-01", "stayed", "not_collected", 0, known="2021-06-14"),
    ask("2021-06-15", "in_force", "not_collected", 0),
    ask("2021-06-16", "in_force", APPLIED, 20),
    ask("2021-05-01", "stayed", "not_collected", 0),
]

# A duty on the first half million tonnes of a year: it ended when they were shipped. The next one was to end when the
# price fell, and was lifted though it had not.
TONNES = given(
    on("2021-12-20", adopted("10%", "2022-01-01", "2023-01-01", until_condition="500 000 t shipped")),
    on("2022-09-09", condition_met(1, "2022-09-10")),
    on("2023-02-01", adopted("12%", "2023-02-05", until_condition="a price below USD 300/t")),
    on("2023-08-30", condition_waived(3, "2023-09-01")),
    stream="measure/tonnes",
)
TONNES_ASKED = [
    ask("2022-09-09", "in_force", APPLIED, 10),
    ask("2022-09-10", "in_force", APPLIED, 10, known="2022-09-08"),
    ask("2022-09-10", "expired", NOT_APPLIED, 0),
    ask("2023-01-01", "expired", NOT_APPLIED, 0, known="2022-09-08"),
    ask("2023-09-01", "in_force", APPLIED, 12, known="2023-08-29"),
    ask("2023-09-01", "expired", NOT_APPLIED, 0),
]

# "In the course of 2024", then "in September 2024", then the day; an end "in mid-2025" that nobody could date.
COARSE = given(
    on("2024-02-10", adopted("15%", "2024")),
    on("2024-07-30", postponed(1, "2024-09")),
    on("2024-09-12", confirmed("2024-09-15")),
    on("2025-03-01", terminated("2025")),
    stream="measure/coarse",
)
COARSE_ASKED = [
    ask("2024-05-01", "unknown", "unknown", None, known="2024-03-01"),
    ask("2025-01-01", "in_force", APPLIED, 15, known="2024-03-01"),
    ask("2024-05-01", "adopted", NOT_APPLIED, 0, known="2024-08-01"),
    ask("2024-09-20", "unknown", "unknown", None, known="2024-08-01"),
    ask("2024-10-01", "in_force", APPLIED, 15, known="2024-08-01"),
    ask("2024-09-20", "in_force", APPLIED, 15),
    ask("2024-09-14", "adopted", NOT_APPLIED, 0),
    ask("2025-06-01", "unknown", "unknown", None),
    ask("2026-01-01", "terminated", NOT_APPLIED, 0),
]

# A bloc's common duty beside a member's own surcharge on it, threatened, adopted, put on hold and dropped unused.
SURCHARGE = given(
    on("2022-03-01", threatened("30%", by="A member")),
    on("2022-05-01", adopted("30%", "2022-07-01")),
    on("2022-06-25", suspended("2022-07-01")),
    on("2022-09-01", withdrawn("2022-09-01")),
    stream="measure/member-surcharge",
)
SURCHARGE_ASKED = [
    ask("2022-04-01", "threatened", NOT_APPLIED, 0, known="2022-04-01"),
    ask("2022-06-30", "adopted", NOT_APPLIED, 0),
    ask("2022-07-01", "in_force", APPLIED, 30, known="2022-06-24"),
    ask("2022-07-01", "in_force", SUSPENDED, 0),
    ask("2022-08-31", "in_force", SUSPENDED, 0),
    ask("2022-09-01", "withdrawn", NOT_APPLIED, 0),
]

MORE_HISTORIES: dict[str, tuple[Story, list[Question]]] = {
    "dumping from its opening to a sunset review": (DUMPING, DUMPING_ASKED),
    "a safeguard that falls every year and is extended": (SAFEGUARD, SAFEGUARD_ASKED),
    "a ban that a quota replaced": (RICE_BAN, RICE_BAN_ASKED),
    "the quota in its place": (RICE_QUOTA, RICE_QUOTA_ASKED),
    "points suspended while the rate was raised": (POINTS, POINTS_ASKED),
    "a court's stay and its reversal": (LEVY, LEVY_ASKED),
    "ends by a quantity and by a waiver": (TONNES, TONNES_ASKED),
    "dates as coarse as the sources": (COARSE, COARSE_ASKED),
    "a member's surcharge that was never charged": (SURCHARGE, SURCHARGE_ASKED),
}
