"""Acts on cards: making, issuing, changing state. Each requires a transaction of the chain."""

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from ledger.domain import Unit
from ledger.services import open_account
from membership.cards import locks
from membership.cards.domain import TRANSITIONS, CardStatus, NumberRange, tidy_number, validity_end
from membership.cards.errors import CardIdle
from membership.cards.models import Card, CardLevel, CardWebLogin
from membership.cards.pins import hash_pin, known_to_a_finder, random_pin
from membership.members.models import Member
from membership.records.domain import RecordKind
from membership.records.services import note
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

STORED = "STORED"
POINTS = "POINTS"


class InvalidNumberRange(DomainError):
    """The number range cannot be made."""

    code = "invalid_number_range"
    status = 400
    message = _("号段无效：{problem_label}")


class CardNumberTaken(DomainError):
    """A number of the range exists already; none of the range was made."""

    code = "card_number_taken"
    status = 409
    message = _("卡号 {card_number} 已存在，整个号段均未制卡。")


class LevelNotFound(DomainError):
    """No level has this code."""

    code = "card_level_not_found"
    status = 404
    message = _("没有代码为“{level_code}”的卡级别。")


class CardNotIdle(DomainError):
    """Only an idle card can be issued (R-B10)."""

    code = "card_not_idle"
    status = 409
    message = _("会员卡 {card_number} 的状态是“{status_label}”，不能发卡；请选择空闲的卡。")


class InvalidValidity(DomainError):
    """A card's validity ends on a day to come."""

    code = "invalid_validity"
    status = 400
    message = _("有效期至 {valid_until} 早于今天，请重新选择。")


class StatusStepForbidden(DomainError):
    """The card cannot go from its present status to that one."""

    code = "status_step_forbidden"
    status = 409
    message = _("会员卡 {card_number} 的状态是“{from_label}”，不能改为“{to_label}”。")


class PinChangedMeanwhile(DomainError):
    """The PIN was changed or reset after the page was opened."""

    code = "pin_changed_meanwhile"
    status = 409
    message = _("会员卡 {card_number} 的密码在打开页面之后已经更改过，没有再次重置。如需重置，请回到该卡页面重新操作。")


_RANGE_PROBLEMS: dict[str, str | Promise] = {
    "quantity": _("数量须在 1 到 10,000 之间。"),
    "prefix": _("前缀只能用数字和大写字母。"),
    "check_digit": _("使用校验位时前缀只能是数字。"),
    "serial": _("起始号不能为负，且号段的末号不能超过流水号位数。"),
    "length": _("卡号总长不能超过 32 位。"),
}


@dataclass(frozen=True, slots=True)
class MadeCards:
    """A range of cards that was just made."""

    first: str
    last: str
    quantity: int


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card with its new PIN. The PIN is nowhere else: it is shown once and cannot be read again."""

    card: Card
    pin: str


def make_cards(*, actor: Actor, level_code: str, numbers: NumberRange, store_id: int | None = None) -> MadeCards:
    """Make idle cards with consecutive numbers, bound to a level, linked to nobody (R-B08 – R-B11). All or none.

    Raises:
        NotAllowed, InvalidNumberRange, LevelNotFound
        CardNumberTaken: names the first number that exists already.
    """
    require(actor, Act.CARD_MAKE, store_id=store_id)
    if problem := numbers.problem:
        raise InvalidNumberRange(problem_label=_RANGE_PROBLEMS[problem])
    level = _level(level_code)
    texts = numbers.numbers()
    _refuse_taken(texts)
    made_at = clock.now()
    cards = [Card(number=text, level=level, status=CardStatus.IDLE, made_at=made_at) for text in texts]
    try:
        with transaction.atomic():
            Card.objects.bulk_create(cards)
    except IntegrityError:
        # Somebody made one of them since we looked; their transaction has ended, so now it can be named.
        _refuse_taken(texts)
        raise
    made = MadeCards(first=texts[0], last=texts[-1], quantity=len(texts))
    record(
        actor,
        Act.CARD_MAKE,
        object_type="card_range",
        object_id=made.first,
        store_id=store_id,
        detail={"last": made.last, "quantity": made.quantity, "level": level.code},
    )
    return made


def issue_card(
    *, actor: Actor, number: str, member: Member, store_id: int, valid_until: date | None = None, activate: bool = True
) -> IssuedCard:
    """Hand an idle card to a member: open its accounts, set its validity and a random PIN (R-B12, R-B18, R-B29, R-B30).

    ``valid_until``: the last day of validity; by default as the level's months give it. Without ``activate`` the card
    stays ISSUED until ``activate_card``.

    Raises:
        NotAllowed, CardNotFound, CardNotIdle, InvalidValidity, Busy
    """
    require(actor, Act.CARD_ISSUE, store_id=store_id)
    number = tidy_number(number)
    pin = random_pin(personal=known_to_a_finder(number, member))
    # Before the lock: hashing is slow on purpose.
    pin_hash = hash_pin(pin)
    card = locks.lock_card(number)
    if card.status != CardStatus.IDLE:
        raise CardNotIdle(card_number=number, status_label=card.get_status_display())
    now, today = clock.now(), clock.today()
    until = valid_until or validity_end(issued_on=today, months=card.level.validity_months)
    if until < today:
        raise InvalidValidity(valid_until=until)
    card.status = CardStatus.ACTIVE if activate else CardStatus.ISSUED
    card.member, card.store_id = member, store_id
    card.issued_at, card.valid_until, card.account_valid_until = now, until, until
    card.pin_hash, card.pin_must_change, card.pin_version = pin_hash, True, 1
    card.stored_account = open_account(STORED, card.pk, Unit.CNY, lotted=True, allow_negative=False)
    card.points_account = open_account(POINTS, card.pk, Unit.PTS, lotted=True, allow_negative=False)
    card.save()
    CardWebLogin.objects.create(card=card)
    note(actor, card_id=card.pk, kind=RecordKind.ISSUE, store_id=store_id, occurred_at=now)
    record(
        actor,
        Act.CARD_ISSUE,
        object_type="card",
        object_id=number,
        store_id=store_id,
        detail={"member": member.code, "valid_until": until.isoformat()},
    )
    return IssuedCard(card=card, pin=pin)


def activate_card(*, actor: Actor, number: str, store_id: int) -> Card:
    """Put an issued card into use (R-B30).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden
    """
    require(actor, Act.CARD_ISSUE, store_id=store_id)
    return _take_step(actor, number, start=CardStatus.ISSUED, to=CardStatus.ACTIVE, store_id=store_id)


def report_lost(*, actor: Actor, number: str, store_id: int, reason: str = "") -> Card:
    """Stop a lost card at once; its value stays (R-J02).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden
    """
    require(actor, Act.CARD_LOSS, store_id=store_id)
    card = _take_step(actor, number, start=CardStatus.ACTIVE, to=CardStatus.LOST, store_id=store_id, reason=reason)
    return _noted(actor, card, RecordKind.LOSS, store_id, reason)


def lift_loss(*, actor: Actor, number: str, store_id: int, reason: str = "") -> Card:
    """Put a card that was found again back into use (R-J07).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden
    """
    require(actor, Act.CARD_LOSS, store_id=store_id)
    card = _take_step(actor, number, start=CardStatus.LOST, to=CardStatus.ACTIVE, store_id=store_id, reason=reason)
    return _noted(actor, card, RecordKind.LOSS_LIFTED, store_id, reason)


def freeze_card(*, actor: Actor, number: str, store_id: int, reason: str = "") -> Card:
    """Stop a card that lies dormant or was wrongly topped up; its value stays (X-25).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden
    """
    require(actor, Act.CARD_FREEZE, store_id=store_id)
    card = _take_step(actor, number, start=CardStatus.ACTIVE, to=CardStatus.FROZEN, store_id=store_id, reason=reason)
    return _noted(actor, card, RecordKind.FREEZE, store_id, reason)


def unfreeze_card(*, actor: Actor, number: str, store_id: int, reason: str = "") -> Card:
    """Put a frozen card back into use, free of charge (X-25).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden
    """
    require(actor, Act.CARD_FREEZE, store_id=store_id)
    card = _take_step(actor, number, start=CardStatus.FROZEN, to=CardStatus.ACTIVE, store_id=store_id, reason=reason)
    return _noted(actor, card, RecordKind.UNFREEZE, store_id, reason)


def set_locked(*, actor: Actor, number: str, locked: bool, store_id: int) -> Card:
    """Set or lift a card's lock, which is apart from its status (R-C13).

    Raises:
        NotAllowed, CardNotFound
    """
    require(actor, Act.CARD_ISSUE, store_id=store_id)
    card = locks.lock_card(tidy_number(number))
    locks.lock_value(card)
    if card.locked != locked:
        card.locked = locked
        card.save(update_fields=["locked"])
        record(
            actor,
            "card.locked",
            object_type="card",
            object_id=card.number,
            store_id=store_id,
            detail={"locked": locked},
        )
    return card


def reset_pin(*, actor: Actor, number: str, store_id: int, pin_version: int) -> IssuedCard:
    """Give the card a new random PIN, to be changed at the next log-in; ends its sessions and its web pause.

    ``pin_version``: that of the PIN which is to be replaced, as it was when the person decided: asking twice, as a
    reload does, must not undo the PIN that was just handed over.

    Raises:
        NotAllowed, CardNotFound, CardIdle, Busy
        PinChangedMeanwhile: the PIN is another one by now; it stays.
    """
    require(actor, Act.PIN_RESET, store_id=store_id)
    number = tidy_number(number)
    pin = random_pin(personal=(number,))
    pin_hash = hash_pin(pin)
    card = locks.lock_card(number)
    if card.member is None:
        raise CardIdle(card_number=number)
    if card.pin_version != pin_version:
        raise PinChangedMeanwhile(card_number=number)
    card.pin_hash, card.pin_must_change, card.pin_version = pin_hash, True, card.pin_version + 1
    card.save(update_fields=["pin_hash", "pin_must_change", "pin_version"])
    CardWebLogin.objects.filter(card=card).update(failures=0, blocked_until=None)
    record(actor, Act.PIN_RESET, object_type="card", object_id=number, store_id=store_id)
    return IssuedCard(card=card, pin=pin)


def _level(code: str) -> CardLevel:
    try:
        return CardLevel.objects.get(code=code)
    except CardLevel.DoesNotExist:
        raise LevelNotFound(level_code=code) from None


def _refuse_taken(numbers: list[str]) -> None:
    taken = Card.objects.filter(number__in=numbers).order_by("number").values_list("number", flat=True).first()
    if taken is not None:
        raise CardNumberTaken(card_number=taken)


def _take_step(
    actor: Actor, number: str, *, start: CardStatus, to: CardStatus, store_id: int, reason: str = ""
) -> Card:
    """Take one step of a card's states (requirements, section Z).

    A posting on the card that runs at the same time sees it wholly before or wholly after.
    """
    card = locks.lock_card(tidy_number(number))
    if card.status != start or to not in TRANSITIONS[start]:
        label = CardStatus(card.status).label
        raise StatusStepForbidden(card_number=card.number, from_label=label, to_label=to.label)
    locks.lock_value(card)
    _step(card, to)
    detail = {"from": start.value, "to": to.value} | ({"reason": reason} if reason else {})
    record(actor, "card.status", object_type="card", object_id=card.number, store_id=store_id, detail=detail)
    return card


def _noted(actor: Actor, card: Card, kind: RecordKind, store_id: int, reason: str) -> Card:
    detail = {"note": reason} if reason else {}
    note(actor, card_id=card.pk, kind=kind, store_id=store_id, occurred_at=clock.now(), detail=detail)
    return card


def _step(card: Card, to: CardStatus) -> None:
    """Compare and swap: the status must still be what was decided upon."""
    if Card.objects.filter(pk=card.pk, status=card.status).update(status=to) != 1:
        raise StatusStepForbidden(card_number=card.number, from_label=CardStatus(card.status).label, to_label=to.label)
    card.status = to
