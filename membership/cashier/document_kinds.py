"""The fault form 会员卡故障单: how a wrong top-up comes to be taken back (R-I05 – R-I08)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.money import Money
from membership.cards import locks
from membership.cards.domain import CardStatus
from membership.cards.models import Card
from membership.cards.services import freeze_card, unfreeze_card
from membership.cashier.errors import FaultFormExists, FaultNotSameDay, NothingToTakeBack, NotReversible, RecordNotFound
from membership.cashier.faults import FAULT_FORM, is_stopped_by_form, open_form_about, open_forms
from membership.cashier.past import record_of
from membership.cashier.reversing import plan_reverse_top_up, reverse_top_up
from membership.documents.domain import Approval, DocumentState
from membership.documents.kinds import DocumentKind, kind
from membership.documents.models import Document
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.people.domain import EVERYWHERE, Act, Actor


class FaultPayload(msgspec.Struct, frozen=True):
    """What the store reports; the figures are filled in when it is checked. Amounts in fen."""

    record_id: str
    what_happened: str
    card_number: str = ""
    store_id: int = 0
    paid_fen: int = 0
    given_fen: int = 0
    used_fen: int = 0
    cash_fen: int = 0
    shortfall_fen: int = 0


@kind
class FaultForm(DocumentKind[FaultPayload]):
    """Reported by the store on the day of the wrong top-up; the card, or the one that has its place by now, is frozen
    as long as the form is open, so the figures stand. The treasury's approval takes the top-up back and unfreezes the
    card. What it rejects, the store amends and hands in again, also on a later day, or gives up: that only unfreezes.
    """

    code, prefix, label = FAULT_FORM, "GZ", _("会员卡故障单")
    payload_type = FaultPayload
    draft_act = Act.FAULT_REPORT
    approvals = (Approval(_("资金部核准"), Act.VALUE_REVERSE),)
    completes_itself = True
    holds_until_closed = True
    by_hand = False

    def subject(self, payload: FaultPayload) -> tuple[str, str]:
        return "card", payload.card_number

    def summary(self, payload: FaultPayload) -> str:
        return f"{payload.card_number} {Money(payload.paid_fen)} · {payload.what_happened}"

    def lines(self, payload: FaultPayload) -> Sequence[tuple[str | Promise, Any]]:
        return (
            (_("卡号"), payload.card_number),
            (_("原因"), payload.what_happened),
            (_("误充本金"), Money(payload.paid_fen)),
            (_("误充赠送"), Money(payload.given_fen)),
            (_("已使用"), Money(payload.used_fen)),
            (_("从本金扣回赠送"), Money(payload.shortfall_fen)),
            (_("应退现金"), Money(payload.cash_fen)),
        )

    def check(self, *, actor: Actor, store_id: int | None, payload: FaultPayload) -> FaultPayload:
        """Fill in the figures as they are.

        Raises:
            RecordNotFound, NotReversible
            FaultNotSameDay: the day of the top-up is over; only the treasury still files it.
            NothingToTakeBack: all of it has been used, or taken back already.
        """
        record = _record(payload.record_id)
        same_day = record.occurred_at.astimezone(clock.CHINA).date() == clock.today()
        # What was handed in in time and is rejected later is amended when that comes back.
        in_time = same_day or open_form_about(record.pk) is not None
        if not in_time and not actor.may(Act.VALUE_REVERSE, store_id=store_id):
            raise FaultNotSameDay
        found = plan_reverse_top_up(record_id=record.pk)
        if not found.is_there:
            raise NothingToTakeBack
        return FaultPayload(
            record_id=str(record.pk),
            what_happened=payload.what_happened,
            card_number=found.to.number,
            store_id=store_id or record.store_id or 0,
            paid_fen=found.paid_fen,
            given_fen=found.given_fen,
            used_fen=found.used_fen,
            cash_fen=found.plan.cash_fen,
            shortfall_fen=found.plan.shortfall_fen,
        )

    def standing(self, document: Document) -> str | Promise:
        if document.state == DocumentState.SUBMITTED:
            return _("会员卡已冻结，资金部核准后退回误充值并解冻。")
        if document.state == DocumentState.DRAFT and document.round:
            return _("已驳回，会员卡仍冻结：修改后重新提交；不再办理的请作废，作废后解冻。")
        return ""

    def on_submitted(self, *, actor: Actor, document: Document, payload: FaultPayload) -> None:
        """Freeze the card at once (R-I08): nothing of the wrong top-up is spent while it is looked into.

        Raises:
            FaultFormExists: another form about this top-up is open; of two that come at once the card's lock lets one
                by.
        """
        card = locks.lock_card(payload.card_number)
        other = open_form_about(UUID(payload.record_id), besides=document)
        if other is not None:
            raise FaultFormExists(number=other.number)
        if card.status == CardStatus.ACTIVE:
            freeze_card(
                actor=_lent(actor, Act.CARD_FREEZE),
                number=payload.card_number,
                store_id=payload.store_id,
                reason=document.number,
            )

    def on_released(self, *, actor: Actor, document: Document, payload: FaultPayload) -> None:
        _unfreeze(actor, document, payload)

    def on_approved(self, *, actor: Actor, document: Document, payload: FaultPayload) -> None:
        """The treasury has seen the figures and takes the top-up back."""
        _unfreeze(actor, document, payload)
        reverse_top_up(
            actor=_lent(actor, Act.VALUE_REVERSE),
            record_id=UUID(payload.record_id),
            form=document,
            stated_used_fen=payload.used_fen,
            store_id=payload.store_id,
            reason=f"{document.number} {payload.what_happened}",
        )


def _record(record_id: str) -> Record:
    try:
        record = record_of(UUID(record_id))
    except ValueError:
        raise RecordNotFound from None
    if record.kind != RecordKind.TOP_UP:
        raise NotReversible
    return record


def _status(payload: FaultPayload) -> str:
    return Card.objects.values_list("status", flat=True).get(number=payload.card_number)


def _unfreeze(actor: Actor, document: Document, payload: FaultPayload) -> None:
    """Unfreeze the card if it was such a form that froze it, and no other one is open about it."""
    others = open_forms().filter(subject_type="card", subject_id=payload.card_number).exclude(pk=document.pk)
    if others.exists() or _status(payload) != CardStatus.FROZEN:
        return
    if is_stopped_by_form(payload.card_number):
        unfreeze_card(
            actor=_lent(actor, Act.CARD_FREEZE),
            number=payload.card_number,
            store_id=payload.store_id,
            reason=document.number,
            document=document.number,
        )


def _lent(actor: Actor, act: Act) -> Actor:
    """The same person with the one right that the form's own step lends."""
    return Actor(kind=actor.kind, id=actor.id, name=actor.name, grants={act: EVERYWHERE})
