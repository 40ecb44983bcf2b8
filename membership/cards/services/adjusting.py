"""Another level, or another vehicle, for a card: by an approved document (卡级别调整单, 车卡绑定调整单; R-C06, R-C09),
and taken back by its un-approval.
"""

from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from membership.cards import locks, queries
from membership.cards.domain import ENDED, CardStatus
from membership.cards.errors import CardIdle, CardNotFound
from membership.cards.models import Card, CardLevel
from membership.cards.policy import UseBy
from membership.cards.services.issuing import IdLimitReached, MemberRequired, VehicleRequired
from membership.cards.services.making import level_of
from membership.cards.services.stepping import StatusStepForbidden
from membership.records.domain import RecordKind
from membership.records.services import note
from membership.vehicles.domain import spoken_plate
from membership.vehicles.locks import lock_vehicle
from membership.vehicles.models import Vehicle
from membership.vehicles.queries import get_vehicle, vehicle_of
from membership.vehicles.services import check_enrolment
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


class NothingToAdjust(DomainError):
    """The card has this level, or serves this vehicle, already."""

    code = "nothing_to_adjust"
    status = 409
    message = _("会员卡 {card_number} 现在就是“{now_label}”，无须调整。")


class LevelCapTooLow(DomainError):
    """What is on the card is more than a card of that level may hold."""

    code = "level_cap_too_low"
    status = 409
    message = _("会员卡 {card_number} 余额 {balance}，超过“{level_name}”的余额上限 {cap}，不能调整。未作任何更改。")


class AdjustedMeanwhile(DomainError):
    """The card is not any more as the document found it, or left it."""

    code = "card_adjusted_meanwhile"
    status = 409
    message = _("会员卡 {card_number} 已被别的业务更改（现为“{now_label}”），不能按本单办理。未作任何更改。")


class Levels(msgspec.Struct, frozen=True):
    """A card's level before and after, by code and, for whoever reads the paper later, by name."""

    number: str
    member: str
    before: str
    before_name: str
    after: str
    after_name: str


class Binding(msgspec.Struct, frozen=True):
    """The vehicle that a card serves before and after, by key and by name; None: it follows its holder (R-B16)."""

    number: str
    member: str
    before: int | None
    before_name: str
    after: int | None
    after_name: str


def plan_level(*, number: str, level_code: str) -> Levels:
    """What a level adjustment would do. Locks nothing.

    Raises:
        CardNotFound, CardIdle, StatusStepForbidden, LevelNotFound, NothingToAdjust, LevelCapTooLow
    """
    card, level = _readable(number), level_of(level_code)
    if card.level_id == level.pk:
        raise NothingToAdjust(card_number=card.number, now_label=level.name)
    _check_cap(card, level)
    before = card.level
    return Levels(card.number, _holder(card), before.code, before.name, level.code, level.name)


def adjust_level(*, actor: Actor, planned: Levels, document: str, store_id: int | None, back: bool = False) -> Card:
    """Give the card of an approved document its new level; ``back``: the former one. Its validity stays: that has a
    document of its own.

    Raises:
        NotAllowed, CardNotFound, CardIdle, StatusStepForbidden, LevelNotFound, LevelCapTooLow
        AdjustedMeanwhile: the level is not the one that the document found, or left.
    """
    require(actor, Act.CARD_ADJUST, store_id=store_id)
    card = _held(planned.number)
    before, after = (planned.after, planned.before) if back else (planned.before, planned.after)
    if card.level.code != before:
        raise AdjustedMeanwhile(card_number=card.number, now_label=card.level.name)
    level, was = level_of(after), card.level
    locks.lock_value(card)
    _check_cap(card, level)
    card.level = level
    card.save(update_fields=["level"])
    detail = {"document": document, "field": "level", "from": was.name, "to": level.name}
    _tell(actor, card, RecordKind.LEVEL_CHANGE, f"{was.name} → {level.name}", detail, store_id=store_id)
    return card


def plan_binding(*, number: str, vehicle: str, store_id: int) -> Binding:
    """What a binding adjustment would do. ``vehicle``: plate or identification number of one of the member's; empty
    where the card is to follow its holder. Locks nothing.

    Raises:
        CardNotFound, CardIdle, StatusStepForbidden, MemberRequired, VehicleNotFound, VehicleNotReady, VehicleRequired
        NothingToAdjust
        IdLimitReached: the vehicle has as many cards of the type as it may have (X-15).
    """
    card = _readable(number)
    wanted = vehicle_of(card.member, vehicle)
    if (wanted.pk if wanted else None) == card.bound_vehicle_id:
        raise NothingToAdjust(card_number=card.number, now_label=name_of(wanted))
    _check_binding(card, wanted, store_id=store_id)
    before = card.bound_vehicle
    return Binding(
        card.number, _holder(card), before.pk if before else None, name_of(before), wanted.pk if wanted else None,
        name_of(wanted),
    )  # fmt: skip


def adjust_binding(*, actor: Actor, planned: Binding, document: str, store_id: int, back: bool = False) -> Card:
    """Let the card of an approved document serve its new vehicle (R-C08, R-C09); ``back``: the former one.

    Raises:
        NotAllowed, AdjustedMeanwhile, and what ``plan_binding`` refuses
    """
    require(actor, Act.CARD_ADJUST, store_id=store_id)
    before, after = (planned.after, planned.before) if back else (planned.before, planned.after)
    card = _held(planned.number)
    if card.bound_vehicle_id != before:
        raise AdjustedMeanwhile(card_number=card.number, now_label=name_of(card.bound_vehicle))
    was = card.bound_vehicle
    vehicle = None
    if after is not None:
        lock_vehicle(after)
        vehicle = get_vehicle(after)
    _check_binding(card, vehicle, store_id=store_id)
    locks.lock_value(card)
    card.bound_vehicle = vehicle
    card.save(update_fields=["bound_vehicle"])
    detail = {"document": document, "field": "bound_vehicle", "from": name_of(was), "to": name_of(vehicle)}
    _tell(actor, card, RecordKind.ADJUSTMENT, f"{name_of(was)} → {name_of(vehicle)}", detail, store_id=store_id)
    return card


def name_of(vehicle: Vehicle | None) -> str:
    """A vehicle as papers and records name it: its plate, else its identification number; a dash for none."""
    return (spoken_plate(vehicle.plate) or vehicle.vin) if vehicle is not None else "—"


def _check_binding(card: Card, vehicle: Vehicle | None, *, store_id: int) -> None:
    if vehicle is None:
        if card.type.use_by == UseBy.VEHICLE:
            raise VehicleRequired(type_name=card.type.name)
        return
    if card.member is None:
        raise MemberRequired(type_name=card.type.name)
    check_enrolment(vehicle, member=card.member, store_id=store_id)
    limit = card.type.cards_per_id
    if limit is None:
        return
    held = queries.cards_of_one_person(card.member, card.type, vehicle_id=vehicle.pk)
    if held >= limit:
        raise IdLimitReached(held=held, limit=limit, type_name=card.type.name)


def _check_cap(card: Card, level: CardLevel) -> None:
    assert card.stored_account is not None  # noqa: S101  (issued)
    balance = card.stored_account.balance
    if balance > level.balance_cap_fen:
        raise LevelCapTooLow(
            card_number=card.number,
            balance=Money(balance),
            level_name=level.name,
            cap=Money(level.balance_cap_fen),
        )


def _readable(number: str) -> Card:
    card = queries.find_card(number)
    if card is None:
        raise CardNotFound(card_number=number)
    return _adjustable(card)


def _held(number: str) -> Card:
    # Her file first, as an issue and a merge do: two papers must not each bind one more card to her vehicle.
    member_id = Card.objects.values_list("member_id", flat=True).filter(number=number).first()
    if member_id is not None:
        locks.lock_member(member_id)
    card = locks.lock_card(number)
    if card.member_id != member_id:
        raise AdjustedMeanwhile(card_number=card.number, now_label=_holder(card))
    return _adjustable(card)


def _adjustable(card: Card) -> Card:
    if card.issued_at is None:
        raise CardIdle(card_number=card.number)
    if card.status in ENDED:
        label = CardStatus(card.status).label
        raise StatusStepForbidden(card_number=card.number, from_label=label, act_label=RecordKind.ADJUSTMENT.label)
    return card


def _holder(card: Card) -> str:
    return card.member.code if card.member else ""


def _tell(
    actor: Actor, card: Card, kind: RecordKind, said: str, detail: dict[str, Any], *, store_id: int | None
) -> None:
    record(actor, Act.CARD_ADJUST, object_type="card", object_id=card.number, store_id=store_id, detail=detail)
    note(actor, card_id=card.pk, kind=kind, store_id=store_id, occurred_at=clock.now(), detail={"note": said})
