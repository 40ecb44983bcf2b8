"""Packages: selling them, using them up, undoing either. Each requires a transaction and is done once per key.

A chain without the module sells no more; what it has sold is used and undone as ever.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from billing.subscriptions.entitlements import require_module
from kernel import clock
from kernel.calendar import add_months, start_of
from kernel.clock import CHINA
from kernel.money import Money
from ledger.domain import Contra, Line, LotKind, OpenLot, PostingRequest, TakeLot, request_hash
from ledger.locks import lock_accounts
from ledger.models import Lot, Posting
from ledger.queries import lots_of
from ledger.services import reversal_of
from membership.cards.policy import PinProof
from membership.cashier import guards, locks, signing
from membership.cashier.accounts import account_of
from membership.cashier.acting import card_ref, post_traced, ref_of, rules
from membership.cashier.domain import CardRef, Occasion, Receipt
from membership.cashier.drafts import check_bill, consumption_draft
from membership.cashier.following import bring_home, hold_heirs, pass_card_on, pass_on, refuse_ended
from membership.cashier.past import record_of
from membership.cashier.posting import Draft
from membership.cashier.services import member_of, post_bill
from membership.cashier.tender import NOBODYS, Bill, Served, Tender
from membership.packages import earning
from membership.packages.domain import SALE, USE, account_kind
from membership.packages.earning import Share, money_lines
from membership.packages.errors import NotEnoughLeft, PackageInvalid, PackageNotReversible, ProductNotFound
from membership.packages.models import PackageProduct, PackageSale
from membership.records.domain import RecordKind
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


def define_product(
    *, actor: Actor, name: str, unit: str, quantity: int, price: Money, validity_months: int
) -> PackageProduct:
    """Put a product on sale.

    Raises:
        NotAllowed, ModuleNotEnabled, PackageInvalid
    """
    require(actor, Act.VALUE_POLICY)
    require_module("packages")
    if not name.strip() or quantity <= 0 or price.fen <= 0 or validity_months <= 0:
        raise PackageInvalid
    product = PackageProduct.objects.create(
        name=name.strip(), unit=unit, quantity=quantity, price_fen=price.fen, validity_months=validity_months
    )
    detail = {"name": product.name, "unit": unit, "quantity": quantity, "price_fen": price.fen}
    record(actor, Act.VALUE_POLICY, object_type="package", object_id=str(product.pk), detail=detail)
    return product


def set_on_sale(*, actor: Actor, product_id: int, enabled: bool) -> None:
    """Sell a product, or sell it no more; what was sold stays usable.

    Raises:
        NotAllowed, ProductNotFound
        ModuleNotEnabled: it cannot be put back on sale.
    """
    require(actor, Act.VALUE_POLICY)
    if enabled:
        require_module("packages")
    if not PackageProduct.objects.filter(pk=product_id).update(enabled=enabled):
        raise ProductNotFound
    record(actor, Act.VALUE_POLICY, object_type="package", object_id=str(product_id), detail={"enabled": enabled})


def sell(
    *,
    actor: Actor,
    card_number: str,
    product_id: int,
    tender: Tender,
    store_id: int,
    idempotency_key: str,
    served: Served = NOBODYS,
    proof: PinProof | None = None,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Sell a package onto a card, paid like any bill. What is paid is owed as a service until it is used.

    Raises:
        NotAllowed, ModuleNotEnabled, ProductNotFound, and whatever refuses ``cashier.services.pay``
    """
    require(actor, Act.VALUE_CONSUME, store_id=store_id)
    require_module("packages")
    if tender.signed_fen:
        require(actor, Act.VALUE_SIGN, store_id=store_id)
    product = PackageProduct.objects.filter(pk=product_id, enabled=True).first()
    if product is None:
        raise ProductNotFound
    bill = Bill(product.price_fen, tender, note=product.name, served=served, proof=proof)
    check_bill(bill)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    card = card_ref(card_number)
    member = member_of(card, tender)
    chosen = rules()
    paid = consumption_draft(card, bill, occasion, policy=chosen.draw_policy, points=chosen.points, member=member)
    detail = {
        **paid.detail,
        "package": product.name,
        "quantity": product.quantity,
        "unit": product.unit,
        "total_fen": product.price_fen,
        "parts": tender.parts(),
    }
    draft = replace(paid, kind=RecordKind.PACKAGE, detail=detail, request=_sale(paid.request, product, card, occasion))
    receipt = post_bill(draft, bill, member, store_id=store_id, act=Act.VALUE_CONSUME)
    if not receipt.replayed:
        PackageSale.objects.create(
            id=receipt.record_id,
            product=product,
            card_id=card.card_id,
            quantity=product.quantity,
            price_fen=product.price_fen,
            sold_at=occasion.occurred_at,
        )
    return receipt


def use(
    *,
    actor: Actor,
    card_number: str,
    product_id: int,
    count: int,
    store_id: int,
    idempotency_key: str,
    note: str = "",
    served: Served = NOBODYS,
    proof: PinProof | None = None,
    occurred_at: datetime | None = None,
) -> Receipt:
    """Use so many counts or minutes, what ends first going first; their part of the price becomes revenue, and is what
    the limit of use without PIN is measured by.

    Raises:
        NotAllowed, CardNotFound, CardNotUsable, ProductNotFound, PackageInvalid
        NotEnoughLeft, VehicleMismatch, PinRequired: nothing was taken.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_CONSUME, store_id=store_id)
    if count <= 0:
        raise PackageInvalid
    product = PackageProduct.objects.filter(pk=product_id).first()
    if product is None:
        raise ProductNotFound
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), idempotency_key)
    card = card_ref(card_number)
    account_id = account_of(account_kind(product.pk), card.card_id, product.unit, lotted=True)
    held = lock_accounts([card.account_id, account_id])[account_id].balance
    is_replay = Posting.objects.filter(idempotency_key=occasion.ledger_key).exists()
    parts = [] if is_replay else _drawn(product, account_id, count, occasion)
    shares = earning.shares(parts).get(account_id, [])
    request = PostingRequest(
        kind=USE,
        idempotency_key=occasion.ledger_key,
        request_hash=request_hash(USE, card.number, product.pk, count, store_id, note),
        actor=str(actor),
        occurred_at=occasion.occurred_at,
        lines=tuple(_use_lines(product, account_id, count, parts, shares)),
        store_id=store_id,
        guard=guards.may_spend(
            card, occasion, served=served, taken=guards.Taken(sum(share.fen for share in shares), proof)
        ),
        looks_at=(card.account_id,),
    )
    detail = {"package": product.name, "used": count, "unit": product.unit, "left": held - count}
    if note:
        detail["note"] = note
    if vehicle := served.plate or served.vin:
        detail["vehicle"] = vehicle
    receipt = post_traced(Draft(card, RecordKind.PACKAGE, 0, occasion, request, detail), Act.VALUE_CONSUME)
    if not receipt.replayed:
        earning.write_down({receipt.record_id: shares})
    return receipt


def reverse(*, actor: Actor, record_id: UUID, store_id: int, idempotency_key: str, reason: str) -> Receipt:
    """Undo a sale or a use of a package exactly; what comes back to a card that was replaced goes on to the one that
    has its place (R-J03).

    Raises:
        NotAllowed, RecordNotFound, PackageNotReversible, AlreadyReversed
        CardNotUsable: the card has ended for good: withdrawn, collected or destroyed.
        LotsAlreadyDrawn: some of what was sold has been used.
        BillAlreadySettled: what was signed for has been paid in part.
        IdempotencyConflict, IdempotencyKeyInvalid
    """
    require(actor, Act.VALUE_REVERSE, store_id=store_id)
    original = record_of(record_id)
    if original.kind != RecordKind.PACKAGE or original.posting_id is None:
        raise PackageNotReversible
    occasion = Occasion(actor, store_id, clock.now(), idempotency_key)
    request = reversal_of(
        record_id,
        idempotency_key=occasion.ledger_key,
        actor=str(actor),
        occurred_at=occasion.occurred_at,
        store_id=store_id,
        memo={"reason": reason},
    )
    card = ref_of(original.card)
    detail = {"reverses": str(record_id), "reverses_kind": original.kind, "note": reason}
    detail |= {name: original.detail[name] for name in ("package", "unit") if name in original.detail}
    bill = locks.lock_bill(record_id)
    heirs = hold_heirs(record_id, original.card)
    refuse_ended(heirs, key=occasion.ledger_key)
    bring_home(heirs, record_id, occasion)
    draft = Draft(
        card,
        RecordKind.REVERSAL,
        -original.amount_fen,
        occasion,
        replace(request, looks_at=(card.account_id,)),
        detail,
    )
    receipt = post_traced(draft, Act.VALUE_REVERSE)
    if receipt.replayed:
        return receipt
    earning.undo(record_id, by=receipt.record_id)
    pass_on(heirs, receipt.record_id, actor=actor, store_id=store_id)
    pass_card_on(heirs, receipt.record_id, occasion)
    if bill is not None:
        signing.relieve_whole(bill)
    return receipt


def _sale(paid: PostingRequest, product: PackageProduct, card: CardRef, occasion: Occasion) -> PostingRequest:
    """The payment's posting, with the package in the place of revenue."""
    day = occasion.occurred_at.astimezone(CHINA).date()
    ends = start_of(add_months(day, product.validity_months))
    account_id = account_of(account_kind(product.pk), card.card_id, product.unit, lotted=True)
    lot = OpenLot(LotKind.PACKAGE.value, product.quantity, ends)
    deferred = Contra.DEFERRED.value
    return replace(
        paid,
        kind=SALE,
        request_hash=request_hash(SALE, paid.request_hash.hex(), product.pk),
        lines=(
            *paid.lines[:-1],
            replace(paid.lines[-1], contra=deferred),
            Line(account_id, None, product.unit, product.quantity, (lot,)),
            Line(None, deferred, product.unit, -product.quantity),
        ),
    )


def _drawn(product: PackageProduct, account_id: int, count: int, occasion: Occasion) -> list[tuple[Lot, int]]:
    """The lots that give, what ends first going first."""
    usable = [lot for lot in lots_of(account_id) if lot.expires_at is None or lot.expires_at > occasion.occurred_at]
    available = sum(lot.remaining for lot in usable)
    if available < count:
        raise NotEnoughLeft(product=product.name, available=available, needed=count)
    parts: list[tuple[Lot, int]] = []
    for lot in usable:
        part = min(lot.remaining, count)
        count -= part
        parts.append((lot, part))
        if not count:
            break
    return parts


def _use_lines(
    product: PackageProduct,
    account_id: int,
    count: int,
    parts: Sequence[tuple[Lot, int]],
    shares: Sequence[Share],
) -> list[Line]:
    takes = tuple(TakeLot(lot.pk, part) for lot, part in parts)
    return [
        Line(account_id, None, product.unit, -count, takes=takes),
        Line(None, Contra.DEFERRED.value, product.unit, count),
        *money_lines(shares, Contra.REVENUE),
    ]
