"""Reading subscriptions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from billing.pricebook.domain import Plan, plan_floor
from billing.pricebook.queries import price_book_on
from billing.subscriptions.domain import ALWAYS_ON, Change, Period, Terms, change_of, monthly_fen
from billing.subscriptions.errors import NotSubscribed
from billing.subscriptions.models import Charge, SubscribedModule, Subscription
from kernel.db import qualified

_OF_CHAIN: Final = "SELECT * FROM public.subscriptions_subscription WHERE chain_id = %s AND ended_on IS NULL"
_MODULES_OF: Final = """
    SELECT m.* FROM public.subscriptions_subscribedmodule AS m
    JOIN public.subscriptions_subscription AS s ON s.id = m.subscription_id
    WHERE s.chain_id = %s AND s.ended_on IS NULL ORDER BY m.module
"""


@dataclass(frozen=True, slots=True)
class Holding:
    """A subscription as its rules see it."""

    subscription: Subscription
    terms: Terms
    """In force now."""
    terms_next: Terms
    """In force from the period's end."""
    setup_paid: Mapping[int, int]
    """By module: the set-up ever charged, in fen."""
    counted: int | None = None
    """The stores that are open at this moment, where somebody has counted them."""

    @property
    def period(self) -> Period:
        """The period that has been charged."""
        return Period(self.subscription.period_start, self.subscription.period_end)

    @property
    def open_stores(self) -> int:
        """The stores that are open: at this moment where they were counted, else when the timer counted them last."""
        return self.subscription.open_stores if self.counted is None else self.counted

    @property
    def floor(self) -> Plan:
        """The least plan for the stores that are open."""
        return plan_floor(open_stores=self.open_stores)

    def with_stores(self, open_stores: int) -> "Holding":
        """The same with the stores that are open at this moment. What was agreed for later and would not serve them is
        shown as the billing run will raise it within the hour.
        """
        floor = plan_floor(open_stores=open_stores)
        served = self.terms == self.terms.raised_to(floor)
        coming = self.terms_next.raised_to(floor) if served else self.terms_next
        return replace(self, counted=open_stores, terms_next=coming)


@dataclass(frozen=True, slots=True)
class Raise:
    """What the billing run will do to a chain once it has so many open stores."""

    terms: Terms
    """What it will have: now where ``change`` is not None, else from ``day``."""
    change: Change | None
    """What is charged for it at once; None where only what was agreed for later does not serve so many stores."""
    day: date
    """When the period ends that is charged."""
    agreed: Plan
    """What was agreed from then."""
    monthly_fen: int
    """What each month from then will cost."""

    @property
    def plan(self) -> Plan:
        """The plan it will be."""
        return self.terms.plan


def holding_of(chain_id: int) -> Holding:
    """The chain's subscription.

    Raises:
        NotSubscribed
    """
    subscription = Subscription.objects.filter(chain_id=chain_id, ended_on=None).first()
    if subscription is None:
        raise NotSubscribed
    return held([subscription])[0]


def floor_change(chain_id: int, *, open_stores: int, today: date) -> Raise | None:
    """What the billing run will do once the chain has so many open stores; None where its terms serve them, now and
    from its period's end, or it has none. Says its schemas in full, so that it can be asked in a chain's own.
    """
    with qualified():
        found = list(Subscription.objects.raw(_OF_CHAIN, [chain_id]))
        rows = list(SubscribedModule.objects.raw(_MODULES_OF, [chain_id]))
    if not found:
        return None
    holding = _holding(found[0], rows)
    floor = plan_floor(open_stores=open_stores)
    raised, coming = holding.terms.raised_to(floor), holding.terms_next.raised_to(floor)
    change = quote(holding, raised, today=today, open_stores=open_stores) if raised != holding.terms else None
    if change is None and coming == holding.terms_next:
        return None
    day = holding.period.end
    return Raise(
        terms=raised if change is not None else coming,
        change=change,
        day=day,
        agreed=holding.terms_next.plan,
        monthly_fen=monthly_fen(coming, price_book_on(day=day)),
    )


def held(subscriptions: Sequence[Subscription]) -> list[Holding]:
    """The subscriptions with their modules, by one statement."""
    rows: dict[int, list[SubscribedModule]] = {subscription.pk: [] for subscription in subscriptions}
    for row in SubscribedModule.objects.filter(subscription_id__in=rows).order_by("module"):
        rows[row.subscription_id].append(row)
    return [_holding(subscription, rows[subscription.pk]) for subscription in subscriptions]


def quote(holding: Holding, wanted: Terms, *, today: date, open_stores: int | None = None) -> Change:
    """What changing to other terms would cost today. The act itself charges by this very function.

    ``open_stores``: so many ask for it, not the owner.
    """
    return change_of(
        before=holding.terms,
        after=wanted,
        setup_paid=holding.setup_paid,
        period=holding.period,
        day=today,
        book=price_book_on(day=today),
        month_book=price_book_on(day=holding.period.start),
        next_book=price_book_on(day=holding.period.end),
        open_stores=open_stores,
    )


def charges_of(chain_id: int, *, since: date, until: date) -> Iterable[Charge]:
    """What a chain was charged from ``since`` until before ``until``, oldest first."""
    found = Charge.objects.filter(chain_id=chain_id, charged_on__gte=since, charged_on__lt=until)
    return found.order_by("charged_on", "pk")


def periods_behind(*, today: date) -> int:
    """How many subscriptions have a period that was over yesterday already and is not followed by the next."""
    return Subscription.objects.filter(ended_on=None, period_end__lt=today).count()


def is_more_due(*, today: date, than: int) -> bool:
    """Whether more than so many subscriptions have a period that is over."""
    due = Subscription.objects.filter(period_end__lte=today, ended_on=None).order_by("period_end", "pk")
    return due[than : than + 1].exists()


def _holding(subscription: Subscription, rows: Iterable[SubscribedModule]) -> Holding:
    rows = list(rows)
    return Holding(
        subscription=subscription,
        terms=Terms.of(
            Plan(subscription.plan), {row.module: Plan(row.plan) for row in rows if row.plan and not _fixed(row)}
        ),
        terms_next=Terms.of(
            Plan(subscription.next_plan),
            {row.module: Plan(row.next_plan) for row in rows if row.next_plan and not _fixed(row)},
        ),
        setup_paid={row.module: row.setup_paid_fen for row in rows},
    )


def _fixed(row: SubscribedModule) -> bool:
    return row.module in ALWAYS_ON
