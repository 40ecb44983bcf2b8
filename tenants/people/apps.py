from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """Who acts: owners and platform staff (public schema), a chain's staff and API keys (its own schema)."""

    name = "tenants.people"
    label = "people"
    default_auto_field = "django.db.models.BigAutoField"
