"""Points put right by hand, with a reason."""

from datetime import datetime
from typing import Final

from billing.subscriptions.entitlements import require_module
from kernel import clock
from ledger.domain import Contra, Line, PostingRequest, Unit, request_hash
from ledger.errors import AmountNotPositive
from membership.cashier import guards
from membership.cashier.acting import card_ref, post_traced
from membership.cashier.domain import Occasion, Receipt, points_lines
from membership.cashier.posting import Draft
from membership.records.domain import RecordKind
from tenants.people.domain import Act, Actor, require

POINTS_ADJUST: Final = "POINTS_ADJUST"


def adjust_points(
    *,
    actor: Actor,
    card_number: str,
    points: int,
    reason: str,
    store_id: int,
    idempotency_key: str,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Give points (> 0) or take them (< 0), never below nothing. Without the module none are given any more.

    Raises:
        ModuleNotEnabled, NotAllowed, CardNotFound, CardNotUsable, AmountNotPositive
        InsufficientPoints: nothing was taken.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.POINTS_ADJUST, store_id=store_id)
    if not points:
        raise AmountNotPositive
    if points > 0:
        require_module("points")
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    card = card_ref(card_number)
    lines = points_lines(card.points_account_id, points)
    if points < 0:
        lines = (
            Line(card.points_account_id, None, Unit.PTS.value, points),
            Line(None, Contra.POINTS.value, Unit.PTS.value, -points),
        )
    request = PostingRequest(
        kind=POINTS_ADJUST,
        idempotency_key=occasion.ledger_key,
        request_hash=request_hash(POINTS_ADJUST, card.number, points, store_id, reason),
        actor=str(actor),
        occurred_at=occasion.occurred_at,
        lines=lines,
        store_id=store_id,
        guard=guards.may_spend(card, occasion),
        looks_at=(card.account_id,),
    )
    detail = {"points": points, "note": reason}
    return post_traced(Draft(card, RecordKind.POINTS, 0, occasion, request, detail), Act.POINTS_ADJUST)
