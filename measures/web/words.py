"""Words for codes: parties, kinds, statuses, types of event, and figures with their units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from measures.nomenclature import abbreviations, countries
from measures.wording import LEGAL

KINDS = {
    "tariff": "Tariffs",
    "additional_duty": "Additional duties",
    "trade_defence_duty": "Trade-defence duties",
    "fee": "Fees",
    "export_control": "Export controls",
    "licensing_requirement": "Licensing requirements",
    "ban": "Bans",
    "entity_listing": "Entity listings",
    "quota": "Quotas",
    "exclusion": "Exclusions",
    "investigation": "Investigations",
    "investment_restriction": "Investment restrictions",
    "procurement_restriction": "Procurement restrictions",
    "other": "Other measures",
}
APPLICATIONS = {
    "not_applied": "Not applied",
    "applied": "Applied",
    "partly_suspended": "Partly suspended",
    "suspended": "Suspended",
    "not_collected": "Not collected",
    "unknown": "Unknown",
}
INDICATORS = {
    "supply_share": "Shares of supply",
    "market_move": "Markets",
    "export_volume": "Export volumes",
    "price": "Prices",
    "trade_flow": "Trade flows",
    "other": "Other figures",
}
MEANINGS = {
    "threatened": "Somebody who could impose it said that it may come. Never promoted by the calendar.",
    "under_investigation": "The authority is investigating; no measure is adopted yet.",
    "proposed": "A text is proposed, for comment or for decision.",
    "announced": "The implementer said that it will come; where it named a day, the calendar brings it into force.",
    "adopted": "The legal act is signed; it takes effect later.",
    "in_force": "The legal act has effect on the day asked.",
    "stayed": "A court holds it back for the time being.",
    "void": "A court held it unlawful. It may still be collected: the application says so.",
    "expired": "Its own end date has passed.",
    "terminated": "It was ended by an act.",
    "withdrawn": "It was taken back before or after it took effect.",
    "unknown": "The sources leave it open, and the reason is given.",
    "not_announced": "Nothing was known of it on the day asked.",
    "not_applied": "Nothing is charged or controlled.",
    "applied": "What the text says is charged or controlled.",
    "partly_suspended": "Part of the rate stands still; what remains is charged.",
    "suspended": "It stands in law and is not charged or applied for now.",
    "not_collected": "It stands or stood in law; customs collects nothing.",
}
UNITS = (
    ("_t_reo", "t REO"),
    ("usd_per_kg", "USD/kg"),
    ("_usd_per_bushel", "USD/bushel"),
    ("usd_per_bushel", "USD/bushel"),
    ("_usd_bn_per_year", "USD bn a year"),
    ("usd_bn_per_year", "USD bn a year"),
    ("_usd_bn_each", "USD bn each"),
    ("usd_bn_each", "USD bn each"),
    ("_usd_bn", "USD bn"),
    ("usd_bn", "USD bn"),
    ("_usd_m", "USD m"),
    ("usd_m", "USD m"),
    ("eur_bn", "EUR bn"),
    ("cad_bn", "CAD bn"),
    ("tonnes_m_per_year", "Mt a year"),
    ("tonnes_m", "Mt"),
    ("_tonnes", "t"),
    ("tonnes", "t"),
    ("_t", "t"),
    ("_pct", "%"),
    ("pct", "%"),
)
"""Endings of a figure's name that are its unit, longest first."""
CHANGE = re.compile(r"^$|^low$|^high$|(^|_)(mom|yoy|change|growth)(_|$)")
"""Names of figures in percent that are changes: the bare `pct` of a market among them."""


YEAR = re.compile(r"^year$|(?<!_per)_year$")
"""Names of figures that are years, which have no thousands to group."""


def party(code: str) -> str:
    """The name of a country or body; a firm's name is its own."""
    return countries().get(code, code)


def the(code: str) -> str:
    """A name as it begins a sentence: `The United States`, `China`."""
    name = party(code)
    return f"The {name}" if name.startswith(("United", "European", "Netherlands")) else name


def parties(codes: Iterable[str]) -> str:
    """Names in a row: `China and United States`."""
    names = [party(code) for code in codes]
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def kind(code: str) -> str:
    return KINDS.get(code, plain(code))


def status(code: str) -> str:
    """A word of either status lane; `application` words win nothing here, for the lanes share none but `unknown`."""
    return LEGAL.get(code) or APPLICATIONS.get(code) or plain(code)


def plain(code: str) -> str:
    """`round_opened` as Round opened."""
    text = code.replace("_", " ").replace("-", " ").strip()
    return text[:1].upper() + text[1:]


def minutes(count: int) -> str:
    """A length of time: `90 minutes`, `6 hours`, `5 hours 30 minutes`."""
    hours, rest = divmod(count, 60)
    if count < 120 and rest:
        return f"{count} minutes"
    words = [f"{hours} hour{'' if hours == 1 else 's'}", f"{rest} minutes" if rest else ""]
    return " ".join(filter(None, words))


def unit(name: str) -> tuple[str, str]:
    """A figure's name without its unit, and the unit: `share_pct` is a share in %."""
    for ending, words in UNITS:
        if name.endswith(ending):
            return name.removesuffix(ending).rstrip("_"), words
    return name, ""


def label(name: str) -> str:
    """`sp500_close` as S&P 500 close."""
    words = " ".join(abbreviations().get(word, word) for word in name.split("_") if word)
    return words[:1].upper() + words[1:]


def value(figure: Mapping[str, Any]) -> str:
    """The value of a figure with its unit: `70%`, `1,238 t`, `+0.09%` for a change."""
    name, words = unit(figure["name"])
    number = figure.get("value") or ""
    text = figure.get("text") or (number if YEAR.search(name) else grouped(number))
    if words == "%" and CHANGE.search(name) and text[:1].isdigit() and text != "0":
        text = f"+{text}"
    return f"{text}%" if words == "%" and text else f"{text} {words}".strip()


def figure_label(figure: Mapping[str, Any]) -> str:
    return label(unit(figure["name"])[0])


def grouped(number: str) -> str:
    """A decimal number with its thousands grouped and a real minus sign."""
    sign = "−" if number.startswith("-") else ""
    whole, dot, rest = number.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}{dot}{rest}" if whole.isdigit() else number
