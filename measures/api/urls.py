"""The addresses of API v1, the trade's and the generic ones."""

from django.urls import include, path

from measures.api.views import (
    calendar,
    cases,
    commitments,
    compare,
    disputes,
    explain,
    history,
    index,
    indicators,
    measures,
    negotiations,
    positions,
    writing,
)

app_name = "api"

urlpatterns = [
    path("", index.Root.as_view(), name="index"),
    path("measures/", measures.Measures.as_view(), name="measures"),
    path("measures/<slug:slug>/", measures.MeasureBySlug.as_view(), name="measure"),
    path("measures/<slug:slug>/timeline/", measures.MeasureTimeline.as_view(), name="timeline"),
    path("measures/<slug:slug>/history/", history.MeasureHistory.as_view(), name="history"),
    path("measures/<slug:slug>/explain/", explain.MeasureExplained.as_view(), name="explain"),
    path("negotiations/", negotiations.Negotiations.as_view(), name="negotiations"),
    path("negotiations/<slug:slug>/", negotiations.NegotiationBySlug.as_view(), name="negotiation"),
    path("negotiations/<slug:slug>/rounds/", negotiations.NegotiationRounds.as_view(), name="rounds"),
    path("negotiations/<slug:slug>/positions/", positions.NegotiationPositions.as_view(), name="negotiation-positions"),
    path(
        "negotiations/<slug:slug>/commitments/",
        commitments.NegotiationCommitments.as_view(),
        name="negotiation-commitments",
    ),
    path("negotiations/<slug:slug>/history/", history.NegotiationHistory.as_view(), name="negotiation-history"),
    path("positions/", positions.Positions.as_view(), name="positions"),
    path("commitments/", commitments.Commitments.as_view(), name="commitments"),
    path("indicators/", indicators.Indicators.as_view(), name="indicators"),
    path("indicators/<slug:slug>/", indicators.IndicatorBySlug.as_view(), name="indicator"),
    path("indicators/<slug:slug>/observations/", indicators.Observations.as_view(), name="observations"),
    path("cases/", cases.Cases.as_view(), name="cases"),
    path("cases/<slug:slug>/", cases.CaseBySlug.as_view(), name="case"),
    path("disputes/", disputes.Disputes.as_view(), name="disputes"),
    path("disputes/<slug:slug>/", disputes.DisputeBySlug.as_view(), name="dispute"),
    path("calendar/", calendar.Calendar.as_view(), name="calendar"),
    path("calendar.ics", calendar.CalendarFile.as_view(), name="calendar-file"),
    path("compare/", compare.Compare.as_view(), name="compare"),
    path("compare.csv", compare.CompareFile.as_view(), name="compare-file"),
    path("events/", writing.Events.as_view(), name="events"),
    path("drafts/<uuid:id>/", writing.DraftById.as_view(), name="draft"),
    path("", include("tracker.api.urls")),
]
