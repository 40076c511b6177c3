"""An upload between its pages: begun from a file, checked by a worker, handed to review as one draft."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from measures import review
from measures.admin.bulk import checking, reading
from measures.admin.bulk.checking import Checked
from measures.admin.bulk.columns import require_known
from measures.admin.bulk.reading import Problem, Row
from measures.admin.bulk.rows import Found
from measures.drafts import Draft, as_data, new_events
from measures.uploads import Upload
from tracker import log
from tracker.events import EventError, EventType, event_type

logger = logging.getLogger(__name__)

EVERY = 20
"""Rows between two notes of progress."""
PATIENCE = timedelta(minutes=1)
"""An upload that was not touched for so long is checked again: its worker was cut off, or never woken."""


def begin(id: UUID, *, author: Any, kind: EventType, name: str, content: bytes) -> Upload:
    """Reads a file into an upload to be checked; repeating it changes nothing. Raises Unreadable."""
    table = reading.read(name, content)
    require_known(kind, table.header)
    if not table.rows:
        raise reading.Unreadable("there is no row under the first one, which names the columns")
    upload, _ = Upload.objects.get_or_create(
        id=id,
        defaults={
            "author": author,
            "type": kind.name,
            "name": name[:200],
            "header": table.header,
            "rows": [asdict(row) for row in table.rows],
            "unread": [asdict(problem) for problem in table.problems],
        },
    )
    if upload.author != author:
        raise PermissionDenied(f"upload {id} is another author's")
    return upload


def check(upload: Upload, *, today: date, now: datetime) -> Upload:
    """Checks all rows and keeps what was found; repeating it gives the state of the log as of then."""
    rows = [Row(**row) for row in upload.rows]
    try:
        checked = checking.check(event_type(upload.type), upload.name, rows, today=today, tell=_teller(upload))
    except Exception as error:
        logger.exception("the check of upload %s broke off", upload.pk)
        checked = Checked([], [Problem(0, "", "", f"the check broke off ({type(error).__name__}); send fewer rows")])
    upload.found = [_as_json(item) for item in checked.found]
    upload.problems = _together(upload.unread, [asdict(problem) for problem in checked.problems])
    upload.withhold({str(entry.id): entry.data for entry in log.read(positions=_known(checked))})
    upload.done, upload.checked_at = len(rows), now
    upload.save()
    return upload


def _known(checked: Checked) -> list[int]:
    return [item.position for item in checked.found if item.position is not None]


def _together(unread: Sequence[dict[str, Any]], checked: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is wrong in order of the rows; of a cell that cannot be read, that alone."""
    cells = {(problem["row"], problem["column"]) for problem in unread}
    others = [problem for problem in checked if (problem["row"], problem["column"]) not in cells]
    return sorted([*unread, *others], key=lambda problem: problem["row"])


def _teller(upload: Upload) -> checking.Tell:
    def tell(done: int) -> None:
        if done % EVERY == 0:
            Upload.objects.filter(pk=upload.pk).update(done=done, updated_at=timezone.now())

    return tell


def waiting(now: datetime) -> Iterable[Upload]:
    """The uploads whose check nobody is at."""
    return Upload.objects.filter(checked_at=None, updated_at__lt=now - PATIENCE)[:10]


def _as_json(item: Found) -> dict[str, Any]:
    return {
        "row": item.row,
        "event": as_data(item.event, fixed=True),
        "sentence": item.sentence,
        "position": item.position,
        "doubles": item.doubles,
        "soft": [asdict(violation) for violation in item.soft],
        "before": item.before,
        "after": item.after,
        "about": item.about,
        "mended": item.mended,
        "answers": item.answers,
    }


def make_draft(upload: Upload, *, by: Any) -> Draft:
    """Makes the new rows of a checked upload one draft of its author.

    Raises PermissionDenied for anybody else, and EventError where rows are refused or none is new.
    """
    if upload.author != by:
        raise PermissionDenied("only who sent the file makes it a draft")
    if not upload.is_ready:
        raise EventError(
            "every row has to read well, and one at least to be new, before it becomes a draft", field="rows"
        )
    return review.save(
        upload.pk,
        author=by,
        type=upload.type,
        stream=_stream(upload),
        typed={"file": [upload.name]},
        batch=new_events([item["event"] for item in upload.fresh], review.THOUGHT),
        fixed=True,
    )


def _stream(upload: Upload) -> str:
    streams = {item["event"]["stream"] for item in upload.fresh}
    return streams.pop() if len(streams) == 1 else ""
