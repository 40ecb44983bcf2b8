"""A loss that the holder reports by herself, and takes back by herself when the card is found.

Whoever undoes a report proves at least what was proved when it was made: what a desk stopped upon an ID, a desk lets go
upon an ID. What the holder stopped with her PIN she lets go with that PIN, of that card, unchanged since: a thief who
has her telephone can set another PIN by it, and gains nothing.
"""

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from membership.cards.domain import CardAct, CardStatus, tidy_number
from membership.cards.errors import CardNotFound
from membership.cards.models import Card, CardRules
from membership.cards.services.stepping import forbidden, locked_for, take_step
from membership.cards.web_login import check_web_pin
from membership.members.models import Member
from membership.records.domain import RecordKind


class LossNotHers(DomainError):
    """It was reported at a desk, or the PIN was changed since: her ID is looked at before it is undone (R-J02)."""

    code = "loss_not_hers"
    status = 409
    message = _(
        "会员卡 {card_number} 的挂失须带本人有效证件到门店解除：它是在门店挂失的，或挂失后密码已更改。未作任何更改。"
    )


class LossWantsId(DomainError):
    """The chain wants the number of the ID typed and compared (R-J02, R-L08); the web cannot look at one."""

    code = "loss_wants_id"
    status = 409
    message = _("本商户要求核对证件号码后才能解除挂失，请带本人有效证件到任一门店办理。未作任何更改。")


def report_own_loss(*, member: Member, number: str) -> Card:
    """Stop a card of hers at once, whatever the store; its value stays (R-J02).

    Raises:
        CardNotFound: there is none, or it is not hers.
        StatusStepForbidden
    """
    number = _hers(member, number)
    card, to = locked_for(CardAct.REPORT_LOST, number)
    _still_hers(card, member)
    return take_step(
        member.as_actor(),
        card,
        CardAct.REPORT_LOST,
        to,
        store_id=None,
        kind=RecordKind.LOSS,
        detail={"by_holder": True},
        before_loss=card.status,
        lost_under_pin=card.pin_version,
    )


def lift_own_loss(*, member: Member, number: str, pin: str) -> Card | None:
    """A card of hers that she reported lost herself stands again where it stood before (R-J07). None: the PIN is not
    the card's, or asking is paused after wrong ones; counted like a log-in, so it is returned and not raised.

    Raises:
        CardNotFound: there is none, or it is not hers.
        StatusStepForbidden, LossNotHers, LossWantsId, Busy
    """
    number = _hers(member, number)
    refused = why_not_lifted(Card.objects.get(number=number))
    if refused is not None:
        raise refused
    if not check_web_pin(number=number, pin=pin).accepted:
        return None
    card, to = locked_for(CardAct.LIFT_LOSS, number)
    _still_hers(card, member)
    refused = why_not_lifted(card)
    if refused is not None:
        raise refused
    return take_step(
        member.as_actor(),
        card,
        CardAct.LIFT_LOSS,
        to,
        store_id=None,
        kind=RecordKind.LOSS_LIFTED,
        detail={"by_holder": True},
        before_loss="",
        lost_under_pin=None,
    )


def why_not_lifted(card: Card) -> DomainError | None:
    """What keeps the holder from taking the loss of this card back by herself; None: she may, with its PIN."""
    if card.status != CardStatus.LOST:
        return forbidden(CardAct.LIFT_LOSS, card)
    if card.lost_under_pin != card.pin_version:
        return LossNotHers(card_number=card.number)
    return LossWantsId() if CardRules.objects.get().id_number_required else None


def _hers(member: Member, number: str) -> str:
    number = tidy_number(number)
    if not Card.objects.filter(number=number, member=member).exists():
        raise CardNotFound(card_number=number)
    return number


def _still_hers(card: Card, member: Member) -> None:
    if card.member_id != member.pk:
        raise CardNotFound(card_number=card.number)
