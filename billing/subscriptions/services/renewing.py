"""The billing run: periods that are over are followed by the next, charged in advance.

Set-based: a batch of thousands of chains takes the same few statements as one. A batch is one transaction, and a period
is charged once (``Charge.key``), so a run that was killed is begun anew and bills nothing twice.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from typing import Final

from django.conf import settings
from django.db import connection, connections

from billing.accounts.domain import Debit
from billing.pricebook.domain import MODULE_COUNT, Plan, PriceBook
from billing.pricebook.queries import price_book_on
from billing.subscriptions.locks import lock_due
from billing.subscriptions.models import Subscription
from billing.subscriptions.queries import is_more_due
from billing.subscriptions.services.charging import POSTING_KIND, memo_of, post_all
from billing.subscriptions.statements import CHARGES, DUE_SUMS, NEXT_MODULES, NEXT_PERIODS, SNAPSHOT
from kernel import clock
from kernel.db import in_public
from ledger.engine import arrays
from tenants.people.domain import SYSTEM

BATCH: Final = 1_000


def renew_all(*, today: date | None = None) -> int:
    """Renew everything that is due, batch by batch, each in a transaction of its own; how many periods were charged.

    Where there is more than one batch, several are charged at once, each on a connection of its own: what one has
    locked the others pass over, so no two meet.
    """
    today = today or clock.today()
    periods = 0
    with in_public():
        many = is_more_due(today=today, than=BATCH)
    if many:
        with ThreadPoolExecutor(settings.BILLING_LANES) as pool:
            # Each in a context of its own, with what this one has: the request's id, in tests the clock.
            lanes = [pool.submit(copy_context().run, _lane, today) for _lane_no in range(settings.BILLING_LANES)]
        periods += sum(lane.result() for lane in lanes)
    # What is left: passed over, or more than one period behind.
    return periods + _renew_batches(today)


def _lane(today: date) -> int:
    try:
        return _renew_batches(today)
    finally:
        connections.close_all()


def _renew_batches(today: date) -> int:
    periods = 0
    while True:
        with in_public():
            renewed = renew_due(today=today, limit=BATCH)
        periods += renewed
        if not renewed:
            return periods


def renew_due(*, today: date, limit: int) -> int:
    """Charge the next period of at most so many subscriptions; how many. A chain that missed several periods is charged
    one a call, each at its own prices.
    """
    due = lock_due(today=today, limit=limit)
    _next_period(due, today=today)
    return len(due)


def renew(subscriptions: Sequence[Subscription], *, today: date) -> list[Subscription]:
    """Bring these subscriptions, which are locked, into the period that ``today`` lies in."""
    ids = [subscription.pk for subscription in subscriptions]
    behind = [subscription for subscription in subscriptions if subscription.period_end <= today]
    while behind:
        _next_period(behind, today=today)
        behind = list(Subscription.objects.filter(pk__in=ids, period_end__lte=today).order_by("pk"))
    return list(Subscription.objects.filter(pk__in=ids).order_by("pk"))


def _next_period(subscriptions: Sequence[Subscription], *, today: date) -> None:
    """Follow the period of each with the next: what waited holds, and each module's month is taken."""
    if not subscriptions:
        return
    ids = arrays.plain(subscription.pk for subscription in subscriptions)
    with connection.cursor() as cursor:
        cursor.execute(NEXT_MODULES, {"ids": ids})
    # Periods of one batch may begin on different days, under different books.
    by_book: dict[str, tuple[PriceBook, list[int]]] = {}
    for subscription in subscriptions:
        book = price_book_on(day=subscription.period_end)
        by_book.setdefault(book.version, (book, []))[1].append(subscription.pk)
    for book, part in by_book.values():
        _charge_months(part, book=book, today=today)
    with connection.cursor() as cursor:
        cursor.execute(NEXT_PERIODS, {"ids": ids})
        cursor.execute(SNAPSHOT, {"ids": ids})


def _charge_months(ids: list[int], *, book: PriceBook, today: date) -> None:
    now = clock.now()
    fens = arrays.plain(
        book.price(module=module, plan=plan).monthly_fen for module in range(1, MODULE_COUNT + 1) for plan in Plan
    )
    with connection.cursor() as cursor:
        cursor.execute(DUE_SUMS, {"ids": arrays.plain(ids), "fens": fens})
        due = cursor.fetchall()
        if not due:
            return
        postings = post_all(
            [
                Debit(
                    chain_id=chain_id,
                    amount_fen=int(amount),
                    key=f"period:{chain_id}:{start}",
                    kind=POSTING_KIND,
                    actor=SYSTEM,
                    occurred_at=now,
                    memo=memo_of(lines, start, end),
                    may_owe=True,
                )
                for _pk, chain_id, start, end, lines, amount in due
            ]
        )
        cursor.execute(
            CHARGES,
            {
                "ids": arrays.plain(pk for pk, *_rest in due),
                "postings": arrays.plain(postings),
                "fens": fens,
                "book": book.version,
                "today": today,
                "now": now,
            },
        )
