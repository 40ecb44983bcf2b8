from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SmsConfig(AppConfig):
    """Outgoing text messages: a row written with what it tells of, delivered afterwards. Each chain's schema."""

    name = "kernel.sms"
    label = "sms"
    verbose_name = _("短信")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kernel import due
        from kernel.sms import queries

        due.register("sms.deliver_due", queries.DUE)
