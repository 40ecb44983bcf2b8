from django.apps import AppConfig


class MembersConfig(AppConfig):
    """A chain's members and what it knows of them. Each chain's schema."""

    name = "membership.members"
    label = "members"
    default_auto_field = "django.db.models.BigAutoField"
