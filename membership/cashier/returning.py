"""Goods that come back: the money returns to what paid for it, lot by lot, and their points go (R-M16, R-P17)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, Sum

from kernel import clock
from kernel.money import Money
from ledger.domain import Contra, Line, OpenLot, PostingRequest, RestoreLot, TakeLot, Unit, request_hash
from ledger.models import Draw, Entry, Lot, Posting
from membership.cards import origins
from membership.cashier import guards, locks, signing
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL
from membership.cashier.acting import chain_policy, post_traced
from membership.cashier.domain import CardRef, Occasion, Receipt
from membership.cashier.drafts import check_amount
from membership.cashier.errors import NotReturnable, ReturnTooMuch
from membership.cashier.following import Heirs, heirs_of, hold_heirs, pass_on
from membership.cashier.models import GoodsReturn, SignedBill
from membership.cashier.past import booked, record_of
from membership.cashier.points import kept_after_return
from membership.cashier.posting import Draft
from membership.cashier.refunds import spread
from membership.cashier.tender import Means
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.people.domain import Act, Actor, require

RETURN: Final = "RETURN"
_WHOLE_BP: Final = 10_000


@dataclass(frozen=True, slots=True)
class Sold:
    """A consumption as the books have it now: what is still out, by the means that paid for it. Amounts in fen.

    ``card``: the one that was used; ``to``: the one that has its place now, if it was replaced.
    """

    posting_id: UUID
    card: CardRef
    to: CardRef
    total_fen: int
    returned_fen: int
    left: Mapping[str, int]
    accounts: Mapping[str, int]
    points: int
    points_taken: int

    @property
    def left_fen(self) -> int:
        """What may still come back."""
        return self.total_fen - self.returned_fen


@dataclass(frozen=True, slots=True)
class ReturnPlan:
    """What a return does, before it is posted: also its preview."""

    amount_fen: int
    fee_fen: int
    parts: Mapping[str, int]
    points: int
    points_short: int


def return_goods(
    *,
    actor: Actor,
    record_id: UUID,
    amount: Money,
    store_id: int,
    idempotency_key: str,
    reason: str,
    with_card: bool = True,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Take goods of a consumption back, in whole or in part. What paid for them comes back in the same ratio: onto the
    very lots, to the prepayment, off the signed bill, and in cash. What a card paid that was replaced since goes to the
    one that has its place, as lots of the same kind, age and end (R-J03).

    Points earned by what came back are taken, never below nothing. ``with_card`` False costs the chain's fee (X-23).

    Raises:
        NotAllowed, RecordNotFound, NotReturnable, ReturnTooMuch, CardNotUsable, AmountNotPositive
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_RETURN, store_id=store_id)
    check_amount(amount)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    record = _consumption(record_id)
    bill = locks.lock_bill(record_id)
    heirs = hold_heirs(record_id, record.card)
    # Somebody may have reversed it before we had the locks.
    _consumption(record_id)
    replayed = Posting.objects.filter(idempotency_key=occasion.ledger_key).exists()
    sold = _sold(record_id, heirs)
    fee_fen = _fee(amount, sold, with_card)
    # A replay has left less behind than it asks for; the ledger knows it by its key.
    plan = _plan(sold, amount, fee_fen, occasion, bill) if not replayed else _nothing(amount)
    request = _request(plan, sold, amount, occasion, reason, with_card)
    detail = _detail(plan, sold, reason)
    receipt = post_traced(
        Draft(sold.to, RecordKind.RETURN, plan.parts.get(Means.STORED, 0), occasion, request, detail), Act.VALUE_RETURN
    )
    if receipt.replayed:
        return receipt
    _write(receipt.record_id, record_id, plan)
    pass_on(heirs, receipt.record_id, actor=actor, store_id=store_id)
    if bill is not None and (relieved := plan.parts.get(Means.SIGNED, 0)):
        signing.relieve(bill, relieved)
    return receipt


def plan_return(*, record_id: UUID, amount: Money | None = None, with_card: bool = True) -> tuple[Sold, ReturnPlan]:
    """What a return would do now; without ``amount``, of all that is left.

    Raises:
        RecordNotFound, NotReturnable, ReturnTooMuch
    """
    sold = _sold(record_id, heirs_of(record_id, _consumption(record_id).card))
    back = amount or Money(sold.left_fen)
    occasion = Occasion(Actor(kind="preview"), None, clock.now(), "preview")
    bill = SignedBill.objects.filter(pk=record_id).first()
    return sold, _plan(sold, back, _fee(back, sold, with_card), occasion, bill)


def _consumption(record_id: UUID) -> Record:
    record = record_of(record_id)
    if record.kind != RecordKind.CONSUMPTION or Posting.objects.filter(reverses_id=record_id).exists():
        raise NotReturnable
    return record


def _sold(record_id: UUID, heirs: Heirs) -> Sold:
    paid: dict[str, int] = {}
    accounts: dict[str, int] = {}
    total = points = 0
    # In the order of the lines: it decides who gets the odd fen.
    entries = (
        Entry.objects.filter(posting_id=record_id)
        .order_by("line_no")
        .values_list("account_id", "account__kind", "contra", "unit", "amount")
    )
    for account_id, kind, contra, unit, amount in entries:
        if unit == Unit.PTS:
            points += max(amount, 0)
        elif contra == Contra.REVENUE:
            total += amount
        elif (means := _means(kind, contra)) is not None:
            paid[means] = paid.get(means, 0) - amount
            if account_id is not None:
                accounts[means] = account_id
    returned = points_taken = 0
    for before in GoodsReturn.objects.filter(consumption=record_id):
        returned += before.amount_fen
        points_taken += before.points + before.points_short
        for means, fen in before.parts.items():
            # What was signed for and paid since comes back in cash: it still is a part of what was signed.
            paid[means] = paid.get(means, 0) - fen
    left = _without_debt(paid)
    return Sold(record_id, heirs.ref, heirs.heir_ref, total, returned, left, accounts, points, points_taken)


def _without_debt(paid: dict[str, int]) -> dict[str, int]:
    """Cash given back for a settled signed bill is taken off the part that was signed."""
    over = min(paid.get(Means.CASH, 0), 0)
    if over:
        paid[Means.CASH] = 0
        paid[Means.SIGNED] = paid.get(Means.SIGNED, 0) + over
    return {means: fen for means, fen in paid.items() if fen > 0}


def _means(kind: str | None, contra: str | None) -> str | None:
    if contra is not None:
        return Means.CASH.value if contra == Contra.CASH else None
    by_kind = {PREPAYMENT: Means.PREPAYMENT.value, SIGNED_BILL: Means.SIGNED.value}
    return by_kind.get(kind or "", Means.STORED.value)


def _fee(amount: Money, sold: Sold, with_card: bool) -> int:
    if with_card or not sold.points:
        return 0
    return amount.fen * chain_policy().return_fee_bp // _WHOLE_BP


def _plan(sold: Sold, amount: Money, fee_fen: int, occasion: Occasion, bill: SignedBill | None) -> ReturnPlan:
    if amount.fen > sold.left_fen:
        raise ReturnTooMuch(asked=amount, left=Money(sold.left_fen))
    means = list(sold.left)
    shares = spread(amount.fen - fee_fen, [sold.left[name] for name in means])
    parts = {name: fen for name, fen in zip(means, shares, strict=True) if fen}
    signed, owed = parts.pop(Means.SIGNED.value, 0), bill.open_fen if bill is not None else 0
    for name, fen in ((Means.SIGNED.value, min(signed, owed)), (Means.CASH.value, max(signed - owed, 0))):
        if fen:
            parts[name] = parts.get(name, 0) + fen
    kept = kept_after_return(points=sold.points, total_fen=sold.total_fen, returned_fen=sold.returned_fen + amount.fen)
    wanted = sold.points - sold.points_taken - kept
    points = min(wanted, sum(fen for _lot, fen in _points_lots(sold, wanted, occasion)))
    return ReturnPlan(amount.fen, fee_fen, parts, points, wanted - points)


def _nothing(amount: Money) -> ReturnPlan:
    return ReturnPlan(amount.fen, 0, {Means.CASH.value: amount.fen}, 0, 0)


def _points_lots(sold: Sold, wanted: int, occasion: Occasion) -> Iterator[tuple[UUID, int]]:
    """The lots that give ``wanted`` points, as far as they go: the consumption's first, then the soonest to end."""
    if not wanted:
        return
    lots = [
        lot
        for lot in Lot.objects.filter(account_id=sold.to.points_account_id, live=True)
        if lot.expires_at is None or lot.expires_at > occasion.occurred_at
    ]
    lots.sort(key=lambda lot: (lot.posting_id != sold.posting_id, lot.expires_at is None, lot.expires_at, lot.pk))
    for lot in lots:
        part = min(lot.remaining, wanted)
        wanted -= part
        if part:
            yield lot.pk, part


def _request(
    plan: ReturnPlan,
    sold: Sold,
    amount: Money,
    occasion: Occasion,
    reason: str,
    with_card: bool,
) -> PostingRequest:
    return PostingRequest(
        kind=RETURN,
        idempotency_key=occasion.ledger_key,
        request_hash=request_hash(RETURN, str(sold.posting_id), amount.fen, occasion.store_id, reason, int(with_card)),
        actor=str(occasion.actor),
        occurred_at=occasion.occurred_at,
        lines=tuple(_lines(plan, sold, occasion)),
        store_id=occasion.store_id,
        memo={"returns": str(sold.posting_id)} | _passed_on(plan, sold),
        guard=guards.may_spend(sold.to, occasion),
        looks_at=(sold.to.account_id, sold.to.points_account_id),
    )


def _lines(plan: ReturnPlan, sold: Sold, occasion: Occasion) -> Iterable[Line]:
    cny, pts = Unit.CNY.value, Unit.PTS.value
    for means, fen in plan.parts.items():
        if means == Means.CASH:
            yield Line(None, Contra.CASH.value, cny, fen)
        elif means == Means.STORED:
            yield from _stored_lines(fen, sold)
        else:
            yield Line(sold.accounts[means], None, cny, fen)
    if plan.fee_fen:
        yield Line(None, Contra.FEE.value, cny, plan.fee_fen)
    yield Line(None, Contra.REVENUE.value, cny, -plan.amount_fen)
    if plan.points:
        takes = tuple(TakeLot(lot, part) for lot, part in _points_lots(sold, plan.points, occasion))
        yield Line(sold.to.points_account_id, None, pts, -plan.points, takes=takes)
        yield Line(None, Contra.POINTS.value, pts, plan.points)


def _stored_lines(fen: int, sold: Sold) -> Iterator[Line]:
    """Back onto the very lots; from those of a card that was replaced on to the one that has its place."""
    back, cny = tuple(_restored(fen, sold)), Unit.CNY.value
    yield Line(sold.card.account_id, None, cny, fen, restores=back)
    if sold.to == sold.card:
        return
    lots = Lot.objects.in_bulk([part.lot_id for part in back])
    yield Line(sold.card.account_id, None, cny, -fen, takes=tuple(TakeLot(part.lot_id, part.amount) for part in back))
    opened = [(lots[part.lot_id], part.amount) for part in back]
    anew = tuple(OpenLot(lot.kind, amount, lot.expires_at, lot.opened_at) for lot, amount in opened)
    yield Line(sold.to.account_id, None, cny, fen, lots=anew)


def _passed_on(plan: ReturnPlan, sold: Sold) -> dict[str, Any]:
    """Which lots those on another card are, for the posting's memo."""
    if sold.to == sold.card or Means.STORED not in plan.parts:
        return {}
    back = [part.lot_id for part in _restored(plan.parts[Means.STORED], sold)]
    lots = Lot.objects.in_bulk(back)
    return origins.told([lots[lot_id] for lot_id in back])


def _restored(fen: int, sold: Sold) -> Iterator[RestoreLot]:
    """The lots that were drawn, each in the ratio of what is still out of it."""
    # What a return passed on to another card was back before it went.
    back = Q(posting_id=sold.posting_id) | Q(amount__gt=0)
    postings = [sold.posting_id, *GoodsReturn.objects.filter(consumption=sold.posting_id).values_list("pk", flat=True)]
    rows = (
        Draw.objects.filter(back, posting_id__in=postings, lot__account_id=sold.card.account_id)
        .values_list("lot_id")
        .annotate(out=-Sum("amount"))
        .order_by("lot_id")
    )
    lots = [(lot_id, out) for lot_id, out in rows if out > 0]
    for (lot_id, _out), part in zip(lots, spread(fen, [out for _lot, out in lots]), strict=True):
        if part:
            yield RestoreLot(lot_id, part)


def _detail(plan: ReturnPlan, sold: Sold, reason: str) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "returns": str(sold.posting_id),
        "total_fen": plan.amount_fen,
        "parts": dict(plan.parts),
    }
    if sold.to != sold.card:
        detail["card"] = sold.card.number
    if reason:
        detail["note"] = reason
    if plan.fee_fen:
        detail["fee_fen"] = plan.fee_fen
    if plan.points or plan.points_short:
        detail |= {"points": -plan.points, "points_short": plan.points_short}
    return detail


def _told_of(posting_id: UUID) -> Mapping[str, Any]:
    """What the record of a return said, out of the return; records are cleared."""
    found = GoodsReturn.objects.filter(pk=posting_id).first()
    if found is None:
        return {}
    told: dict[str, Any] = {"returns": str(found.consumption), "total_fen": found.amount_fen, "parts": found.parts}
    if found.fee_fen:
        told["fee_fen"] = found.fee_fen
    if found.points or found.points_short:
        told |= {"points": -found.points, "points_short": found.points_short}
    return told


booked(RETURN, RecordKind.RETURN, tells=_told_of)


def _write(return_id: UUID, record_id: UUID, plan: ReturnPlan) -> None:
    GoodsReturn.objects.create(
        id=return_id,
        consumption=record_id,
        amount_fen=plan.amount_fen,
        fee_fen=plan.fee_fen,
        parts=dict(plan.parts),
        points=plan.points,
        points_short=plan.points_short,
    )
