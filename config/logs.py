"""How the processes log: one JSON object a line where machines read, plain lines where people do."""

from __future__ import annotations

import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


UNTOLD = {"request_started", "task_enqueued"}
"""A request is told when it is answered, a task when it ran; that they began is not told too."""


def one_line_each(logger: Any, method: str, event: EventDict) -> EventDict:
    if event.get("event") in UNTOLD:
        raise structlog.DropEvent
    return event


def configure() -> None:
    """Sends structlog's messages through the standard library, so that every line looks alike."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            one_line_each,
            *SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(level: str, *, as_json: bool) -> dict[str, Any]:
    """The LOGGING setting: everything to standard error."""
    # A rich traceback takes seconds and prints the values of local variables.
    plain = structlog.dev.plain_traceback
    last: list[Processor] = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
    if as_json:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        # Said in one line by the middleware already.
        "loggers": {"django.request": {"level": "CRITICAL"}, "django.server": {"level": "WARNING"}},
    }
