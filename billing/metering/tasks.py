"""Celery's way to the meters."""

from datetime import timedelta
from typing import Final

from billing.metering import services
from kernel import clock
from kernel.tasks import public_task

# Far longer than a transaction may stay open.
_RECENT: Final = timedelta(hours=2)


@public_task("metering.count")
def count() -> None:
    """Count the last hours anew, so that the owner sees what is used while it is."""
    services.count_usage(since=clock.now() - _RECENT)
