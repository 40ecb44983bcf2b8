from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BrandingConfig(AppConfig):
    """A chain's own look of its members' portal: logo, colour, card face. Each chain's schema."""

    name = "membership.branding"
    label = "branding"
    verbose_name = _("门户品牌")
    default_auto_field = "django.db.models.BigAutoField"
