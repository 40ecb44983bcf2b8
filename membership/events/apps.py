from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    """What the chain's own software is to be told: written with what it tells of. Each chain's schema."""

    name = "membership.events"
    label = "events"
    verbose_name = _("对外事件")
    default_auto_field = "django.db.models.BigAutoField"
