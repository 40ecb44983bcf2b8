"""The end of a card: the member leaves, the plastic comes back and is destroyed."""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import Money
from membership.cards import locks
from membership.cards.domain import CardAct, CardStatus
from membership.cards.models import Card
from membership.cards.services.stepping import forbidden, locked_for, take_step
from membership.cards.values import POINTS, STORED
from membership.records.domain import RecordKind
from tenants.people.domain import Act, Actor, require


class CardNotEmpty(DomainError):
    """Something is on the card: it is refunded or adjusted to nothing first (R-D05)."""

    code = "card_not_empty"
    status = 409
    message = _(
        "会员卡 {card_number} 还有余额 {stored}、积分 {points}、套餐 {packages} 项，请先退款或调整为零。未作任何更改。"
    )


def withdraw_card(*, actor: Actor, number: str, store_id: int, reason: str = "") -> Card:
    """The member leaves with this card: nothing is on it any more (R-D03, R-D05, R-D07).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, LockForbids, CardNotEmpty
    """
    require(actor, Act.CARD_COLLECT, store_id=store_id)
    card, to = locked_for(CardAct.WITHDRAW, number)
    _refuse_value(card)
    return take_step(
        actor,
        card,
        CardAct.WITHDRAW,
        to,
        store_id=store_id,
        reason=reason,
        kind=RecordKind.WITHDRAWAL,
        before_loss="",
    )


def collect_card(*, actor: Actor, number: str, store_id: int, reason: str = "") -> Card:
    """Take a card in: a gift card that is used up (R-E05), a card that was replaced or withdrawn, a faulty blank.

    A member's card that is still hers is withdrawn or replaced first.

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, CardNotEmpty
    """
    require(actor, Act.CARD_COLLECT, store_id=store_id)
    card, to = locked_for(CardAct.COLLECT, number)
    if card.status in (CardStatus.ACTIVE, CardStatus.EXPIRED) and not card.bearer:
        raise forbidden(CardAct.COLLECT, card)
    _refuse_value(card)
    issued = card.issued_at is not None
    kind = RecordKind.COLLECTION if issued else None
    return take_step(actor, card, CardAct.COLLECT, to, store_id=store_id, reason=reason, kind=kind)


def _refuse_value(card: Card) -> None:
    held = {account.kind: account.balance for account in locks.lock_accounts([card])[card.pk] if account.balance}
    if held:
        stored, points = held.pop(STORED, 0), held.pop(POINTS, 0)
        raise CardNotEmpty(card_number=card.number, stored=Money(stored), points=points, packages=len(held))
