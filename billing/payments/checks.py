"""What the settings of payments must be, said by `manage.py check`. What must not even start is refused by the settings
themselves (``config.payments``).
"""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks


@checks.register("kayun")
def check_payments(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """Whether payments can be taken and their messages believed."""
    chosen = settings.PAYMENTS
    if chosen["transport"] == "network" and not chosen["webhook_secret"]:
        return [
            checks.Warning(
                "KAYUN_STRIPE_WEBHOOK_SECRET is not set: messages are refused, payments are seen by asking only.",
                id="kayun.payments.W001",
            )
        ]
    if chosen["transport"] == "off" and settings.MODE == "production":
        return [
            checks.Warning("KAYUN_STRIPE_SECRET_KEY is not set: chains cannot top up online.", id="kayun.payments.W002")
        ]
    return []
