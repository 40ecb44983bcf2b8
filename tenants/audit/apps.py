from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The trail of acts: who did what to what, when, where. Both kinds of schema."""

    name = "tenants.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
