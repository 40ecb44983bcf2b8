"""Celery's way to the statements."""

from billing.statements import services
from kernel.tasks import public_task


@public_task("statements.make", own_transactions=True)
def make() -> None:
    """Make what statements are due. Can be repeated at will."""
    services.make_due()
