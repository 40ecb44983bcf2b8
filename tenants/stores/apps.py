from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoresConfig(AppConfig):
    """A chain's stores. Each chain's schema."""

    name = "tenants.stores"
    label = "stores"
    verbose_name = _("门店")
    default_auto_field = "django.db.models.BigAutoField"
