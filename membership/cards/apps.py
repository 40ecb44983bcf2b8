from django.apps import AppConfig


class CardsConfig(AppConfig):
    """Cards, their levels, states and PINs. Each chain's schema."""

    name = "membership.cards"
    label = "cards"
    default_auto_field = "django.db.models.BigAutoField"
