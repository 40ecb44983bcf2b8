from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """Double-entry books: in public for the chains' prepaid accounts, in each chain's schema for its members'."""

    name = "ledger"
    label = "ledger"
    verbose_name = _("账本")
    default_auto_field = "django.db.models.BigAutoField"
