from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Every web page: the public site, the owner's console, the staff's desk, the members' portal."""

    name = "portal"
    default_auto_field = "django.db.models.BigAutoField"
