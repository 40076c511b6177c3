"""The addresses of the readers' pages."""

from django.urls import path

from measures.web.views import about, compare, home, log, measures, subjects

app_name = "web"

urlpatterns = [
    path("", home.home, name="home"),
    path("measures/", measures.index, name="measures"),
    path("measures/<slug:slug>/", measures.detail, name="measure"),
    path("negotiations/", subjects.negotiations, name="negotiations"),
    path("negotiations/<slug:slug>/", subjects.negotiation, name="negotiation"),
    path("positions/<int:position>/", subjects.positions, name="positions"),
    path("indicators/", subjects.indicators, name="indicators"),
    path("indicators/<slug:slug>/", subjects.indicator, name="indicator"),
    path("cases/", subjects.cases, name="cases"),
    path("cases/<slug:slug>/", subjects.case, name="case"),
    path("events/", log.index, name="events"),
    path("events/<int:position>/", log.detail, name="event"),
    path("compare/", compare.compare, name="compare"),
    path("about/", about.about, name="about"),
]
