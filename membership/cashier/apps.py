from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CashierConfig(AppConfig):
    """Top-up and consumption: value going on and off cards. Each chain's schema."""

    name = "membership.cashier"
    label = "cashier"
    verbose_name = _("收银")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.cashier import (  # noqa: F401 - they register what they have
            card_hooks,
            member_hooks,
            prepayment,
            returning,
            reversing,
            settling,
        )
