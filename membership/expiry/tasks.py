"""Celery's way to what ends by itself."""

from kernel.tasks import public_task, schema_task
from membership.expiry import sweeping
from membership.expiry.services import daily


@schema_task("expiry.run")
def run(schema_name: str) -> None:
    """Do a chain's expiry of the day, or what is left of it."""
    daily.run(schema_name)


@public_task("expiry.sweep")
def sweep() -> None:
    """Enqueue the chains whose day is not done."""
    sweeping.sweep_days()
