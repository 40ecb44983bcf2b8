from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImportsConfig(AppConfig):
    """Tables that people upload: read, checked as a whole, confirmed, and taken over in batches."""

    name = "membership.imports"
    label = "imports"
    verbose_name = _("数据导入")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kernel import due
        from membership.imports import kinds, queries  # noqa: F401  (kinds register themselves)

        due.register("imports.advance_due", queries.DUE)
