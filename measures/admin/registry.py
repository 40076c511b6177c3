"""Puts the pages of the read models in place; imported when the site stands."""

from measures.admin import streams, tables

__all__ = ["streams", "tables"]
