"""Celery's way to the forecasts."""

from billing.forecasts import services
from kernel.tasks import public_task


@public_task("forecasts.warn", own_transactions=True)
def warn() -> None:
    """Tell owners whose account runs low. Can be repeated at will."""
    services.warn_all()
