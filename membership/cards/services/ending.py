"""The end of a card: the member leaves, the plastic comes back and is destroyed."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import Money
from membership.cards import locks
from membership.cards.domain import CardAct, CardStatus, tidy_number
from membership.cards.errors import CardNotFound
from membership.cards.models import Card
from membership.cards.services.stepping import allowed, forbidden, locked_for, take_step
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


class WitnessesNeeded(DomainError):
    """Cards are destroyed before two witnesses, neither of whom does it (R-E05)."""

    code = "witnesses_needed"
    status = 400
    message = _("销毁须有两位见证人，请填写两人的姓名。")


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


def destroy_cards(
    *, actor: Actor, numbers: Sequence[str], witnesses: tuple[str, str], store_id: int | None, reason: str = ""
) -> int:
    """Destroy idle or collected cards before two witnesses (R-E05). All or none; how many. Their numbers stay taken.

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, WitnessesNeeded
    """
    require(actor, Act.STOCK_DESTROY, store_id=store_id)
    names = [" ".join(name.split()) for name in witnesses]
    if not all(names) or names[0] == names[1] or actor.name in names:
        raise WitnessesNeeded
    wanted = {tidy_number(number) for number in numbers}
    cards = locks.lock_cards(wanted)
    for missing in sorted(wanted - {card.number for card in cards}):
        raise CardNotFound(card_number=missing)
    steps = [(card, allowed(CardAct.DESTROY, card)) for card in cards]
    for card, to in steps:
        kind = RecordKind.DESTRUCTION if card.issued_at is not None else None
        detail = {"witnesses": names}
        take_step(actor, card, CardAct.DESTROY, to, store_id=store_id, reason=reason, kind=kind, detail=detail)
    return len(steps)


def _refuse_value(card: Card) -> None:
    held = {account.kind: account.balance for account in locks.lock_accounts([card])[card.pk] if account.balance}
    if held:
        stored, points = held.pop(STORED, 0), held.pop(POINTS, 0)
        raise CardNotEmpty(card_number=card.number, stored=Money(stored), points=points, packages=len(held))
