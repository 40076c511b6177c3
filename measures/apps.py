from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.db.models.signals import post_migrate


class MeasuresConfig(AppConfig):
    name = "measures"

    def ready(self) -> None:
        from measures import events  # noqa: F401
        from measures.projections import PROJECTIONS
        from tracker import projections

        for projection in PROJECTIONS:
            projections.register(projection)
        post_migrate.connect(_grant_roles, sender=self, dispatch_uid="measures.roles")


class AdminConfig(admin_apps.AdminConfig):
    """The stock admin, with the editors' workplace as its site."""

    default = False
    default_site = "measures.admin.site.Workplace"

    def ready(self) -> None:
        """Discovers the admins of all apps, then ours: the site must stand before anything registers with it."""
        super().ready()
        from measures.admin import registry  # noqa: F401


def _grant_roles(**kwargs: object) -> None:
    from measures.roles import grant_roles

    grant_roles()
