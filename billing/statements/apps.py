"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StatementsConfig(AppConfig):
    """The chains' monthly statements, in the public schema."""

    name = "billing.statements"
    label = "statements"
    verbose_name = _("账单")
    default_auto_field = "django.db.models.BigAutoField"
