from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MailConfig(AppConfig):
    """Outgoing e-mail: a row written with what it tells of, delivered afterwards. Both kinds of schema."""

    name = "kernel.mail"
    label = "mail"
    verbose_name = _("邮件")
    default_auto_field = "django.db.models.BigAutoField"
