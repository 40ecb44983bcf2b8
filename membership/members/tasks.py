"""Background work on members."""

from kernel.tasks import chain_task
from membership.members.queries import FORGET
from membership.members.services import forget_retained
from tenants.people.domain import SYSTEM


@chain_task(FORGET)
def forget() -> None:
    """Delete the identities of erased members that the law no longer asks for."""
    forget_retained(actor=SYSTEM)
