from django.apps import AppConfig


class TrackerConfig(AppConfig):
    name = "tracker"

    def ready(self) -> None:
        from tracker import checks, log, vocabulary  # noqa: F401

        log.appended.connect(_wake, dispatch_uid="tracker.wake")


def _wake(**kwargs: object) -> None:
    """Imported late: Celery slows every command that does not append."""
    from tracker.tasks import nudge

    nudge()
