from django.apps import AppConfig


class StoresConfig(AppConfig):
    """A chain's stores. Each chain's schema."""

    name = "tenants.stores"
    label = "stores"
    default_auto_field = "django.db.models.BigAutoField"
