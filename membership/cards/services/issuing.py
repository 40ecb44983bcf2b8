"""Issuing a card to a member or to its bearer, and putting it into use."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from kernel.slots import DESK_WAIT_S
from ledger.domain import Unit
from ledger.services import open_account
from membership.buyers.domain import Buyer, BuyerRole, Deed
from membership.buyers.services import Purchase, check_buyer, register_buyer
from membership.cards import locks, pins, queries
from membership.cards.domain import CardAct, CardStatus, destination, tidy_number, validity_end
from membership.cards.gates import pass_gates
from membership.cards.models import Card, CardType, CardWebLogin
from membership.cards.pins import NewPin, known_to_a_finder
from membership.cards.policy import TypeKind, UseBy
from membership.cards.services.stepping import InvalidValidity, locked_for, take_step
from membership.cards.values import POINTS, STORED
from membership.members.models import Member
from membership.members.services import check_registration
from membership.records.domain import RecordKind
from membership.records.services import note
from membership.vehicles.locks import lock_vehicle
from membership.vehicles.models import Vehicle
from membership.vehicles.services import check_enrolment
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


class CardNotIdle(DomainError):
    """Only an idle card can be issued (R-B10)."""

    code = "card_not_idle"
    status = 409
    message = _("会员卡 {card_number} 的状态是“{status_label}”，不能发卡；请选择空闲的卡。")


class TypeNotEnabled(DomainError):
    """The type has not been approved, or was switched off (R-E07)."""

    code = "card_type_not_enabled"
    status = 409
    message = _("卡类型“{type_name}”尚未启用，不能发卡。请先完成审批。")


class MemberRequired(DomainError):
    """Cards of this type are issued to a member who is known (R-H01)."""

    code = "member_required"
    status = 400
    message = _("卡类型“{type_name}”须登记会员后发卡。")


class MemberNotWanted(DomainError):
    """Gift cards carry no member's data (R-E03)."""

    code = "member_not_wanted"
    status = 400
    message = _("卡类型“{type_name}”不登记会员资料，请不要选择会员。")


class IdLimitReached(DomainError):
    """This person has as many cards of the type as one ID may have (R-H02, X-15)."""

    code = "id_limit_reached"
    status = 409
    message = _("该会员（同一证件）已有 {held} 张“{type_name}”，每证件限 {limit} 张。未发卡。")


class VehicleRequired(DomainError):
    """Cards of this type serve one vehicle: it is chosen when the card is issued (R-B15)."""

    code = "vehicle_required"
    status = 400
    message = _("卡类型“{type_name}”须绑定一辆车，请选择会员的车辆。")


class SpendTooLittle(DomainError):
    """The type asks for more spending than this member has (R-P10)."""

    code = "spend_too_little"
    status = 409
    message = _("未达到“{type_name}”的办卡条件：{condition_label}。可由有权限的人员说明原因后放行。")


class PaymentPending(DomainError):
    """The cheque or transfer that pays for the card has not arrived (R-L05)."""

    code = "payment_pending"
    status = 409
    message = _("会员卡 {card_number} 的支票或转账尚未到账，到账后才能激活。")


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card with its new PIN. The PIN is nowhere else: it is shown once and cannot be read again."""

    card: Card
    pin: str


def issue_card(
    *,
    actor: Actor,
    number: str,
    member: Member | None,
    store_id: int,
    valid_until: date | None = None,
    activate: bool = True,
    payment_pending: bool = False,
    override_reason: str = "",
    vehicle: Vehicle | None = None,
    buyer: Buyer | None = None,
    new_pin: NewPin | None = None,
) -> IssuedCard:
    """Hand an idle card to a member, or a bearer card to whoever buys it: open its accounts, set its validity and a
    random PIN (R-B12, R-B18, R-B29, R-B30).

    ``valid_until``: the last day of validity; by default as the level's months give it. Without ``activate``, or while
    a ``payment_pending``, the card stays ISSUED until ``activate_card``. ``override_reason`` lets somebody who may set
    card types waive the type's conditions on spending (R-P10). ``vehicle``: the member's, which the card serves alone
    (R-B15, R-C08). ``buyer``: who came for the card, where that is not the member herself; a member's agent, or the
    buyer of a bearer card. She is registered with it. ``new_pin``: made beforehand, by who issues many and makes the
    next one's meanwhile.

    Raises:
        NotAllowed, CardNotFound, CardNotIdle, TypeNotEnabled, MemberRequired, MemberNotWanted, IdLimitReached,
        SpendTooLittle, InvalidValidity, Busy
        MemberMerged, RegistrationIncomplete: the member's record does not do for this type (R-B02, R-H01, R-H03).
        VehicleRequired, VehicleNotReady, VehicleNotFound
        BuyerIncomplete, InvalidIdNumber, BuyerPhoneInvalid, BuyerIsMember
        DomainError: a gate's own (``cards.gates``).
    """
    number = tidy_number(number)
    # Before the lock: hashing is slow on purpose.
    secret = new_pin or pins.new_pin(personal=known_to_a_finder(number, member), wait_s=DESK_WAIT_S)
    if member is not None:
        # Two counters at once must not each give this person the last card that she may have.
        locks.lock_member(member.pk)
    card = locks.lock_card(number)
    require(actor, Act(card.type.issue_act), store_id=store_id)
    if destination(CardAct.ISSUE, status=card.status) is None:
        raise CardNotIdle(card_number=number, status_label=card.get_status_display())
    check_type(card.type, member)
    if member is not None:
        check_registration(member, real_name=card.type.real_name)
    if buyer is not None:
        buyer = check_buyer(buyer, member_id=member.pk if member else None)
    card.bound_vehicle = _bound(card.type, member, vehicle, store_id=store_id)
    _check_conditions(actor, card, member, store_id=store_id, override_reason=override_reason)
    pass_gates(card, store_id=store_id)
    card.status = CardStatus.ACTIVE if activate and not payment_pending else CardStatus.ISSUED
    card.payment_pending = payment_pending
    give_to(card, member, store_id=store_id, until=_last_day(card, valid_until), pin_hash=secret.hashed)
    note(actor, card_id=card.pk, kind=RecordKind.ISSUE, store_id=store_id, occurred_at=clock.now())
    detail = {"member": member.code if member else "", "valid_until": str(card.valid_until)}
    if override_reason:
        detail["override"] = override_reason
    record(actor, Act.CARD_ISSUE, object_type="card", object_id=number, store_id=store_id, detail=detail)
    if buyer is not None:
        purchase = Purchase(deed=Deed.ISSUE, card_id=card.pk, card_number=number, store_id=store_id)
        role = BuyerRole.BUYER if card.bearer else BuyerRole.AGENT
        register_buyer(actor=actor, buyer=buyer, role=role, purchase=purchase)
    return IssuedCard(card=card, pin=secret.pin)


def activate_card(*, actor: Actor, number: str, store_id: int) -> Card:
    """Put an issued card into use (R-B30), not before its payment has arrived (R-L05).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, PaymentPending
    """
    require(actor, Act.CARD_ISSUE, store_id=store_id)
    card, to = locked_for(CardAct.ACTIVATE, number)
    if card.payment_pending:
        raise PaymentPending(card_number=card.number)
    return take_step(
        actor,
        card,
        CardAct.ACTIVATE,
        to,
        store_id=store_id,
        kind=RecordKind.ACTIVATION,
        activated_at=clock.now(),
    )


def confirm_payment(*, actor: Actor, number: str, store_id: int) -> Card:
    """The cheque or transfer has arrived: the card may be activated now (R-L05). Said twice, it changes nothing.

    Raises:
        NotAllowed, CardNotFound
    """
    require(actor, Act.VALUE_SETTLE, store_id=store_id)
    card = locks.lock_card(tidy_number(number))
    if card.payment_pending:
        card.payment_pending = False
        card.save(update_fields=["payment_pending"])
        record(actor, "card.paid", object_type="card", object_id=card.number, store_id=store_id)
    return card


def check_type(card_type: CardType, member: Member | None) -> None:
    """The type is in use, and has a member or none as it wants.

    Raises:
        TypeNotEnabled, MemberRequired, MemberNotWanted
    """
    if card_type.enabled_at is None:
        raise TypeNotEnabled(type_name=card_type.name)
    if member is None and card_type.member_required:
        raise MemberRequired(type_name=card_type.name)
    if member is not None and card_type.kind == TypeKind.GIFT:
        raise MemberNotWanted(type_name=card_type.name)


def check_limit(card_type: CardType, member: Member, *, vehicle_id: int | None) -> None:
    """This person may have one more card of the type (R-H02, X-15).

    Raises:
        IdLimitReached
    """
    limit = card_type.cards_per_id
    if limit is None:
        return
    held = queries.cards_of_one_person(member, card_type, vehicle_id=vehicle_id)
    if held >= limit:
        raise IdLimitReached(held=held, limit=limit, type_name=card_type.name)


def give_to(card: Card, member: Member | None, *, store_id: int, until: date, pin_hash: str) -> None:
    """Make a locked idle card somebody's: accounts, holder, validity, PIN. Its status is set by the caller."""
    now = clock.now()
    card.member, card.bearer, card.store_id = member, member is None, store_id
    card.issued_at, card.valid_until, card.account_valid_until = now, until, until
    card.activated_at = now if card.status == CardStatus.ACTIVE else None
    card.pin_hash, card.pin_must_change, card.pin_version = pin_hash, True, 1
    card.stored_account = open_account(STORED, card.pk, Unit.CNY, lotted=True, allow_negative=False)
    card.points_account = open_account(POINTS, card.pk, Unit.PTS, lotted=True, allow_negative=False)
    card.save()
    CardWebLogin.objects.create(card=card)


def validity_months(card: Card, *, bearer: bool) -> int:
    """The months that a card of this level and type is valid; a bearer card at least as long as its type says."""
    months = card.level.validity_months
    return max(months, card.type.bearer_min_validity_months) if bearer else months


def _last_day(card: Card, valid_until: date | None) -> date:
    today = clock.today()
    bearer = not card.type.member_required
    until = valid_until or validity_end(issued_on=today, months=validity_months(card, bearer=bearer))
    earliest = validity_end(issued_on=today, months=card.type.bearer_min_validity_months) if bearer else today
    if until < earliest:
        raise InvalidValidity(valid_until=until, earliest=earliest)
    return until


def _bound(card_type: CardType, member: Member | None, vehicle: Vehicle | None, *, store_id: int) -> Vehicle | None:
    """The vehicle that the card is to serve, held as it is, if it may be enrolled at this store."""
    if vehicle is None:
        if card_type.use_by == UseBy.VEHICLE:
            raise VehicleRequired(type_name=card_type.name)
        return None
    if member is None:
        raise MemberRequired(type_name=card_type.name)
    held = lock_vehicle(vehicle.pk)
    check_enrolment(held, member=member, store_id=store_id)
    return held


def _check_conditions(actor: Actor, card: Card, member: Member | None, *, store_id: int, override_reason: str) -> None:
    if member is None:
        return
    card_type = card.type
    check_limit(card_type, member, vehicle_id=card.bound_vehicle_id)
    missing = spend_missing(card_type, member)
    if missing is None:
        return
    if not override_reason:
        raise SpendTooLittle(type_name=card_type.name, condition_label=missing)
    require(actor, Act.CARD_TYPE, store_id=store_id)


def spend_missing(card_type: CardType, member: Member | None) -> str | None:
    """What a member would have to spend to get a card of the type, and how much of it is missing (R-P10); None where
    nothing is asked or she has spent enough. Without a member: what the type asks of anybody.
    """
    same_day, accumulated = card_type.same_day_spend_fen, card_type.accumulated_spend_fen
    if same_day is None and accumulated is None:
        return None
    months = card_type.accumulated_months
    spent = None if member is None else queries.spend_of(member, on=clock.today(), months=months)
    if spent is not None and spent.meets(same_day_fen=same_day, accumulated_fen=accumulated):
        return None
    asked = (
        (_("当日消费满 {amount}"), same_day, spent.same_day_fen if spent else None),
        (_("近 {months} 个月消费满 {amount}"), accumulated, spent.accumulated_fen if spent else None),
    )
    said = [_condition(str(text), least, done, months) for text, least, done in asked if least is not None]
    return str(_("，或")).join(said)


def _condition(text: str, least_fen: int, done_fen: int | None, months: int) -> str:
    said = text.format(amount=Money(least_fen), months=months)
    if done_fen is None:
        return said
    return said + str(_("（已消费 {done}，还差 {left}）")).format(
        done=Money(done_fen), left=Money(least_fen - done_fen)
    )
