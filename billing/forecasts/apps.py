"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ForecastsConfig(AppConfig):
    """What chains' accounts will be charged, and what their owners were told of it. In the public schema."""

    name = "billing.forecasts"
    label = "forecasts"
    verbose_name = _("余额预测")
    default_auto_field = "django.db.models.BigAutoField"
