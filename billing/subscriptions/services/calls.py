"""Calls are charged by the day: what was counted on days that are over, less what was charged before."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection

from billing.metering.registry import METERS
from billing.pricebook.queries import price_book_on
from billing.subscriptions.domain import Line, Period, call_line
from billing.subscriptions.locks import lock_many
from billing.subscriptions.models import Subscription
from billing.subscriptions.queries import held
from billing.subscriptions.services.charging import Bill, take
from billing.subscriptions.statements import UNCHARGED_CALLS
from kernel import clock
from kernel.db import in_public

BATCH: Final = 2_000


def charge_all_calls(*, today: date | None = None) -> int:
    """Charge the calls of every chain, so many chains at a time, each batch in a transaction of its own; how many
    lines. What an account lacks is owed.
    """
    today = today or clock.today()
    lines, last = 0, 0
    while True:
        with in_public():
            running = Subscription.objects.filter(ended_on=None, pk__gt=last).order_by("pk")
            ids = list(running.values_list("pk", flat=True)[:BATCH])
            if not ids:
                return lines
            lines += _charge(ids, today=today, until=today)
        last = ids[-1]


def charge_calls_of(subscriptions: Sequence[Subscription], *, today: date) -> int:
    """Charge those of these subscriptions, which are locked: before their plan, and with it the price, changes."""
    return _charge([subscription.pk for subscription in subscriptions], today=today, until=today)


def charge_last_calls_of(subscription: Subscription, *, today: date) -> int:
    """Charge what a chain that leaves has called up to now; its subscription, which is locked, may have ended."""
    return _charge([subscription.pk], today=today, until=today + timedelta(days=1))


def _charge(ids: Sequence[int], *, today: date, until: date) -> int:
    # Locked first, and read again under the lock: another run may be at the same.
    found = {pk for pk, *_rest in _uncharged(ids, until=until)}
    if not found:
        return 0
    holdings = {holding.subscription.pk: holding for holding in held(lock_many(found))}
    lines: dict[tuple[int, Period], list[Line]] = {}
    for pk, start, end, meter, counted, charged in _uncharged(list(holdings), until=until):
        line = call_line(
            module=METERS[meter].module,
            terms=holdings[pk].terms,
            period=Period(start, end),
            book=price_book_on(day=start),
            counted=counted,
            charged_before=charged,
        )
        if line is not None:
            lines.setdefault((pk, Period(start, end)), []).append(line)
    bills = []
    for (pk, period), its_lines in lines.items():
        chain_id = holdings[pk].subscription.chain_id
        counted_to = "-".join(f"{line.module}:{line.charged_before + line.quantity}" for line in its_lines)
        bills.append(Bill(chain_id, f"calls:{chain_id}:{period.start}:{counted_to}", its_lines, period, may_owe=True))
    take(bills, today=today)
    return sum(map(len, lines.values()))


def _uncharged(ids: Sequence[int], *, until: date) -> list[tuple[int, date, date, str, int, int]]:
    meters = list(METERS.values())
    params: dict[str, Any] = {
        "ids": ids,
        "until": until,
        "meters": [meter.code for meter in meters],
        "modules": [meter.module for meter in meters],
    }
    with connection.cursor() as cursor:
        cursor.execute(UNCHARGED_CALLS, params)
        return [tuple(row) for row in cursor.fetchall()]
