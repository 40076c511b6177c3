"""A Celery app whose workers know the tallies of `tests.tracker`, and do what a test wants to see them do.

`BROKEN` names amounts that their fold cannot stand, `KNOWS` the newest schema that they know, `HOLD` a file without
which no step comes to its end. A message that is not acknowledged for a second is delivered again.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import django

from config.celery import app

django.setup()

from tests.processes import until  # noqa: E402
from tests.tracker import tallies  # noqa: E402
from tracker import events, projections  # noqa: E402
from tracker.log import Recorded  # noqa: E402
from tracker.models import Checkpoint  # noqa: E402

__all__ = ["app"]

app.conf.broker_transport_options = app.conf.broker_transport_options | {
    "visibility_timeout": 1,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
}

tallies.broken.update(map(int, os.environ.get("BROKEN", "").split()))
counted = tallies.TYPES["tally.counted"]
schema = int(os.environ.get("KNOWS", counted.schema))
upcasters = dict.fromkeys(range(counted.schema, schema), dict) | counted.upcasters
events._types |= tallies.TYPES | {"tally.counted": replace(counted, schema=schema, upcasters=upcasters)}
projections.register(tallies.PROJECTION)

_move = projections._move


def _move_when_told(checkpoint: Checkpoint, last: Recorded) -> None:
    if hold := os.environ.get("HOLD"):
        until(Path(hold).exists, "the step is let go on")
    _move(checkpoint, last)


projections._move = _move_when_told
