"""Celery's way to the subscriptions."""

from datetime import timedelta
from typing import Final

from billing.metering.services import count_usage
from billing.subscriptions import services
from kernel import clock
from kernel.db import in_public
from kernel.tasks import public_task

# What was committed later than its hour was counted is found for this long.
_RECOUNTED: Final = timedelta(days=3)


@public_task("billing.begin")
def begin() -> None:
    """Begin the subscriptions of chains that have come into being."""
    services.begin_missing()


@public_task("billing.run", own_transactions=True)
def run() -> None:
    """End who has left, count, raise who has outgrown its plan, charge the calls of days that are over and the periods
    that begin. Can be repeated at will.
    """
    with in_public():
        services.end_departed()
    with in_public():
        services.count_stores()
        count_usage(since=clock.now() - _RECOUNTED)
    services.charge_all_calls()
    raised = True
    while raised:
        with in_public():
            raised = bool(services.raise_to_floor())
    services.renew_all()
