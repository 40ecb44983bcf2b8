"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MeteringConfig(AppConfig):
    """Counts of calls, in the public schema. What is counted stays in the chains' own."""

    name = "billing.metering"
    label = "metering"
    verbose_name = _("计量")
