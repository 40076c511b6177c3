"""Where the ledger answers as tlog-tiles lays it out, under the one prefix /ledger/."""

from django.urls import path, register_converter

from tracker.ledger import views


class Level:
    """A tile level without leading zeros."""

    regex = "0|[1-9][0-9]?"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(Level, "level")

app_name = "ledger"

urlpatterns = [
    path("checkpoint", views.checkpoint, name="checkpoint"),
    path("keys", views.keys, name="keys"),
    path("tile/entries/<path:path>", views.entries, name="entries"),
    path("tile/<level:level>/<path:path>", views.tile, name="tile"),
]
