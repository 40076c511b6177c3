"""Where each part of the site answers."""

from django.contrib import admin
from django.urls import include, path

from config.health import healthz, readyz
from config.metrics import metrics
from tracker.api import problems

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("measures.api.urls")),
    path("ledger/", include("tracker.ledger.urls")),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("", include("measures.web.urls")),
]

# Under /api/ errors are problem documents also where no view was reached.
handler400 = problems.handler400
handler403 = problems.handler403
handler404 = problems.handler404
handler500 = problems.handler500
