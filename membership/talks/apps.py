from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TalksConfig(AppConfig):
    """What members and the shop write to each other. Each chain's schema."""

    name = "membership.talks"
    label = "talks"
    verbose_name = _("会员消息")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.talks import member_hooks  # noqa: F401 - registers it
