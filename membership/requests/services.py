"""Members ask, staff answer. Each requires a transaction of the chain."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from membership.cards.domain import ENDED, Shown, tidy_number
from membership.cards.errors import CardNotFound
from membership.cards.models import Card
from membership.cards.services import Successor
from membership.cards.services.transferring import transfer_card
from membership.members.domain import normalise_phone
from membership.members.models import Member
from membership.members.services import get_member
from membership.requests.domain import (
    A_DAY,
    HANDLED_BY,
    LONGEST_ANSWER,
    LONGEST_SAID,
    RequestKind,
    RequestState,
)
from membership.requests.locks import lock_request
from membership.requests.models import MemberRequest
from tenants.audit.services import record
from tenants.people.domain import Actor, require

_LONGEST_NAME: Final = 40
_LONGEST_REFERENCE: Final = 40


class RequestNotFound(DomainError):
    """No such request; or it is another member's."""

    code = "request_not_found"
    status = 404
    message = _("没有这份申请。")


class RequestNotOpen(DomainError):
    """It was answered or taken back before."""

    code = "request_not_open"
    status = 409
    message = _("这份申请已经{state_label}，不能再办理。未作任何更改。")


class RequestOpen(DomainError):
    """The card has an open request of this kind that says something else."""

    code = "request_open"
    status = 409
    message = _("会员卡 {card_number} 已有一份待处理的“{kind_label}”申请。要修改内容，请先撤回它再重新申请。")


class TooManyRequests(DomainError):
    """Many were made for this card today."""

    code = "too_many_requests"
    status = 429
    message = _("这张卡今天的申请次数太多，请明天再试，或直接到门店办理。")


class RequestIncomplete(DomainError):
    """Something that the desk needs is missing."""

    code = "request_incomplete"
    status = 400
    message = _("请填写：{missing_label}。")


def ask(
    *, member: Member, number: str, kind: RequestKind, said: str = "", to_name: str = "", to_phone: str = ""
) -> MemberRequest:
    """A member asks for something. Said twice while it is open, there is one.

    Raises:
        CardNotFound: there is none, it is not hers, or it has ended.
        RequestOpen, RequestIncomplete, InvalidPhone, TooManyRequests
    """
    number = tidy_number(number)
    card = Card.objects.filter(number=number, member=member).exclude(status__in=ENDED).first()
    if card is None:
        raise CardNotFound(card_number=number)
    wanted = {"said": _tidy(said, LONGEST_SAID), "to_name": "", "to_phone": ""}
    if kind == RequestKind.TRANSFER:
        wanted |= {"to_name": _tidy(to_name, _LONGEST_NAME), "to_phone": normalise_phone(to_phone) if to_phone else ""}
        if not wanted["to_name"]:
            raise RequestIncomplete(missing_label=_("受让人姓名"))
    standing = _standing(card, kind, wanted)
    if standing is not None:
        return standing
    now = clock.now()
    if MemberRequest.objects.filter(card=card, asked_at__gt=now - timedelta(days=1)).count() >= A_DAY:
        raise TooManyRequests
    try:
        with transaction.atomic():
            made = MemberRequest.objects.create(kind=kind, card=card, asked_at=now, **wanted)
    except IntegrityError:
        # Pressed twice at once: the other was first.
        standing = _standing(card, kind, wanted)
        if standing is None:
            raise
        return standing
    _noted(member.as_actor(), "request.ask", made)
    return made


def take_back(*, member: Member, key: int) -> MemberRequest:
    """The member takes an open request back. Said twice, the first stays.

    Raises:
        RequestNotFound, RequestNotOpen
    """
    found = lock_request(key)
    if found is None or found.card.member_id != member.pk:
        raise RequestNotFound
    if found.state == RequestState.WITHDRAWN:
        return found
    return _decide(member.as_actor(), found, RequestState.WITHDRAWN, "request.take_back")


def refuse(*, actor: Actor, key: int, answer: str, store_id: int) -> MemberRequest:
    """Say why what she asks for is not done.

    Raises:
        NotAllowed, RequestNotFound, RequestNotOpen, RequestIncomplete
    """
    found = _for_staff(actor, key, store_id)
    answer = _tidy(answer, LONGEST_ANSWER)
    if not answer:
        raise RequestIncomplete(missing_label=_("未受理的原因"))
    return _decide(actor, found, RequestState.REFUSED, "request.refuse", answer=answer, store_id=store_id)


def settle(*, actor: Actor, key: int, reference: str, answer: str, store_id: int) -> MemberRequest:
    """Say that what she asked for was done, and by which document, receipt or card number.

    Raises:
        NotAllowed, RequestNotFound, RequestNotOpen, RequestIncomplete
    """
    found = _for_staff(actor, key, store_id)
    reference = _tidy(reference, _LONGEST_REFERENCE)
    if not reference:
        raise RequestIncomplete(missing_label=_("单号"))
    answer = _tidy(answer, LONGEST_ANSWER)
    return _decide(
        actor, found, RequestState.DONE, "request.settle", answer=answer, reference=reference, store_id=store_id
    )


def carry_out_transfer(
    *, actor: Actor, key: int, new_number: str, to_code: str, store_id: int, shown: Shown | None = None
) -> Successor:
    """Make the card over to the member of this code, and the request is done by that: both or neither.

    Raises:
        RequestNotFound, RequestNotOpen, MemberNotFound
        DomainError: those of ``cards.services.transferring.transfer_card``
    """
    found = _for_staff(actor, key, store_id)
    if found.kind != RequestKind.TRANSFER:
        raise RequestNotFound
    done = transfer_card(
        actor=actor,
        number=found.card.number,
        new_number=new_number,
        to=get_member(to_code),
        store_id=store_id,
        shown=shown,
    )
    _decide(actor, found, RequestState.DONE, "request.settle", reference=done.issued.card.number, store_id=store_id)
    return done


def _standing(card: Card, kind: RequestKind, wanted: dict[str, str]) -> MemberRequest | None:
    standing = MemberRequest.objects.filter(card=card, kind=kind, state=RequestState.OPEN).first()
    if standing is not None and any(getattr(standing, name) != value for name, value in wanted.items()):
        raise RequestOpen(card_number=card.number, kind_label=kind.label)
    return standing


def _for_staff(actor: Actor, key: int, store_id: int) -> MemberRequest:
    """The open request, locked, for somebody who may deal with it in this store."""
    found = lock_request(key)
    if found is None:
        raise RequestNotFound
    require(actor, HANDLED_BY[found.kind], store_id=store_id)
    if found.state != RequestState.OPEN:
        raise RequestNotOpen(state_label=found.get_state_display())
    return found


def _decide(
    actor: Actor,
    found: MemberRequest,
    state: RequestState,
    act: str,
    *,
    answer: str = "",
    reference: str = "",
    store_id: int | None = None,
) -> MemberRequest:
    decided = MemberRequest.objects.filter(pk=found.pk, state=RequestState.OPEN).update(
        state=state,
        decided_at=clock.now(),
        decided_by=str(actor),
        decided_name=actor.name,
        answer=answer,
        reference=reference,
        store_id=store_id,
    )
    if decided != 1:
        raise RequestNotOpen(state_label=found.get_state_display())
    found.refresh_from_db()
    _noted(actor, act, found, store_id=store_id)
    return found


def _noted(actor: Actor, act: str, made: MemberRequest, *, store_id: int | None = None) -> None:
    detail = {"request": str(made.get_kind_display())} | ({"reference": made.reference} if made.reference else {})
    record(actor, act, object_type="card", object_id=made.card.number, store_id=store_id, detail=detail)


def _tidy(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]
