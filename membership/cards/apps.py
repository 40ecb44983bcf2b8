from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CardsConfig(AppConfig):
    """Cards, their levels, states and PINs. Each chain's schema."""

    name = "membership.cards"
    label = "cards"
    verbose_name = _("会员卡")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from kernel import due
        from membership.cards import member_hooks, queries  # noqa: F401 - registers them

        due.register(queries.ANSWER_CODES, queries.CODES_DUE)
