from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExpiryConfig(AppConfig):
    """What ends by itself: lots that were given, points, cards that lie unused. Each chain's schema."""

    name = "membership.expiry"
    label = "expiry"
    verbose_name = _("到期与睡眠")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from membership.cards.gates import before_unfreezing
        from membership.expiry.services.dormancy import refuse_plain_unfreezing

        before_unfreezing(refuse_plain_unfreezing)
