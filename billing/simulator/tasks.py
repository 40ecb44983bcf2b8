"""Celery's way to the simulated service."""

from billing.simulator import delivery
from kernel.tasks import public_task


@public_task("simulator.deliver", own_transactions=True)
def deliver() -> None:
    """Tell the product what happened."""
    delivery.deliver_due()
