"""The payment service that this process speaks to, as the settings choose it (``docs/operations.md``)."""

from functools import cache

import stripe
from django.conf import settings
from django.utils.module_loading import import_string

from billing.payments.errors import PaymentsUnavailable
from billing.payments.ports import PaymentGateway
from billing.payments.stripe_gateway import StripeGateway

_TIMEOUT_S = 20
# The library's own repetitions, under the same key, when the connection breaks; what is lost then is looked up.
_REPEATS = 1


def gateway() -> PaymentGateway:
    """The payment service.

    Raises:
        PaymentsUnavailable: none is set up.
    """
    chosen = settings.PAYMENTS
    if chosen["transport"] == "off":
        raise PaymentsUnavailable
    return _made(chosen["transport"], chosen["api_key"], chosen["webhook_secret"])


def is_set_up() -> bool:
    """Whether chains can pay online at all."""
    return bool(settings.PAYMENTS["transport"] != "off")


@cache
def _made(transport: str, api_key: str, webhook_secret: str) -> PaymentGateway:
    if transport == "network":
        beneath: stripe.HTTPClient = stripe.RequestsClient(timeout=_TIMEOUT_S)
        return StripeGateway(api_key=api_key, webhook_secret=webhook_secret, transport=beneath, repeats=_REPEATS)
    simulated = import_string(settings.PAYMENT_SIMULATOR)()
    return StripeGateway(api_key=api_key, webhook_secret=webhook_secret, transport=simulated, repeats=0)
