from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """What happened to a card, as the member portal shows it. Each chain's schema."""

    name = "membership.records"
    label = "records"
    verbose_name = _("卡片记录")
    default_auto_field = "django.db.models.BigAutoField"
