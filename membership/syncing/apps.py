from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SyncingConfig(AppConfig):
    """Members that the chain's own software keeps, filed here by its own numbers. Each chain's schema."""

    name = "membership.syncing"
    label = "syncing"
    verbose_name = _("会员同步")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from billing.metering.registry import also_count
        from membership.syncing import member_hooks  # noqa: F401 - the hooks register themselves
        from membership.syncing.metering import BATCHES

        also_count("api", BATCHES)
