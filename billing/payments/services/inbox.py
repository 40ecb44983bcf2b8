"""The payment service's messages: kept once, processed in any order, asked for when they did not come."""

from datetime import timedelta
from typing import Final

from django.db.models import F

from billing.payments.domain import CALL_PATIENCE, EVENT_TRIES, EventState, pause_before_retry
from billing.payments.errors import EventNotFound, EventSettled
from billing.payments.gateway import gateway
from billing.payments.models import PaymentEvent, Reconciliation
from billing.payments.ports import Busy, Found, Notice, Rejected, Unreached
from billing.payments.services import settling
from kernel import clock
from kernel.db import in_public
from kernel.tasks import enqueue
from tenants.audit.services import record
from tenants.people.domain import Actor, require_platform

_BATCH: Final = 200
# Read again each time: messages appear in the list in no strict order, and the clocks need not agree.
_OVERLAP: Final = timedelta(hours=1)
_FIRST_READ: Final = timedelta(days=3)
# Whatever these mean for the account, a person decides.
_FOR_PEOPLE: Final = ("charge.dispute.",)


def receive(*, body: bytes, signature: str) -> None:
    """Keep a message that was sent to us; it is processed by a worker. Opens its own transaction.

    Raises:
        NotGenuine: it is not kept.
    """
    notice = gateway().verify_webhook(body=body, signature=signature)
    with in_public():
        _keep([notice], found=False)
        enqueue("payments.process")


def reconcile() -> int:
    """Read the service's own list of what happened, and keep what had not reached us; how many. Opens its own
    transactions.
    """
    began = clock.now()
    with in_public():
        last = Reconciliation.objects.filter(pk=1).values_list("read_until", flat=True).first()
    try:
        notices = list(gateway().list_events(since=(last or began - _FIRST_READ) - _OVERLAP))
    except (Busy, Unreached, Rejected):
        return 0
    with in_public():
        kept = _keep(notices, found=True)
        Reconciliation.objects.update_or_create(pk=1, defaults={"read_until": began})
    return kept


def process_due() -> int:
    """Process every message that is due; how many. Opens its own transactions."""
    with in_public():
        due = PaymentEvent.objects.filter(state=EventState.WAITING, due_at__lte=clock.now()).order_by("due_at")
        waiting = list(due.values_list("pk", flat=True)[:_BATCH])
    for event_pk in waiting:
        _process(event_pk)
    return len(waiting)


def resend_event(*, actor: Actor, event_pk: int) -> None:
    """Have a message processed again, from the start. Requires a transaction in public.

    Raises:
        NotAllowed, EventNotFound
    """
    require_platform(actor)
    again = PaymentEvent.objects.filter(pk=event_pk).update(
        state=EventState.WAITING, tries=0, due_at=clock.now(), problem="", ignored_by=None, done_at=None
    )
    if not again:
        raise EventNotFound
    record(actor, "payment.event_resend", object_type="payment_event", object_id=event_pk)
    enqueue("payments.process")


def ignore_event(*, actor: Actor, event_pk: int) -> None:
    """Put a message aside: it changes nothing here. Requires a transaction in public.

    Raises:
        NotAllowed, EventNotFound
        EventSettled: it has been processed.
    """
    ignored_by = require_platform(actor)
    open_states = [EventState.WAITING, EventState.ATTENTION]
    ignored = PaymentEvent.objects.filter(pk=event_pk, state__in=open_states).update(
        state=EventState.IGNORED, ignored_by=ignored_by, done_at=clock.now()
    )
    if not ignored:
        raise EventSettled if PaymentEvent.objects.filter(pk=event_pk).exists() else EventNotFound
    record(actor, "payment.event_ignore", object_type="payment_event", object_id=event_pk)


def _keep(notices: list[Notice], *, found: bool) -> int:
    """Write down what is new; how many. What is known already is left alone."""
    now = clock.now()
    known = set(
        PaymentEvent.objects.filter(event_id__in=[notice.id for notice in notices]).values_list("event_id", flat=True)
    )
    fresh = {notice.id: notice for notice in notices if notice.id not in known}
    PaymentEvent.objects.bulk_create(
        [
            PaymentEvent(
                event_id=notice.id,
                type=notice.type,
                object_id=notice.object_id,
                occurred_at=notice.created_at,
                received_at=now,
                found=found,
                due_at=now,
            )
            for notice in fresh.values()
        ],
        ignore_conflicts=True,
    )
    return len(fresh)


def _process(event_pk: int) -> None:
    event = _claimed(event_pk)
    if event is None:
        return
    if event.type.startswith(_FOR_PEOPLE):
        _end(event, EventState.ATTENTION, "dispute")
        return
    try:
        found = gateway().fetch(event.object_id)
    except (Busy, Unreached, Rejected) as error:
        _put_off(event, f"{type(error).__name__} {error}")
        return
    _settle(event, found)


def _claimed(event_pk: int) -> PaymentEvent | None:
    """The message, put off so that nobody else takes it meanwhile."""
    now = clock.now()
    with in_public():
        waiting = PaymentEvent.objects.filter(pk=event_pk, state=EventState.WAITING, due_at__lte=now)
        if not waiting.update(tries=F("tries") + 1, due_at=now + CALL_PATIENCE):
            return None
        return PaymentEvent.objects.get(pk=event_pk)


def _settle(event: PaymentEvent, found: Found | None) -> None:
    """Settle the object and end the message in one transaction: both, or neither."""
    with in_public():
        if found is not None and settling.settle(found):
            _write(event, EventState.DONE, "")
        else:
            _write(event, EventState.ATTENTION, "not_found" if found is None else "not_ours")


def _put_off(event: PaymentEvent, problem: str) -> None:
    if event.tries >= EVENT_TRIES:
        _end(event, EventState.ATTENTION, problem)
        return
    with in_public():
        PaymentEvent.objects.filter(pk=event.pk, state=EventState.WAITING).update(
            problem=problem[:200], due_at=clock.now() + pause_before_retry(event.tries)
        )


def _end(event: PaymentEvent, state: EventState, problem: str) -> None:
    with in_public():
        _write(event, state, problem)


def _write(event: PaymentEvent, state: EventState, problem: str) -> None:
    PaymentEvent.objects.filter(pk=event.pk, state=EventState.WAITING).update(
        state=state, problem=problem[:200], done_at=clock.now()
    )
