"""Celery's way to what ends by itself."""

from kernel.tasks import public_task, schema_task
from membership.expiry import sweeping
from membership.expiry.services import daily
from membership.expiry.services.dormancy import TELL


@schema_task("expiry.run")
def run(schema_name: str) -> None:
    """Do a chain's expiry of the day, or what is left of it."""
    daily.run(schema_name)


@public_task("expiry.sweep")
def sweep() -> None:
    """Enqueue the chains whose day is not done."""
    sweeping.sweep_days()


@schema_task(TELL)
def tell(schema_name: str) -> None:
    """Tell the members of a list that was just approved; the daily run tells whoever is left."""
    daily.tell(schema_name)
