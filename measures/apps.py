from django.apps import AppConfig


class MeasuresConfig(AppConfig):
    name = "measures"

    def ready(self) -> None:
        from measures import events  # noqa: F401
        from measures.projections import PROJECTIONS
        from tracker import projections

        for projection in PROJECTIONS:
            projections.register(projection)
