"""The billing run over many chains, beside an ORM loop chain by chain and module by module."""

import time
from datetime import date
from typing import Final

from django.db.models import Sum

from bench.results import Plan, Result
from billing.accounts.domain import Debit
from billing.accounts.services import debit, open_accounts
from billing.pricebook.domain import MODULE_COUNT
from billing.pricebook.models import Price
from billing.subscriptions.models import Charge, SubscribedModule, Subscription
from billing.subscriptions.services import renew_all
from kernel import clock
from kernel.calendar import add_months
from kernel.db import in_public
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, UserKind
from tenants.people.models import User

CHAINS: Final = 10_000
TWINS: Final = 100
ANCHOR: Final = date(2026, 1, 15)
PLAN: Final = "B"


def measure(plan: Plan) -> list[Result]:
    """Every round is a month. The twin is timed on a hundred chains, and its time taken a hundredfold."""
    _seed("billed", CHAINS, ended=False)
    _seed("twin", TWINS, ended=True)
    ours, twin = [], []
    for month in range(plan.rounds):
        today = add_months(ANCHOR, month + 1)
        twin.append(_timed_twin(today) * CHAINS / TWINS)
        began = time.perf_counter()
        billed = renew_all(today=today)
        ours.append(time.perf_counter() - began)
        if billed != CHAINS or renew_all(today=today):
            raise RuntimeError(f"{billed} periods were billed, or some twice")
        if _fen("billed", today) != _fen("twin", today) * CHAINS // TWINS:
            raise RuntimeError("the twin's bill is another")
    return [
        Result(
            path=f"billing run, {CHAINS:,} chains × {MODULE_COUNT} modules",
            against="an ORM loop per chain",
            unit="s",
            ours=min(ours),
            peer=min(twin),
            goal=1 / 150,
            more_is_better=False,
            note=f"the loop was timed on {TWINS} chains and its time multiplied; both bill the same fen, and a second "
            "run bills nothing",
        )
    ]


def _seed(prefix: str, number: int, *, ended: bool) -> None:
    """Chains that have subscribed to everything; no schema of theirs is asked anything."""
    now = clock.now()
    with in_public():
        owner = User(username=prefix, email=f"{prefix}@example.cn", name="测试", kind=UserKind.OWNER)
        owner.set_unusable_password()
        owner.save()
        chains = Chain.objects.bulk_create(
            Chain(
                slug=f"{prefix}{n}", schema_name=f"c_{prefix}{n}", name=prefix, plan=PLAN, owner=owner,
                state=ChainState.CLOSED, first_store_name="一号店", created_at=now, touched_at=now,
            )
            for n in range(number)
        )  # fmt: skip
        open_accounts(chain_ids=[chain.pk for chain in chains])
        subscriptions = Subscription.objects.bulk_create(
            Subscription(
                chain=chain, anchor=ANCHOR, period_start=ANCHOR, period_end=add_months(ANCHOR, 1), plan=PLAN,
                next_plan=PLAN, ended_on=ANCHOR if ended else None,
            )
            for chain in chains
        )  # fmt: skip
        SubscribedModule.objects.bulk_create(
            (
                SubscribedModule(subscription=subscription, module=module, plan=PLAN, next_plan=PLAN)
                for subscription in subscriptions
                for module in range(1, MODULE_COUNT + 1)
            ),
            batch_size=20_000,
        )


def _timed_twin(today: date) -> float:
    """What a first version would do: a transaction a chain, a query a module."""
    began = time.perf_counter()
    for pk in Subscription.objects.filter(chain__slug__startswith="twin").values_list("pk", flat=True):
        with in_public():
            _bill_one(Subscription.objects.select_for_update().get(pk=pk), today)
    return time.perf_counter() - began


def _bill_one(subscription: Subscription, today: date) -> None:
    start, end = today, add_months(today, 1)
    charges = []
    for row in subscription.modules.order_by("module"):
        price = Price.objects.select_related("book").get(book__version="2026-01", module=row.module, plan=row.plan)
        if price.monthly_fen:
            charges.append((row, price))
    total = sum(price.monthly_fen for _row, price in charges)
    posted = debit(
        Debit(
            chain_id=subscription.chain_id, amount_fen=total, key=f"twin:{subscription.pk}:{start}", kind="BILL",
            actor=SYSTEM, occurred_at=clock.now(), may_owe=True,
        )
    )  # fmt: skip
    for row, price in charges:
        Charge.objects.create(
            chain_id=subscription.chain_id, key=f"twin:{subscription.pk}:{row.module}:{start}", kind="MONTH",
            module=row.module, plan=row.plan, book=price.book.version, period_start=start, period_end=end,
            price_fen=price.monthly_fen, amount_fen=price.monthly_fen, charged_on=today, charged_at=clock.now(),
            posting_id=posted.posting_id,
        )  # fmt: skip
    subscription.period_start, subscription.period_end = start, end
    subscription.save()


def _fen(prefix: str, start: date) -> int:
    with in_public():
        billed = Charge.objects.filter(chain__slug__startswith=prefix, period_start=start)
        return int(billed.aggregate(fen=Sum("amount_fen"))["fen"])
