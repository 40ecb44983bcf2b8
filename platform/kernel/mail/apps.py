from django.apps import AppConfig


class MailConfig(AppConfig):
    """Outgoing e-mail: a row written with what it tells of, delivered afterwards. Both kinds of schema."""

    name = "kernel.mail"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"
