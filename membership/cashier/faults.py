"""Fault forms that are open, and the cards that they keep stopped."""

from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from membership.cards.domain import CardStatus
from membership.cards.models import Card
from membership.cashier.errors import FaultFormOpen
from membership.documents.domain import DocumentState
from membership.documents.models import Document
from tenants.audit.models import AuditEntry

FAULT_FORM: Final = "FAULT"
_STOPS: Final = (CardStatus.ACTIVE.value, CardStatus.FROZEN.value)


def open_forms() -> QuerySet[Document]:
    """The forms that have been handed in and are neither approved nor given up: one that was rejected is open until its
    author has amended it, or withdraws it.
    """
    handed_in = Q(state=DocumentState.SUBMITTED) | Q(state=DocumentState.DRAFT, round__gt=0)
    return Document.objects.filter(handed_in, kind=FAULT_FORM)


def open_form_on(card_number: str) -> Document | None:
    """The open form about this card that was filed first."""
    return open_forms().filter(subject_type="card", subject_id=card_number).order_by("pk").first()


def open_form_about(record_id: UUID, *, besides: Document | None = None) -> Document | None:
    """The open form about this top-up that was filed first, ``besides`` one that is at hand."""
    found = open_forms().filter(payload__record_id=str(record_id))
    return (found if besides is None else found.exclude(pk=besides.pk)).order_by("pk").first()


def is_stopped_by_form(card_number: str) -> bool:
    """Whether the card is frozen because of a fault form, as the trail has it: records are cleared, and a form may lie.
    Nobody leaves a trail at the card when it is frozen for lying unused: then the last that it tells is another end.
    """
    trail = AuditEntry.objects.filter(
        act="card.status",
        object_type="card",
        object_id=card_number,
        detail__from__in=_STOPS,
        detail__to__in=_STOPS,
    )
    last = trail.order_by("-pk").values_list("detail", flat=True).first()
    if last is None or last["to"] != CardStatus.FROZEN:
        return False
    return Document.objects.filter(kind=FAULT_FORM, number=last.get("reason", "")).exists()


def not_while_reported(card: Card, _store_id: int, document: str) -> None:
    """A gate of ``cards.services.unfreeze_card``: what a form reports is not spent while it is looked into (R-I08).

    Raises:
        FaultFormOpen
    """
    form = open_form_on(card.number)
    if form is not None and form.number != document:
        raise FaultFormOpen(card_number=card.number, number=form.number)
