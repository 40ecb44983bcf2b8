"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulatorConfig(AppConfig):
    """The simulated payment service."""

    name = "billing.simulator"
    label = "simulator"
    verbose_name = _("模拟支付")
    default_auto_field = "django.db.models.BigAutoField"
