"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InvoicesConfig(AppConfig):
    """Titles and requests, in the public schema."""

    name = "billing.invoices"
    label = "invoices"
    verbose_name = _("发票")
    default_auto_field = "django.db.models.BigAutoField"
