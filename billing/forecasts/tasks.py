"""Celery's way to the forecasts."""

from billing.forecasts import announcing, gating, services
from kernel.tasks import public_task


@public_task("forecasts.warn", own_transactions=True)
def warn() -> None:
    """Tell owners whose account runs low, and all of prices and modules that are to come. Can be repeated at will."""
    services.warn_all()
    announcing.announce_all()
    gating.announce_gated()
