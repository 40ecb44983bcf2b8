"""Celery's way to the chains."""

from kernel.tasks import public_task
from tenants.chains import services, spares, sweeping


@public_task("chains.provision", own_transactions=True)
def provision(chain_id: int) -> None:
    """Make a chain, or go on making it."""
    services.provision(chain_id)


@public_task("chains.close", own_transactions=True)
def close(chain_id: int) -> None:
    """Export a chain that is leaving, and drop its schema."""
    services.finish_closing(chain_id)


@public_task("chains.refill_spares", own_transactions=True)
def refill_spares() -> None:
    """Make schemas in advance for the next sign-ups."""
    spares.refill()


@public_task("chains.sweep")
def sweep() -> None:
    """Enqueue the chains that were left unfinished."""
    sweeping.sweep_chains()


@public_task("chains.sweep_due")
def sweep_due() -> None:
    """Enqueue whatever is due in any chain."""
    sweeping.sweep_due()


@public_task("chains.sweep_mail")
def sweep_mail() -> None:
    """Enqueue the mail that was left in any schema."""
    sweeping.sweep_mail()
