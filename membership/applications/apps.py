from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApplicationsConfig(AppConfig):
    """Cards that people apply for by themselves, on the web. Each chain's schema."""

    name = "membership.applications"
    label = "applications"
    verbose_name = _("网上办卡")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing.metering.registry import register
        from kernel import due
        from membership.applications import member_hooks, queries  # noqa: F401 - registers them
        from membership.applications.metering import GRANTED_CARDS

        due.register(queries.ANSWER_CODES, queries.CODES_DUE)
        due.register(queries.CLEAN_UP, queries.TO_CLEAN_UP)
        register(GRANTED_CARDS)
