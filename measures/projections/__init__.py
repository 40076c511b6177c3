"""The projections of the trade domain: the only bridge from the events to the read models.

Each is a pure fold of one stream's events to rows, registered with the engine when the app is ready.
"""

from measures.projections import cases, disputes, groups, indicators, measures, negotiations

PROJECTIONS = (
    measures.PROJECTION,
    negotiations.PROJECTION,
    indicators.PROJECTION,
    cases.PROJECTION,
    disputes.PROJECTION,
    groups.PROJECTION,
)
