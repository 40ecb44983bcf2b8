"""Celery's way to the payments. Each meets the outside world, so each opens its own transactions."""

from billing.payments import services
from billing.payments.gateway import is_set_up
from kernel.tasks import public_task


@public_task("payments.process", own_transactions=True)
def process() -> None:
    """Process the messages of the payment service that are waiting."""
    if is_set_up():
        services.process_due()


@public_task("payments.sweep", own_transactions=True)
def sweep() -> None:
    """Messages and attempts that are due, and cards to be charged."""
    if is_set_up():
        services.process_due()
        services.look_at_due()
        services.charge_due()


@public_task("payments.reconcile", own_transactions=True)
def reconcile() -> None:
    """Find what the payment service has told nobody."""
    if is_set_up():
        services.reconcile()
        services.process_due()
