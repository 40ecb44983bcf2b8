"""Setting an account right by hand: one of the platform's staff asks, another decides. In the public schema; each
requires an open transaction.
"""

from uuid import UUID

from billing.accounts import services
from billing.accounts.domain import (
    AdjustmentDecided,
    AdjustmentEmpty,
    AdjustmentNotFound,
    AdjustmentOwn,
    Contra,
    Debit,
    PostingKind,
)
from billing.accounts.locks import hold_accounts
from billing.accounts.models import Adjustment, AdjustmentDecision
from kernel import clock
from tenants.audit.services import record
from tenants.people.domain import Actor, require_platform


def request_adjustment(*, actor: Actor, chain_id: int, amount_fen: int, reason: str) -> Adjustment:
    """Ask that the chain's account be set right by so many fen: positive to its good, negative taken from it.

    Nothing moves until somebody else approves.

    Raises:
        NotAllowed, AdjustmentEmpty
    """
    requested_by = require_platform(actor)
    if not amount_fen or not reason.strip():
        raise AdjustmentEmpty
    adjustment = Adjustment.objects.create(
        chain_id=chain_id,
        amount_fen=amount_fen,
        reason=reason.strip(),
        requested_by_id=requested_by,
        requested_at=clock.now(),
    )
    detail = {"chain_id": chain_id, "amount_fen": amount_fen}
    record(actor, "adjustment.request", object_type="adjustment", object_id=adjustment.pk, detail=detail)
    return adjustment


def approve_adjustment(*, actor: Actor, adjustment_id: int, note: str = "") -> AdjustmentDecision:
    """Approve and post it, once. What is taken beyond the prepaid balance becomes arrears.

    Raises:
        NotAllowed, AdjustmentNotFound, AdjustmentDecided
        AdjustmentOwn: four eyes.
    """
    adjustment = _to_decide(actor, adjustment_id)
    decision = _decide(adjustment, actor, note, posting_id=_post(adjustment, actor))
    record(actor, "adjustment.approve", object_type="adjustment", object_id=adjustment.pk)
    return decision


def reject_adjustment(*, actor: Actor, adjustment_id: int, note: str = "") -> AdjustmentDecision:
    """Reject it: nothing moves, and it cannot be approved any more.

    Raises:
        NotAllowed, AdjustmentNotFound, AdjustmentDecided
        AdjustmentOwn: four eyes.
    """
    adjustment = _to_decide(actor, adjustment_id)
    decision = _decide(adjustment, actor, note, posting_id=None)
    record(actor, "adjustment.reject", object_type="adjustment", object_id=adjustment.pk)
    return decision


def _to_decide(actor: Actor, adjustment_id: int) -> Adjustment:
    require_platform(actor)
    adjustment = Adjustment.objects.filter(pk=adjustment_id).first()
    if adjustment is None:
        raise AdjustmentNotFound
    # Insert-only rows cannot be locked: who holds the accounts decides, and sees what was decided before.
    services.open_accounts(chain_ids=[adjustment.chain_id])
    hold_accounts([adjustment.chain_id])
    if AdjustmentDecision.objects.filter(adjustment=adjustment).exists():
        raise AdjustmentDecided
    if adjustment.requested_by_id == actor.id:
        raise AdjustmentOwn
    return adjustment


def _decide(adjustment: Adjustment, actor: Actor, note: str, *, posting_id: UUID | None) -> AdjustmentDecision:
    return AdjustmentDecision.objects.create(
        adjustment=adjustment,
        requested_by_id=adjustment.requested_by_id,
        decided_by_id=require_platform(actor),
        approved=posting_id is not None,
        note=note.strip(),
        decided_at=clock.now(),
        posting_id=posting_id,
    )


def _post(adjustment: Adjustment, actor: Actor) -> UUID:
    key, now = f"adjustment:{adjustment.pk}", clock.now()
    memo = {"adjustment": adjustment.pk, "reason": adjustment.reason}
    if adjustment.amount_fen > 0:
        return services.credit(
            chain_id=adjustment.chain_id,
            amount_fen=adjustment.amount_fen,
            key=key,
            source=Contra.CASH_ADJUSTMENT,
            actor=actor,
            occurred_at=now,
            memo=memo,
        ).posting_id
    charge = Debit(
        chain_id=adjustment.chain_id,
        amount_fen=-adjustment.amount_fen,
        key=key,
        kind=PostingKind.CHAIN_ADJUSTMENT,
        actor=actor,
        occurred_at=now,
        may_owe=True,
        memo=memo,
        contra=Contra.CASH_ADJUSTMENT,
    )
    return services.debit(charge).posting_id
