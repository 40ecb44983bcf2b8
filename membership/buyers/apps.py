from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from kernel import due


class BuyersConfig(AppConfig):
    """Who bought or topped up cards for others, or bearer cards in number. Each chain's schema."""

    name = "membership.buyers"
    label = "buyers"
    verbose_name = _("购卡登记")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.buyers import member_hooks, queries  # noqa: F401 - the hooks register themselves

        due.register(queries.FORGET, queries.TO_FORGET)
