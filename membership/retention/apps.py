from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RetentionConfig(AppConfig):
    """How long card records are kept, the archives they go to, and what is fetched from there. Each chain's schema."""

    name = "membership.retention"
    label = "retention"
    verbose_name = _("记录保留与归档")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing.metering.registry import register
        from kernel import due
        from membership.retention import queries
        from membership.retention.metering import DELIVERIES

        register(DELIVERIES)
        due.register("retention.retrieve_due", queries.DUE)
