"""Reading payments. In the public schema."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Min

from billing.accounts.domain import PREPAID
from billing.payments.domain import DAILY_CEILING, AttemptKind, AttemptState, EventState
from billing.payments.models import UNENDED, Attempt, AutoTopUp, PaymentEvent, Reconciliation, SavedCard
from tenants.chains.domain import ChainState

_LONG: Final = timedelta(hours=1)
# Along the index of standing orders that are on and due.
_TO_TOP_UP = """
    SELECT auto.chain_id FROM payments_autotopup AS auto
    JOIN ledger_account AS account ON account.kind = %(prepaid)s AND account.holder_id = auto.chain_id
        AND account.balance < auto.threshold_fen
    JOIN chains_chain AS chain ON chain.id = auto.chain_id AND chain.state = %(active)s
    WHERE auto.enabled AND auto.next_at <= %(now)s
    ORDER BY auto.chain_id"""


def chains_to_top_up(*, now: datetime) -> list[int]:
    """Chains whose account has fallen below what their owners set, and whose card may be charged."""
    with connection.cursor() as cursor:
        cursor.execute(_TO_TOP_UP, {"prepaid": PREPAID, "active": ChainState.ACTIVE, "now": now})
        return [chain_id for (chain_id,) in cursor.fetchall()]


def saved_cards(chain_id: int) -> list[SavedCard]:
    """The chain's cards that may be charged, the newest first."""
    return list(SavedCard.objects.filter(chain_id=chain_id, removed_at__isnull=True).order_by("-pk"))


def auto_top_up_of(chain_id: int) -> AutoTopUp | None:
    """The chain's standing order, with its card."""
    return AutoTopUp.objects.select_related("card").filter(pk=chain_id).first()


def waits_until(order: AutoTopUp | None, *, now: datetime) -> datetime | None:
    """Until when the card is left alone since it was charged as often as it may be on one day; None: it is not."""
    if order is None or not order.enabled or order.problem != DAILY_CEILING or order.next_at <= now:
        return None
    return order.next_at


def attempt_of(chain_id: int, attempt_id: UUID) -> Attempt | None:
    """One of the chain's attempts."""
    return Attempt.objects.filter(pk=attempt_id, chain_id=chain_id).first()


def payments_of(chain_id: int, *, size: int) -> list[Attempt]:
    """The chain's latest payments, whatever became of them; the saving of a card is none."""
    attempts = Attempt.objects.filter(chain_id=chain_id).exclude(kind=AttemptKind.CARD_SETUP)
    return list(attempts.select_related("card").order_by("-created_at")[:size])


def events(*, state: str = "", before: int | None = None, size: int = 50) -> list[PaymentEvent]:
    """Messages of the payment service, the newest first; ``before``: older than that one."""
    found = PaymentEvent.objects.select_related("ignored_by").order_by("-pk")
    if state in EventState.values:
        found = found.filter(state=state)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found[:size])


def attention_count() -> int:
    """How many messages somebody has to look at."""
    return PaymentEvent.objects.filter(state=EventState.ATTENTION).count()


@dataclass(frozen=True, slots=True)
class InboxStanding:
    """How the messages and attempts stand."""

    attention: int
    """Messages that somebody has to look at."""
    oldest_waiting: datetime | None
    """When the oldest message came that no worker has processed."""
    unended: int
    """Attempts begun more than an hour ago whose end nobody knows."""
    read_until: datetime | None
    """How far the service's own list has been read."""


def inbox_standing(*, now: datetime) -> InboxStanding:
    """Along indexes that are nearly always empty."""
    waiting = PaymentEvent.objects.filter(state=EventState.WAITING)
    return InboxStanding(
        attention=attention_count(),
        oldest_waiting=waiting.aggregate(at=Min("received_at"))["at"],
        unended=Attempt.objects.filter(state__in=UNENDED, created_at__lt=now - _LONG).count(),
        read_until=Reconciliation.objects.values_list("read_until", flat=True).first(),
    )


def refundable(attempt_id: UUID) -> Attempt | None:
    """A top-up that was paid, with its chain; None for anything else."""
    paid = Attempt.objects.filter(pk=attempt_id, state=AttemptState.SUCCEEDED).exclude(intent_id="")
    return paid.exclude(kind=AttemptKind.REFUND).select_related("chain").first()
