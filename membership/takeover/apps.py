from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TakeoverConfig(AppConfig):
    """A chain arrives with its old system's data: checked, signed by two people, taken over, undone as one act."""

    name = "membership.takeover"
    label = "takeover"
    verbose_name = _("接管")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kernel import due
        from membership.takeover import queries, value_sheets  # noqa: F401  (the sheets' kinds register themselves)

        due.register("takeover.advance_due", queries.DUE)
