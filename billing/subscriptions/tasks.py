"""Celery's way to the subscriptions."""

from billing.subscriptions import services
from kernel.db import in_public
from kernel.tasks import public_task


@public_task("billing.begin")
def begin() -> None:
    """Begin the subscriptions of chains that have come into being."""
    services.begin_missing()


@public_task("billing.run", own_transactions=True)
def run() -> None:
    """Count the stores, raise who has outgrown its plan, and charge the periods that begin. Can be repeated at will."""
    with in_public():
        services.count_stores()
    raised = True
    while raised:
        with in_public():
            raised = bool(services.raise_to_floor())
    services.renew_all()
