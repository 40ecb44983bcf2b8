from django.apps import AppConfig


class CashierConfig(AppConfig):
    """Top-up and consumption: value going on and off cards. Each chain's schema."""

    name = "membership.cashier"
    label = "cashier"
    default_auto_field = "django.db.models.BigAutoField"
