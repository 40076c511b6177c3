"""The Celery app: `celery -A config.celery worker` and `celery -A config.celery beat`."""

import gc
import os
from logging.config import dictConfig

from celery import Celery, signals
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("lancaster")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["measures.admin"])
app.steps["worker"].add(DjangoStructLogInitStep)


@signals.setup_logging.connect
def log_as_django_does(**kwargs: object) -> None:
    """Keeps Celery from adding handlers of its own."""
    dictConfig(settings.LOGGING)


@signals.worker_process_init.connect
def look_for_garbage_less_often(**kwargs: object) -> None:
    """The streams that a worker remembers hold no cycles; going through them all took a quarter of its time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)
