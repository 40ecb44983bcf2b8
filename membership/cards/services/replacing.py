"""A new card for an old one: reissue after a loss, replacement of a faulty or outdated card."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from kernel.slots import DESK_WAIT_S
from ledger.domain import Contra, Line, PostingRequest, Unit, request_hash
from ledger.errors import InsufficientBalance
from ledger.services import post
from membership.cards import locks
from membership.cards.domain import CardAct, CardStatus, Shown, destination, tidy_number, validity_end
from membership.cards.errors import CardFrozen
from membership.cards.gates import draw_policy, pass_gates
from membership.cards.models import Card
from membership.cards.pins import known_to_a_finder, new_pin
from membership.cards.services.issuing import (
    CardNotIdle,
    IssuedCard,
    TypeNotEnabled,
    give_to,
    validity_months,
)
from membership.cards.services.moving import Moved, move_value
from membership.cards.services.stepping import allowed, take_step
from membership.cards.services.stopping import NOTHING_TYPED, BearerNotTraceable, shown_by
from membership.members.models import Member
from membership.records.domain import RecordKind
from membership.records.services import note
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

FEE: Final = "CARD_FEE"
_KINDS: Final = {CardAct.REISSUE: RecordKind.REISSUE, CardAct.REPLACE: RecordKind.REPLACEMENT}


class SameCard(DomainError):
    """A card cannot take its own place."""

    code = "same_card"
    status = 400
    message = _("新卡与旧卡是同一张卡，请选择另一张空闲的卡。")


@dataclass(frozen=True, slots=True)
class Successor:
    """The new card with its PIN, what went over to it, and the fee that was taken, in fen."""

    issued: IssuedCard
    moved: Moved
    fee_fen: int


def reissue_card(
    *,
    actor: Actor,
    number: str,
    new_number: str,
    store_id: int,
    fee_from_card: bool = False,
    shown: Shown = NOTHING_TYPED,
    reason: str = "",
) -> Successor:
    """Give the holder of a lost card a new one: the old number is dead, everything on it moves, the fee of its type is
    taken in cash or from the card (R-J03, R-J06, R-L13, X-18). Holder, validity and level stay; the PIN is new.

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, LockForbids, SameCard, CardNotIdle, TypeNotEnabled,
        BearerNotTraceable, AgentUnnamed, InvalidIdNumber, IdNotVerified, CardFrozen, Busy
        InsufficientBalance: the card does not hold the fee.
        DomainError: a gate's own (``cards.gates``).
    """
    proof = shown_by(shown)
    return _succeed(actor, CardAct.REISSUE, number, new_number, store_id, fee_from_card, reason, proof)


def replace_card(
    *,
    actor: Actor,
    number: str,
    new_number: str,
    store_id: int,
    fee_from_card: bool = False,
    reason: str = "",
) -> Successor:
    """Exchange a faulty, outdated or expired card that was handed in for a new one (换卡; R-C07, R-J04, X-12). A
    bearer card too: whoever brings it has it.

    Raises:
        as ``reissue_card``
    """
    return _succeed(actor, CardAct.REPLACE, number, new_number, store_id, fee_from_card, reason, {})


def _succeed(
    actor: Actor,
    act: CardAct,
    number: str,
    new_number: str,
    store_id: int,
    fee_from_card: bool,
    reason: str,
    proof: dict[str, str | bool],
) -> Successor:
    require(actor, Act.CARD_REISSUE, store_id=store_id)
    number, new_number = tidy_number(number), tidy_number(new_number)
    if number == new_number:
        raise SameCard
    # Before the locks: hashing is slow on purpose.
    secret = new_pin(personal=known_to_a_finder(new_number, None), wait_s=DESK_WAIT_S)
    locks.lock_holder_of(number)
    old, new = locks.lock_two_cards(number, new_number)
    to = allowed(act, old)
    check_succession(act, old, new)
    pass_gates(new, store_id=store_id)
    now = clock.now()
    # The holder's level and type go with her, whatever the blank card was made as.
    new.type, new.level, new.status = old.type, old.level, CardStatus.ACTIVE
    new.replaces = old
    give_place(old, new, old.member, store_id=store_id, pin_hash=secret.hashed)
    moved = move_value(actor=actor, old=old, new=new, store_id=store_id, occurred_at=now, reason=act.value)
    detail = {"successor": new.number, "stored_fen": moved.stored_fen, "points": moved.points} | proof
    take_step(actor, old, act, to, store_id=store_id, reason=reason, kind=_KINDS[act], detail=detail, before_loss="")
    told = {"replaces": old.number} | ({"note": reason} if reason else {})
    note(actor, card_id=new.pk, kind=_KINDS[act], store_id=store_id, occurred_at=now, detail=told)
    fee = _take_fee(actor, old, new, store_id=store_id, from_card=fee_from_card)
    record(
        actor,
        Act.CARD_REISSUE,
        object_type="card",
        object_id=new.number,
        store_id=store_id,
        detail={"replaces": old.number, "fee_fen": fee, "fee_from_card": fee_from_card},
    )
    return Successor(issued=IssuedCard(card=new, pin=secret.pin), moved=moved, fee_fen=fee)


def check_succession(act: CardAct, old: Card, new: Card) -> None:
    """The new card may take the old one's place.

    Raises:
        BearerNotTraceable, CardFrozen, CardNotIdle, TypeNotEnabled
    """
    if old.bearer and act == CardAct.REISSUE:
        raise BearerNotTraceable(card_number=old.number, act_label=act.label)
    if old.before_loss == CardStatus.FROZEN:
        # Else a card that was wrongly topped up could be emptied by losing it (R-I08).
        raise CardFrozen(card_number=old.number)
    if destination(CardAct.ISSUE, status=new.status) is None:
        raise CardNotIdle(card_number=new.number, status_label=new.get_status_display())
    if old.type.enabled_at is None:
        raise TypeNotEnabled(type_name=old.type.name)


def give_place(old: Card, new: Card, holder: Member | None, *, store_id: int, pin_hash: str) -> None:
    """The new card takes the old one's vehicle and both validities, for this holder; what had expired begins anew
    (X-12).
    """
    new.bound_vehicle_id = old.bound_vehicle_id
    today = clock.today()
    fresh = validity_end(issued_on=today, months=validity_months(old, bearer=old.bearer))
    give_to(new, holder, store_id=store_id, until=_kept(old.valid_until, today, fresh), pin_hash=pin_hash)
    new.account_valid_until = _kept(old.account_valid_until, today, fresh)
    # Terms that are counted from a card's first day, those of points say, go on (R-G02).
    new.activated_at = old.activated_at or new.activated_at
    new.save(update_fields=["account_valid_until", "activated_at"])


def _kept(until: date | None, today: date, fresh: date) -> date:
    return until if until is not None and until >= today else fresh


def _take_fee(actor: Actor, old: Card, new: Card, *, store_id: int, from_card: bool) -> int:
    """Book the fee of the type: in cash, or from the new card, which holds the old one's value by now. In fen."""
    fee = old.type.reissue_fee_fen
    if not fee:
        return 0
    stored = new.stored_account_id if from_card else None
    now = clock.now()
    fee_taken = PostingRequest(
        kind=FEE,
        idempotency_key=f"fee|{old.pk}|{new.pk}",
        request_hash=request_hash(FEE, old.number, new.number, fee, from_card),
        actor=str(actor),
        occurred_at=now,
        lines=(
            Line(stored, None if stored else Contra.CASH.value, Unit.CNY.value, -fee),
            Line(None, Contra.REVENUE.value, Unit.CNY.value, fee),
        ),
        store_id=store_id,
        policy=draw_policy(),
    )
    try:
        posted = post(fee_taken)
    except InsufficientBalance as refused:
        # The ledger knows amounts; people read yuan.
        lacking = {name: Money(refused.params[name]) for name in ("available", "needed")}
        raise InsufficientBalance(**lacking) from None
    note(
        actor,
        card_id=new.pk,
        kind=RecordKind.FEE,
        store_id=store_id,
        occurred_at=now,
        amount_fen=-fee if stored else 0,
        balance_after_fen=posted.balances[stored] if stored else None,
        posting_id=posted.posting_id,
        detail={"fee_fen": fee, "paid_from": "card" if stored else "cash", "note": str(Money(fee))},
    )
    return fee
