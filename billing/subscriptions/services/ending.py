"""A subscription ends with the chain.

Nothing is given back of the month that was charged, and none is charged afterwards, not even one that had begun
unnoticed. The calls of the months that were charged are charged up to the last.
"""

from datetime import timedelta
from typing import Final

from billing.metering.services import count_usage
from billing.subscriptions.locks import lock_departed, lock_subscription
from billing.subscriptions.models import Subscription
from billing.subscriptions.services.calls import charge_last_calls_of
from kernel import clock
from kernel.calendar import start_of
from tenants.audit.services import record
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM

# What the billing run counts anew every hour; for the last time, more generously.
_RECOUNTED: Final = timedelta(days=7)


def end_departed() -> int:
    """End the subscriptions of chains that are leaving or have left; how many. Whoever renews does this first."""
    departed = lock_departed()
    for subscription in departed:
        _end(subscription, subscription.chain)
    return len(departed)


def settle_departing(chain: Chain) -> None:
    """Count and charge the last calls of a chain whose schema is about to be dropped, and end its subscription. Can be
    repeated: what was charged is not charged again.
    """
    subscription = lock_subscription(chain.pk)
    if subscription is None:
        return
    today = clock.today()
    count_usage(since=start_of(today - _RECOUNTED), chain_ids=[chain.pk])
    charge_last_calls_of(subscription, today=today)
    if subscription.ended_on is None:
        _end(subscription, chain)


def _end(subscription: Subscription, chain: Chain) -> None:
    ended_on = chain.closed_at.astimezone(clock.CHINA).date() if chain.closed_at else clock.today()
    Subscription.objects.filter(pk=subscription.pk, ended_on=None).update(ended_on=ended_on)
    detail = {"ended_on": str(ended_on), "charged_until": str(subscription.period_end)}
    record(SYSTEM, "subscription.end", object_type="chain", object_id=chain.slug, detail=detail)
