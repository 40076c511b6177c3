"""Puts the pages of the read models in place; imported when the site stands."""

from measures.admin import people, streams, tables, tokens
from tracker.subscriptions import admin as subscriptions

__all__ = ["people", "streams", "subscriptions", "tables", "tokens"]
