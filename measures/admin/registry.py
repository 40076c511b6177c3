"""Puts the pages of the read models in place; imported when the site stands."""

from measures.admin import people, streams, tables, tokens

__all__ = ["people", "streams", "tables", "tokens"]
