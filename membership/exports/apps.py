from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExportsConfig(AppConfig):
    """Lists as workbooks: at once when they are short, by a worker when they are long."""

    name = "membership.exports"
    label = "exports"
    verbose_name = _("数据导出")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kernel import due
        from membership.exports import queries

        due.register("exports.advance_due", queries.DUE)
