from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DevicesConfig(AppConfig):
    """What a member's own devices do for her card: sessions, and the code that stands for it. Each chain's schema."""

    name = "membership.devices"
    label = "devices"
    verbose_name = _("会员设备")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.devices import member_hooks  # noqa: F401 - registers it
