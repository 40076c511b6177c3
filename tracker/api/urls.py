"""The generic addresses of the API; the trade's stand beside them, under one name space.

The feed, `tracker.api.views.Events`, stands with the trade's: whoever writes goes through its commands.
"""

from django.urls import include, path

from tracker.api import bulk, docs, replaying, stream, views, webhooks

urlpatterns = [
    path("events/stream/", stream.EventStream.as_view(), name="stream"),
    path("events/<int:position>/", views.EventAt.as_view(), name="event"),
    path("event-types/", views.EventTypeList.as_view(), name="event-types"),
    path("event-types/<str:type>/", views.EventTypeByName.as_view(), name="event-type"),
    path("bulk/", bulk.BulkManifests.as_view(), name="bulk"),
    path("bulk/events.jsonl", bulk.BulkEvents.as_view(), name="bulk-events"),
    path("bulk/events.csv", bulk.BulkEventsTable.as_view(), name="bulk-table"),
    path("webhooks/", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:id>/", webhooks.WebhookById.as_view(), name="webhook"),
    path("webhooks/<uuid:id>/deliveries/", webhooks.WebhookDeliveries.as_view(), name="deliveries"),
    path("webhooks/<uuid:id>/deliveries/<uuid:delivery>/", webhooks.WebhookDelivery.as_view(), name="delivery"),
    path("ledger/", include("tracker.ledger.api")),
    path("replay/", replaying.Replay.as_view(), name="replay"),
    path("problems/", views.Problems.as_view(), name="problems"),
    path("problems/<str:code>/", views.ProblemByCode.as_view(), name="problem"),
    path("schema/", docs.OpenApi.as_view(), name="schema"),
    path("docs/", docs.reader, name="docs"),
]
