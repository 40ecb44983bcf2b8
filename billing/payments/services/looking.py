"""Asking what became of attempts. Opens its own transactions: the service is asked between them."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import F

from billing.payments.domain import (
    KEY_LASTS,
    LOOKS_FOR_A_LOST_CHARGE,
    AttemptKind,
    AttemptState,
    pause_before_look,
)
from billing.payments.gateway import gateway
from billing.payments.models import UNENDED, Attempt, PaymentCustomer
from billing.payments.ports import Busy, Found, Rejected, Unreached
from billing.payments.services import calls, settling
from kernel import clock
from kernel.db import in_public

NOT_REACHED: Final = "not_reached"
_BATCH: Final = 200
# The service's clock and ours need not agree.
_SKEW: Final = timedelta(minutes=5)


def look_at_due() -> int:
    """Look at every attempt that is due; how many."""
    with in_public():
        due = Attempt.objects.filter(state__in=UNENDED, due_at__lte=clock.now()).order_by("due_at")
        found = list(due.values_list("pk", flat=True)[:_BATCH])
    for attempt_id in found:
        look_at(attempt_id)
    return len(found)


def look_at(attempt_id: UUID, *, at_once: bool = False) -> None:
    """Ask what became of an attempt, and make that true here; ``at_once``: though it is not due, because
    somebody waits for it.

    It credits because the service says that the money came, not because anybody asks.
    """
    attempt = _claimed(attempt_id, at_once=at_once)
    if attempt is None:
        return
    try:
        found = _found(attempt)
    except (Busy, Unreached, Rejected):
        return
    with in_public():
        if found is not None:
            settling.settle(found)
        elif _is_lost(attempt):
            settling.fail(attempt.pk, NOT_REACHED)


def _claimed(attempt_id: UUID, *, at_once: bool) -> Attempt | None:
    """The attempt, with the next look put off so that nobody else makes this one."""
    now = clock.now()
    with in_public():
        waiting = Attempt.objects.select_related("card", "of").filter(pk=attempt_id, state__in=UNENDED)
        attempt = waiting.first()
        if attempt is None or (attempt.due_at > now and not (at_once and attempt.object_id)):
            return None
        due_at = now + pause_before_look(attempt.looks)
        claimed = waiting.filter(looks=attempt.looks, due_at=attempt.due_at)
        return attempt if claimed.update(looks=F("looks") + int(not at_once), due_at=due_at) else None


def _found(attempt: Attempt) -> Found | None:
    """The object of the service, fetched anew, or looked for under the attempt's key where its id is not known."""
    if attempt.object_id:
        return gateway().fetch(attempt.object_id)
    if attempt.kind == AttemptKind.REFUND:
        return _refund(attempt)
    if attempt.state == AttemptState.CREATED:
        # Never asked, or refused for haste: a card may be charged now; a page is of no use without its payer.
        if attempt.kind == AttemptKind.AUTO_TOP_UP:
            calls.charge(attempt)
        return None
    with in_public():
        customer = PaymentCustomer.objects.filter(pk=attempt.chain_id).exclude(customer_id="").first()
    if customer is None:
        return None
    since = attempt.created_at - _SKEW
    find = gateway().find_intent if attempt.kind == AttemptKind.AUTO_TOP_UP else gateway().find_session
    return find(key=attempt.pk, customer_id=customer.customer_id, since=since)


def _refund(attempt: Attempt) -> Found | None:
    """A refund is looked up, and asked for again while the service still knows its key: it cannot happen twice."""
    if attempt.state == AttemptState.CALLING and attempt.of is not None:
        found = gateway().find_refund(key=attempt.pk, intent_id=attempt.of.intent_id)
        if found is not None:
            return found
    if clock.now() - attempt.created_at < KEY_LASTS:
        calls.send_back(attempt)
    return None


def _is_lost(attempt: Attempt) -> bool:
    """Whether it never reached the service, as far as anybody can know. Should it have, its credit still comes."""
    if attempt.object_id or attempt.kind == AttemptKind.REFUND:
        return False
    if attempt.kind == AttemptKind.AUTO_TOP_UP:
        return attempt.state == AttemptState.CALLING and attempt.looks >= LOOKS_FOR_A_LOST_CHARGE
    return attempt.state == AttemptState.CREATED or attempt.looks >= LOOKS_FOR_A_LOST_CHARGE
