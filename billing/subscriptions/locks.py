"""Every row lock of this app: subscriptions in the order of their keys, before any account of the ledger."""

from collections.abc import Collection
from datetime import date

from billing.subscriptions.models import Subscription
from tenants.chains.domain import ChainState


def lock_subscription(chain_id: int) -> Subscription | None:
    """Lock the chain's subscription for the rest of the transaction; None when it has none."""
    return Subscription.objects.select_for_update().filter(chain_id=chain_id).first()


def lock_departed() -> list[Subscription]:
    """Lock the subscriptions of chains that are leaving or have left, with their chains. Those that another run holds
    are left to it.
    """
    departed = Subscription.objects.select_for_update(skip_locked=True, of=("self",)).select_related("chain")
    left = departed.filter(ended_on=None, chain__state__in=[ChainState.CLOSING, ChainState.CLOSED])
    return list(left.order_by("pk"))


def lock_due(*, today: date, limit: int) -> list[Subscription]:
    """Lock subscriptions whose period is over. Those that another run holds are left to it."""
    due = Subscription.objects.select_for_update(skip_locked=True).filter(period_end__lte=today, ended_on=None)
    return list(due.order_by("pk")[:limit])


def lock_many(ids: Collection[int]) -> list[Subscription]:
    """Lock these subscriptions; those that another run holds are left to it."""
    return list(Subscription.objects.select_for_update(skip_locked=True).filter(pk__in=ids).order_by("pk"))
