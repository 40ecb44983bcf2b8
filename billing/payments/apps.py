"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaymentsConfig(AppConfig):
    """Payments by the chains to the platform."""

    name = "billing.payments"
    label = "payments"
    verbose_name = _("支付")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing.payments import checks  # noqa: F401  (registers them)
        from billing.payments.services.automatic import end_auto_top_up
        from tenants.chains.farewells import before_dropping

        before_dropping(end_auto_top_up)
