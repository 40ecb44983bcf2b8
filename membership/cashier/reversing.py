"""Negative top-up (反充值): a top-up that should not have been is taken back with its bonus (R-G06, R-I05 – R-I08).

There is no way to it but the fault form (``document_kinds``), so that two people have seen its figures.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kernel import clock
from kernel.money import Money
from ledger.domain import Contra, Line, LotKind, PostingRequest, TakeLot, Unit, request_hash
from ledger.models import Lot, Posting
from membership.cards import origins
from membership.cashier.acting import post_traced
from membership.cashier.domain import TOP_UP, CardRef, Occasion, Receipt
from membership.cashier.errors import (
    FaultFormNeeded,
    FaultFormOutdated,
    NothingToTakeBack,
    NotReversible,
)
from membership.cashier.faults import FAULT_FORM
from membership.cashier.following import Heirs, heirs_of, hold_heirs
from membership.cashier.past import TAKES_BACK, booked, record_of
from membership.cashier.posting import Draft
from membership.cashier.refunds import TakeBack, take_back
from membership.documents.models import Document
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.people.domain import Act, Actor, require

REVERSE_TOP_UP: Final = "REVERSE_TOP_UP"

booked(REVERSE_TOP_UP, RecordKind.REVERSAL)


@dataclass(frozen=True, slots=True)
class TopUpLots:
    """A top-up's two lots as they are now, and what taking them back comes to. Amounts in fen.

    ``card``: the one that was topped up; ``to``: the one that has its place now, if it was replaced, and on which what
    is left of the lots lies.
    """

    card: CardRef
    to: CardRef
    paid_fen: int
    given_fen: int
    lots: tuple[TakeLot, ...]
    plan: TakeBack

    @property
    def used_fen(self) -> int:
        """What of it has left the card."""
        return self.paid_fen + self.given_fen - self.plan.principal_fen - self.plan.bonus_fen

    @property
    def is_there(self) -> bool:
        """Whether something of it is left to take back."""
        return bool(self.plan.principal_fen or self.plan.bonus_fen)


def plan_reverse_top_up(*, record_id: UUID) -> TopUpLots:
    """What a negative top-up would take and give now.

    Raises:
        RecordNotFound, NotReversible
    """
    record = _top_up(record_id)
    return _lots(record, heirs_of(record.pk, record.card))


def reverse_top_up(
    *,
    actor: Actor,
    record_id: UUID,
    form: Document | None,
    stated_used_fen: int,
    store_id: int,
    reason: str,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Take a top-up back: what is left of its principal and exactly what is left of its bonus. For the treasury.

    ``form``: the fault form about this top-up, with all its approvals. A bonus that was spent already is kept back from
    the principal, never below nothing (X-22): ``stated_used_fen`` is what had been used by the form, and it is no more
    than that by now. The card's state does not matter; if it was replaced, its lots are taken where they are now
    (R-J03). Done once for a form.

    Raises:
        NotAllowed, RecordNotFound, NotReversible, FaultFormNeeded, FaultFormOutdated, NothingToTakeBack
        StaleCard: the card was replaced just now; nothing has been done.
    """
    require(actor, Act.VALUE_REVERSE, store_id=store_id)
    key = f"fault-{_checked(form, record_id).number}"
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), key)
    record = _top_up(record_id)
    found = _lots(record, hold_heirs(record.pk, record.card))
    plan = found.plan
    if not Posting.objects.filter(idempotency_key=occasion.ledger_key).exists():
        if not found.is_there:
            raise NothingToTakeBack
        if found.used_fen != stated_used_fen:
            raise FaultFormOutdated(stated=Money(stated_used_fen), used=Money(found.used_fen))
    detail: dict[str, Any] = {
        "reverses": str(record_id),
        "reverses_kind": RecordKind.TOP_UP.value,
        "note": reason,
        "paid_fen": -plan.cash_fen,
        "bonus_fen": -plan.bonus_fen - plan.shortfall_fen,
        "shortfall_fen": plan.shortfall_fen,
    }
    if found.to != found.card:
        detail["card"] = found.card.number
    if "bonus_rule" in record.detail:
        detail["bonus_rule"] = record.detail["bonus_rule"]
    taken = plan.principal_fen + plan.bonus_fen
    draft = Draft(found.to, RecordKind.REVERSAL, -taken, occasion, _request(found, record_id, occasion, reason), detail)
    return post_traced(draft, Act.VALUE_REVERSE)


def _checked(form: Document | None, record_id: UUID) -> Document:
    """The form, if it is one about this top-up and nobody's approval is wanting."""
    if form is None or form.kind != FAULT_FORM or form.payload.get("record_id") != str(record_id):
        raise FaultFormNeeded
    if form.approvals_given < max(len(form.approvals), 1):
        raise FaultFormNeeded
    return form


def _top_up(record_id: UUID) -> Record:
    record = record_of(record_id)
    if record.kind != RecordKind.TOP_UP or not Posting.objects.filter(pk=record_id, kind=TOP_UP).exists():
        raise NotReversible
    return record


def _lots(record: Record, heirs: Heirs) -> TopUpLots:
    opened = list(Lot.objects.filter(posting_id=record.pk, account_id=heirs.ref.account_id).order_by("pk"))
    lots = [*opened, *origins.heirs_of(opened)]
    given = [lot for lot in lots if lot.kind == LotKind.BONUS]
    paid = [lot for lot in lots if lot.kind != LotKind.BONUS]
    given_fen = sum(lot.original for lot in given if lot in opened)
    return TopUpLots(
        card=heirs.ref,
        to=heirs.heir_ref,
        paid_fen=sum(lot.original for lot in paid if lot in opened),
        given_fen=given_fen,
        lots=tuple(TakeLot(lot.pk, lot.remaining) for lot in lots if lot.remaining),
        plan=take_back(
            given_fen=given_fen,
            principal_left_fen=sum(lot.remaining for lot in paid),
            bonus_left_fen=sum(lot.remaining for lot in given),
        ),
    )


def _request(found: TopUpLots, record_id: UUID, occasion: Occasion, reason: str) -> PostingRequest:
    plan, cny = found.plan, Unit.CNY.value
    against = [
        (Contra.CASH.value, plan.cash_fen),
        (Contra.PROMOTION.value, plan.bonus_fen + plan.shortfall_fen),
    ]
    taken = plan.principal_fen + plan.bonus_fen
    lines = [Line(found.to.account_id, None, cny, -taken, takes=found.lots)] if taken else []
    lines += [Line(None, contra, cny, fen) for contra, fen in against if fen]
    return PostingRequest(
        kind=REVERSE_TOP_UP,
        idempotency_key=occasion.ledger_key,
        request_hash=request_hash(REVERSE_TOP_UP, str(record_id), occasion.store_id, reason),
        actor=str(occasion.actor),
        occurred_at=occasion.occurred_at,
        # A replay may find nothing left to say: the ledger answers by the key before it reads the lines.
        lines=tuple(lines) or (Line(None, Contra.CASH.value, cny, 0),),
        store_id=occasion.store_id,
        memo={TAKES_BACK: str(record_id)},
        looks_at=(found.to.account_id,),
    )
