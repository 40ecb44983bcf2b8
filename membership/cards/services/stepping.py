"""One step of a card's life: locked, guarded by the table, compared and swapped, audited."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.cards import locks
from membership.cards.domain import LOCK_FORBIDS, CardAct, CardStatus, destination, tidy_number
from membership.cards.errors import CardLocked
from membership.cards.models import Card
from membership.records.domain import RecordKind
from membership.records.services import note
from tenants.audit.services import record
from tenants.people.domain import Actor


class StatusStepForbidden(DomainError):
    """The card's present status does not allow this act."""

    code = "status_step_forbidden"
    status = 409
    message = _("会员卡 {card_number} 的状态是“{from_label}”，不能办理“{act_label}”。未作任何更改。")


class LockForbids(CardLocked):
    """The lock keeps the card, and what is on it, where it is (R-C13)."""

    message = _("会员卡 {card_number} 已锁定，不能办理“{act_label}”；请先解除锁定。未作任何更改。")


class InvalidValidity(DomainError):
    """A card's validity ends on a day to come."""

    code = "invalid_validity"
    status = 400
    message = _("有效期至 {valid_until} 不可以：最早为 {earliest}，请重新选择。")


def locked_for(act: CardAct, number: str) -> tuple[Card, CardStatus]:
    """The card and its stored value, locked, and the status that the act leads to.

    A posting on the card that runs at the same time sees it wholly before or wholly after.

    Raises:
        CardNotFound, StatusStepForbidden, LockForbids
    """
    card = locks.lock_card(tidy_number(number))
    to = allowed(act, card)
    locks.lock_value(card)
    return card, to


def allowed(act: CardAct, card: Card) -> CardStatus:
    """Where the act leads this card.

    Raises:
        StatusStepForbidden, LockForbids
    """
    to = destination(act, status=card.status, before_loss=card.before_loss)
    if to is None:
        raise forbidden(act, card)
    if card.locked and act in LOCK_FORBIDS:
        raise LockForbids(card_number=card.number, act_label=act.label)
    return to


def forbidden(act: CardAct, card: Card) -> StatusStepForbidden:
    """The error that names the card's status and the act it does not allow."""
    label = CardStatus(card.status).label
    return StatusStepForbidden(card_number=card.number, from_label=label, act_label=act.label)


def swap(card: Card, act: CardAct, to: CardStatus, **changes: Any) -> None:
    """Compare and swap: the status must still be what was decided upon.

    Raises:
        StatusStepForbidden
    """
    if Card.objects.filter(pk=card.pk, status=card.status).update(status=to, **changes) != 1:
        raise forbidden(act, card)
    card.status = to
    for field, value in changes.items():
        setattr(card, field, value)


def take_step(
    actor: Actor,
    card: Card,
    act: CardAct,
    to: CardStatus,
    *,
    store_id: int | None,
    reason: str = "",
    kind: RecordKind | None = None,
    detail: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Card:
    """Move a locked card on, write the trail and, with a ``kind``, the card's record.

    Raises:
        StatusStepForbidden
    """
    before = card.status
    swap(card, act, to, **changes)
    trail = {"from": before, "to": to.value} | ({"reason": reason} if reason else {}) | dict(detail or {})
    record(actor, "card.status", object_type="card", object_id=card.number, store_id=store_id, detail=trail)
    if kind is not None:
        told = {"note": reason} if reason else {}
        note(actor, card_id=card.pk, kind=kind, store_id=store_id, occurred_at=clock.now(), detail=told)
    return card
