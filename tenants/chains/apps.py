from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChainsConfig(AppConfig):
    """The customers: chains, their addresses, and how their schemas come and go. Public schema only."""

    name = "tenants.chains"
    label = "chains"
    verbose_name = _("商户")
    default_auto_field = "django.db.models.BigAutoField"
