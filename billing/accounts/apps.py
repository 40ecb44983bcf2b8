"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """The chains' prepaid accounts and arrears."""

    name = "billing.accounts"
    label = "accounts"
    verbose_name = _("商户账户")
    default_auto_field = "django.db.models.BigAutoField"
