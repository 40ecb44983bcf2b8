from django.apps import AppConfig


class ChainsConfig(AppConfig):
    """The customers: chains, their addresses, and how their schemas come and go. Public schema only."""

    name = "tenants.chains"
    label = "chains"
    default_auto_field = "django.db.models.BigAutoField"
