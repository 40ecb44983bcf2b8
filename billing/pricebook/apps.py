"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PriceBookConfig(AppConfig):
    """The price list: dated books, of which none is ever edited, only followed by a newer one."""

    name = "billing.pricebook"
    label = "pricebook"
    verbose_name = _("价目")
