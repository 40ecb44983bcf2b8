from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RequestsConfig(AppConfig):
    """What members ask the chain to do with their cards. Each chain's schema."""

    name = "membership.requests"
    label = "requests"
    verbose_name = _("会员申请")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.requests import member_hooks  # noqa: F401 - registers it
