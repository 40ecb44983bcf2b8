"""The product's settings for processes that tests start beside themselves: web servers and workers of a house."""

from config.settings import *  # noqa: F403

# Whatever is asked of the simulated payment service is held against Stripe's own types, there as in the tests.
PAYMENT_SIMULATOR = "tests.billing.payments.typed.CheckedTransport"
