"""A card made over to somebody else: the claim on what it holds goes to another member (法释〔2025〕4号, 11; X-16)."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from kernel.slots import DESK_WAIT_S
from membership.cards import locks
from membership.cards.domain import CardAct, CardStatus, Shown, tidy_number
from membership.cards.gates import pass_gates
from membership.cards.models import Card
from membership.cards.pins import known_to_a_finder, new_pin
from membership.cards.services.issuing import IssuedCard, check_limit, check_type
from membership.cards.services.moving import move_value
from membership.cards.services.replacing import SameCard, Successor, check_succession, give_place
from membership.cards.services.stepping import allowed, take_step
from membership.cards.services.stopping import BearerNotTraceable, shown_by
from membership.members.models import Member
from membership.members.services import check_registration
from membership.records.domain import RecordKind
from membership.records.services import note
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

TRANSFER: Final = "TRANSFER"
"""Why value went from one card to another."""


class TransferToSelf(DomainError):
    """Whoever gives a card away and whoever gets it are two."""

    code = "transfer_to_self"
    status = 400
    message = _("受让人就是这张卡的持卡会员，无需转让。")


class IdNotShown(DomainError):
    """What is on a card goes to nobody else before a document was looked at: the holder's, or an agent's too."""

    code = "id_not_shown"
    status = 400
    message = _("请先核对持卡会员的证件（代办的须核对双方证件），再办理转让。未作任何更改。")


class VehicleStaysBehind(DomainError):
    """The card serves one vehicle (R-C08), which is not the other's: she takes that over first."""

    code = "vehicle_stays_behind"
    status = 409
    message = _("会员卡 {card_number} 绑定的车辆不在受让人名下，请先办理车主变更，再转让。未作任何更改。")


def transfer_card(
    *,
    actor: Actor,
    number: str,
    new_number: str,
    to: Member,
    store_id: int,
    shown: Shown | None = None,
    reason: str = "",
) -> Successor:
    """Make a card over to another member: she gets a new card with a PIN of her own, everything on the old one moves to
    it, and the old number is dead. Free of charge. The other's records stay the other's: that is why the card is new.

    ``shown``: whose documents were looked at; the trail keeps it, and without it nothing is made over.

    Level, type, validities and vehicle stay. The new holder must be one who could be issued such a card.

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, LockForbids, SameCard, CardNotIdle, TypeNotEnabled, CardFrozen,
        BearerNotTraceable, IdNotShown, AgentUnnamed, InvalidIdNumber, IdNotVerified, MemberMerged,
        RegistrationIncomplete, IdLimitReached, TransferToSelf, VehicleStaysBehind, Busy
        DomainError: a gate's own (``cards.gates``).
    """
    require(actor, Act.CARD_REISSUE, store_id=store_id)
    number, new_number = tidy_number(number), tidy_number(new_number)
    if number == new_number:
        raise SameCard
    if shown is None:
        raise IdNotShown
    proof = shown_by(shown)
    # Before the locks: hashing is slow on purpose.
    secret = new_pin(personal=known_to_a_finder(new_number, to), wait_s=DESK_WAIT_S)
    locks.lock_member(to.pk)
    old, new = locks.lock_two_cards(number, new_number)
    step = allowed(CardAct.REPLACE, old)
    _check(old, new, to)
    pass_gates(new, store_id=store_id)
    now = clock.now()
    new.type, new.level, new.status = old.type, old.level, CardStatus.ACTIVE
    new.replaces = old
    give_place(old, new, to, store_id=store_id, pin_hash=secret.hashed)
    # Not from whom: that is the other's. Written first: what comes onto the card comes after.
    note(actor, card_id=new.pk, kind=RecordKind.ISSUE, store_id=store_id, occurred_at=now)
    moved = move_value(actor=actor, old=old, new=new, store_id=store_id, occurred_at=now, reason=TRANSFER)
    detail = {"successor": new.number, "stored_fen": moved.stored_fen, "points": moved.points, "to_member": to.code}
    kind = RecordKind.REPLACEMENT
    take_step(actor, old, CardAct.REPLACE, step, store_id=store_id, reason=reason, kind=kind, detail=detail | proof)
    told = {"replaces": old.number, "from_member": old.member.code if old.member else "", "to_member": to.code}
    record(actor, "card.transfer", object_type="card", object_id=new.number, store_id=store_id, detail=told)
    return Successor(issued=IssuedCard(card=new, pin=secret.pin), moved=moved, fee_fen=0)


def _check(old: Card, new: Card, to: Member) -> None:
    if old.bearer:
        # Whoever holds it has it: there is nothing to make over.
        raise BearerNotTraceable(card_number=old.number, act_label=_("转让"))
    if old.member_id == to.pk:
        raise TransferToSelf
    check_succession(CardAct.REPLACE, old, new)
    check_type(old.type, to)
    check_registration(to, real_name=old.type.real_name)
    if old.bound_vehicle is not None and old.bound_vehicle.owner_id != to.pk:
        raise VehicleStaysBehind(card_number=old.number)
    check_limit(old.type, to, vehicle_id=old.bound_vehicle_id)
