"""The stores that are open set the floor of the plan (R-A17 … R-A19)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.db import connection
from django.db.models import Q

from billing.pricebook.domain import PLANS
from billing.subscriptions.domain import Change
from billing.subscriptions.locks import lock_many
from billing.subscriptions.models import Subscription
from billing.subscriptions.queries import Holding, held, quote
from billing.subscriptions.services.charging import Bill, note_setups, take
from billing.subscriptions.services.holding import keep_terms
from kernel import clock
from kernel.db import ask_all, qualified, quote_schema
from ledger.engine import arrays
from tenants.audit.services import record
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM

_COUNTED: Final = """
UPDATE subscriptions_subscription SET stores_counted_at = %(now)s WHERE id = ANY (%(ids)s::bigint[])
"""
_MOVED: Final = """
UPDATE subscriptions_subscription s SET open_stores = found.number
FROM unnest(%(ids)s::bigint[], %(counts)s::int[]) AS found (id, number) WHERE s.id = found.id
"""


def count_stores() -> int:
    """Count the open stores of every chain anew and keep the counts; how many had changed. Recounted, never added up:
    what was missed once is right the next time.
    """
    chains = list(
        Chain.objects.filter(state=ChainState.ACTIVE, subscription__isnull=False)
        .order_by("pk")
        .values_list("subscription__pk", "schema_name", "subscription__open_stores")
    )
    counts = dict(ask_all([(pk, schema) for pk, schema, _known in chains], _counts))
    moved = {pk: counts[pk] for pk, _schema, known in chains if counts.get(pk, known) != known}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"ids": arrays.plain(counts), "now": clock.now()})
        if moved:
            cursor.execute(_MOVED, {"ids": arrays.plain(moved), "counts": arrays.plain(moved.values())})
    return len(moved)


def raise_to_floor(*, today: date | None = None, limit: int = 500) -> int:
    """Raise chains whose plan is below what their stores ask for (R-A19, X-06); how many. Never lowers anybody.

    The difference in set-up is charged at once, that in months by the days left; what the account lacks is owed.
    """
    today = today or clock.today()
    below = Q()
    for plan, features in PLANS.items():
        if features.most_stores is not None:
            lower = (
                Q(plan__lte=plan) | Q(next_plan__lte=plan) | _module_on("plan", plan) | _module_on("next_plan", plan)
            )
            below |= Q(lower, open_stores__gt=features.most_stores)
    found = Subscription.objects.filter(below, ended_on=None).order_by("pk").values_list("pk", flat=True).distinct()
    ids = list(found[:limit])
    return len(raised(held(lock_many(ids)), today=today))


def raised(holdings: Sequence[Holding], *, today: date) -> list[Change]:
    """Charge and keep the higher terms of these, which are locked."""
    changes, bills = [], []
    for holding in holdings:
        subscription, floor = holding.subscription, holding.floor
        # Whatever waited for the period's end still does, as far as the stores allow.
        change = quote(
            holding, holding.terms.raised_to(floor), today=today, open_stores=holding.subscription.open_stores
        )
        changes.append(change)
        key = f"floor:{subscription.chain_id}:{holding.period.start}:{floor}"
        bills.append(Bill(subscription.chain_id, key, change.now, change.period, may_owe=True))
    take(bills, today=today)
    for holding, change in zip(holdings, changes, strict=True):
        keep_terms(holding.subscription, now=change.terms_now, then=holding.terms_next.raised_to(holding.floor))
        note_setups(holding.subscription.pk, change.now)
        detail = {
            "plan": [holding.terms.plan, change.terms_now.plan],
            "open_stores": holding.subscription.open_stores,
            "charged_fen": change.total_fen,
        }
        record(
            SYSTEM,
            "subscription.floor",
            object_type="subscription",
            object_id=holding.subscription.chain_id,
            detail=detail,
        )
    return changes


def _module_on(field: str, plan: str) -> Q:
    return Q(**{f"modules__{field}__lte": plan, f"modules__{field}__gt": ""})


def _counts(schemas: Sequence[tuple[int, str]]) -> list[tuple[int, int]]:
    parts = " UNION ALL ".join(
        f"SELECT {int(pk)}, count(*) FROM {quote_schema(schema)}.stores_store WHERE closed_on IS NULL"  # noqa: S608
        for pk, schema in schemas
    )
    with qualified(), connection.cursor() as cursor:
        cursor.execute(parts)
        return [(int(pk), int(count)) for pk, count in cursor.fetchall()]
