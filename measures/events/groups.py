"""Groups of countries with dated membership, such as a bloc or the beneficiaries of a preference."""

from __future__ import annotations

from measures.events.common import Fact, Party
from tracker.events import Day, Line, event


@event("group.described", group="identity")
class Described(Fact):
    """Described as {title}."""

    title: Line


class Membership(Fact):
    """A change of membership."""

    member: Party
    effective_from: Day


@event("group.member_joined", group="membership")
class MemberJoined(Membership):
    """{member} joined on {effective_from}."""


@event("group.member_left", group="membership")
class MemberLeft(Membership):
    """{member} left on {effective_from}."""
