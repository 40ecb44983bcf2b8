from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TillsConfig(AppConfig):
    """What a till leaves on paper: printed receipts, the day's totals, the counted drawer. Each chain's schema."""

    name = "membership.tills"
    label = "tills"
    verbose_name = _("收银小票与日结")
    default_auto_field = "django.db.models.BigAutoField"
