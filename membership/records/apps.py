from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """What happened to a card, as the member portal shows it. Each chain's schema."""

    name = "membership.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"
