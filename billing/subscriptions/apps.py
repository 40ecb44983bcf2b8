"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubscriptionsConfig(AppConfig):
    """What chains have subscribed to, and what they were charged. In the public schema."""

    name = "billing.subscriptions"
    label = "subscriptions"
    verbose_name = _("订阅")

    def ready(self) -> None:
        from billing.subscriptions.services.ending import settle_departing
        from tenants.chains.farewells import before_dropping

        before_dropping(settle_departing)
