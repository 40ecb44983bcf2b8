"""Asking for a card's old records (module 5). Each requires a transaction of the chain."""

from datetime import date
from typing import Final

from django.utils.translation import get_language

from billing.subscriptions.entitlements import Entitled, has_module, module_missing
from kernel import clock
from kernel.calendar import span_of, start_of
from kernel.tasks import enqueue
from membership.cards.models import Card
from membership.retention.domain import RetrievalState
from membership.retention.errors import RetrievalDaysInvalid, RetrievalOpen
from membership.retention.models import Retrieval
from membership.retention.queries import archives_of
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, NotAllowed, require

TASK: Final = "retention.retrieve"
MODULE: Final = "archive_retrieval"
KEPT_DAYS: Final = 7
"""How long the file can be fetched: it was paid for, and holds personal data."""


def ask_for(
    *, actor: Actor, chain: Entitled, card: Card, first_day: date, last_day: date, reason: str, store_id: int
) -> Retrieval:
    """Ask for a card's archived records of ``[first_day, last_day]``, by China's calendar. A worker reads the archives;
    the workbook can be fetched for some days. Delivered, it is one call of the module; finding nothing costs nothing.

    Raises:
        ModuleNotEnabled
        NotAllowed: it takes the right to export, and to see the card.
        RetrievalDaysInvalid: out of order, or no archive holds anything of those days.
        RetrievalOpen: the same is being fetched.
    """
    if not has_module(chain, MODULE):
        raise module_missing(MODULE)
    require(actor, Act.DATA_EXPORT, store_id=store_id)
    if not actor.may(Act.CARD_VIEW, store_id=store_id):
        raise NotAllowed(act=Act.CARD_VIEW.label)
    if first_day > last_day or not archives_of(start_of(first_day), span_of(last_day)[1]).exists():
        raise RetrievalDaysInvalid
    # Of two who ask at once the second waits here, and finds the first one's.
    Card.objects.select_for_update(no_key=True).get(pk=card.pk)
    same = Retrieval.objects.filter(card=card, first_day=first_day, last_day=last_day)
    if same.filter(state=RetrievalState.WAITING).exists():
        raise RetrievalOpen
    now = clock.now()
    retrieval = Retrieval.objects.create(
        card=card,
        first_day=first_day,
        last_day=last_day,
        reason=reason,
        revealed=actor.may(Act.MEMBER_REVEAL, store_id=store_id),
        language=get_language() or "zh-hans",
        store_id=store_id,
        actor=str(actor),
        actor_name=actor.name,
        created_at=now,
        touched_at=now,
    )
    detail = {"card": card.number, "days": [first_day.isoformat(), last_day.isoformat()], "reason": reason}
    record(actor, "retention.ask", object_type="retrieval", object_id=retrieval.pk, store_id=store_id, detail=detail)
    enqueue(TASK, retrieval_id=retrieval.pk)
    return retrieval
