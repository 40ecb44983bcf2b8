from django.apps import AppConfig


class KernelConfig(AppConfig):
    """What every other app stands on. Has no tables; carries the template tags."""

    name = "kernel"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kernel.checks import models  # noqa: F401 - registers its system check
        from kernel.db.contenttypes import key_cache_by_schema
        from kernel.observability import sentry

        key_cache_by_schema()
        sentry.start()
