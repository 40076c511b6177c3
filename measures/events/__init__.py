"""The vocabulary: everything that can happen to a measure, a negotiation, a case, an indicator or a dispute.

One file per subject. Each type's docstring is the sentence that history pages, API, webhooks and docs show.
"""

from measures.events import cases, disputes, groups, indicators, measures, negotiations

__all__ = ["cases", "disputes", "groups", "indicators", "measures", "negotiations"]
