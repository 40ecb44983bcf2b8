"""Every row lock of this app, in one order: standing orders, attempts by key, then (elsewhere) chains' accounts."""

from uuid import UUID

from billing.payments.domain import AttemptKind
from billing.payments.models import Attempt, AutoTopUp


def hold_attempt(attempt_id: UUID) -> Attempt | None:
    """The attempt, locked; for an automatic top-up, its standing order before it. None where there is none."""
    seen = Attempt.objects.filter(pk=attempt_id).values_list("kind", "chain_id").first()
    if seen is None:
        return None
    kind, chain_id = seen
    if kind == AttemptKind.AUTO_TOP_UP:
        hold_auto_top_up(chain_id)
    return Attempt.objects.select_for_update(no_key=True).get(pk=attempt_id)


def hold_auto_top_up(chain_id: int) -> AutoTopUp | None:
    """The chain's standing order, locked."""
    return AutoTopUp.objects.select_for_update(no_key=True).filter(pk=chain_id).first()
