from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TrackerConfig(AppConfig):
    name = "tracker"

    def ready(self) -> None:
        from tracker import checks, log, roles, vocabulary  # noqa: F401

        log.appended.connect(_wake, dispatch_uid="tracker.wake")
        post_migrate.connect(_grant, sender=self, dispatch_uid="tracker.roles")


def _wake(**kwargs: object) -> None:
    """Imported late: Celery slows every command that does not append."""
    from tracker.tasks import nudging

    nudging.ask()


def _grant(using: str, **kwargs: object) -> None:
    """What a migration made has its rights before anything else that waits for the migration."""
    from tracker import roles

    roles.grant(using)
