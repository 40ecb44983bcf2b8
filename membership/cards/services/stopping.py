"""Stopping a card and letting it go on: loss, freezing, the lock."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.cards import locks
from membership.cards.domain import CardAct, IdShown, Shown, tidy_number
from membership.cards.gates import pass_unfreezing
from membership.cards.models import Card, CardRules
from membership.cards.services.stepping import locked_for, take_step
from membership.members.domain import DocumentKind, masked_number, normalise_id_number
from membership.records.domain import RecordKind
from membership.records.services import note
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

NOTHING_TYPED: Final = Shown()


class AgentUnnamed(DomainError):
    """Somebody acts for the holder: both show their IDs, and the trail keeps who it was (R-J02)."""

    code = "agent_unnamed"
    status = 400
    message = _("代办时须核对双方证件，并填写代办人姓名。")


class IdNotVerified(DomainError):
    """The chain's rules want the ID number typed and compared, an agent's too (R-J02, R-L08)."""

    code = "id_not_verified"
    status = 409
    message = _("本商户要求录入会员的证件号码并核对一致；代办时还须录入代办人的身份证号。未作任何更改。")


class BearerNotTraceable(DomainError):
    """A bearer card belongs to whoever holds it: nobody can report it lost (X-27)."""

    code = "bearer_not_traceable"
    status = 409
    message = _("会员卡 {card_number} 不记名，不能办理“{act_label}”。")


def report_lost(
    *,
    actor: Actor,
    number: str,
    store_id: int,
    reason: str = "",
    shown: Shown = NOTHING_TYPED,
) -> Card:
    """Stop a lost card at once; its value stays (R-J02). ``shown``: whose IDs were looked at.

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, AgentUnnamed, InvalidIdNumber, IdNotVerified,
        BearerNotTraceable
    """
    require(actor, Act.CARD_LOSS, store_id=store_id)
    proof = shown_by(shown)
    card, to = locked_for(CardAct.REPORT_LOST, number)
    if card.bearer:
        raise BearerNotTraceable(card_number=card.number, act_label=CardAct.REPORT_LOST.label)
    return take_step(
        actor,
        card,
        CardAct.REPORT_LOST,
        to,
        store_id=store_id,
        reason=reason,
        kind=RecordKind.LOSS,
        detail=proof,
        before_loss=card.status,
    )


def lift_loss(
    *,
    actor: Actor,
    number: str,
    store_id: int,
    reason: str = "",
    shown: Shown = NOTHING_TYPED,
) -> Card:
    """A card that was found stands again where it stood before it was reported lost (R-J07).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden, AgentUnnamed, InvalidIdNumber, IdNotVerified
    """
    require(actor, Act.CARD_LOSS, store_id=store_id)
    proof = shown_by(shown)
    card, to = locked_for(CardAct.LIFT_LOSS, number)
    return take_step(
        actor,
        card,
        CardAct.LIFT_LOSS,
        to,
        store_id=store_id,
        reason=reason,
        kind=RecordKind.LOSS_LIFTED,
        detail=proof,
        before_loss="",
        lost_under_pin=None,
    )


def freeze_card(*, actor: Actor, number: str, store_id: int, reason: str = "") -> Card:
    """Stop a card that lies dormant or was wrongly topped up; its value stays (R-I08, X-25).

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden
    """
    require(actor, Act.CARD_FREEZE, store_id=store_id)
    card, to = locked_for(CardAct.FREEZE, number)
    return take_step(actor, card, CardAct.FREEZE, to, store_id=store_id, reason=reason, kind=RecordKind.FREEZE)


def unfreeze_card(*, actor: Actor, number: str, store_id: int, reason: str = "", document: str = "") -> Card:
    """Put a frozen card back into use, free of charge (R-G05, X-25). ``document``: the number of the paper that had it
    frozen and lets it go; without one it is done by hand.

    Raises:
        NotAllowed, CardNotFound, StatusStepForbidden
        DomainError: a gate's own (``cards.gates``): a dormant card is opened with a form, one that a fault form is
            about by the end of that form.
    """
    require(actor, Act.CARD_FREEZE, store_id=store_id)
    card, to = locked_for(CardAct.UNFREEZE, number)
    pass_unfreezing(card, store_id=store_id, document=document)
    return take_step(actor, card, CardAct.UNFREEZE, to, store_id=store_id, reason=reason, kind=RecordKind.UNFREEZE)


def set_locked(*, actor: Actor, number: str, locked: bool, store_id: int, reason: str = "") -> Card:
    """Set or lift a card's lock, which is apart from its status (R-C13).

    Raises:
        NotAllowed, CardNotFound
    """
    require(actor, Act.CARD_FREEZE, store_id=store_id)
    card = locks.lock_card(tidy_number(number))
    locks.lock_value(card)
    if card.locked == locked:
        return card
    card.locked = locked
    card.save(update_fields=["locked"])
    detail = {"locked": locked} | ({"reason": reason} if reason else {})
    record(actor, "card.locked", object_type="card", object_id=card.number, store_id=store_id, detail=detail)
    kind = RecordKind.LOCK if locked else RecordKind.UNLOCK
    told = {"note": reason} if reason else {}
    note(actor, card_id=card.pk, kind=kind, store_id=store_id, occurred_at=clock.now(), detail=told)
    return card


def shown_by(shown: Shown) -> dict[str, str | bool]:
    """What the trail keeps of whoever came to the desk: whose document was looked at, an agent's name and masked
    number, and whether the holder's own number was typed and compared.

    Raises:
        AgentUnnamed, InvalidIdNumber
        IdNotVerified: the chain wants numbers typed, not only documents looked at.
    """
    agent: dict[str, str | bool] = {}
    if shown.by == IdShown.AGENT:
        agent = _agent(shown)
    if CardRules.objects.get().id_number_required and (not shown.matched or (agent and "agent_id" not in agent)):
        raise IdNotVerified
    return {"id_shown": shown.by.value} | agent | ({"id_matched": True} if shown.matched else {})


def _agent(shown: Shown) -> dict[str, str | bool]:
    name = " ".join(shown.agent_name.split())
    if not name:
        raise AgentUnnamed
    if not shown.agent_id.strip():
        return {"agent": name}
    number = normalise_id_number(shown.agent_id, DocumentKind.ID_CARD, today=clock.today())
    return {"agent": name, "agent_id": masked_number(number)}
