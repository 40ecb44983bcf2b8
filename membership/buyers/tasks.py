"""Background work on registrations."""

from kernel.tasks import chain_task
from membership.buyers.queries import FORGET
from membership.buyers.services import forget_buyers
from tenants.people.domain import SYSTEM


@chain_task(FORGET)
def forget() -> None:
    """Delete what the law no longer asks for."""
    forget_buyers(actor=SYSTEM)
