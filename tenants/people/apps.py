from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    """Who acts: owners and platform staff (public schema), a chain's staff and API keys (its own schema)."""

    name = "tenants.people"
    label = "people"
    verbose_name = _("员工与权限")
    default_auto_field = "django.db.models.BigAutoField"
