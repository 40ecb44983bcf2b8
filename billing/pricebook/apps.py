"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PriceBookConfig(AppConfig):
    """The price list. No tables yet: a book is a file that is never edited, only followed by a newer one."""

    name = "billing.pricebook"
    label = "pricebook"
    verbose_name = _("价目")
