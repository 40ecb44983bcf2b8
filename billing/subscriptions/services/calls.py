"""Calls are charged by the day: what was counted on days that are over, less what was charged before."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection

from billing.metering.domain import METERS
from billing.pricebook.queries import price_book_on
from billing.subscriptions.domain import Line, Period, call_line
from billing.subscriptions.locks import lock_many
from billing.subscriptions.models import Subscription
from billing.subscriptions.queries import held
from billing.subscriptions.services.charging import Bill, take
from billing.subscriptions.statements import UNCHARGED_CALLS
from kernel import clock

BATCH: Final = 2_000


def charge_calls(*, today: date | None = None, limit: int = BATCH) -> int:
    """Charge calls that were counted and not charged, of any chain; how many lines. What the account lacks is owed."""
    today = today or clock.today()
    return _charge(None, today=today, until=today, limit=limit)


def charge_calls_of(subscriptions: Sequence[Subscription], *, today: date) -> int:
    """Charge those of these subscriptions, which are locked: before their plan, and with it the price, changes."""
    return _charge([subscription.pk for subscription in subscriptions], today=today, until=today, limit=BATCH)


def charge_last_calls_of(subscription: Subscription, *, today: date) -> int:
    """Charge what a chain that leaves has called up to now; its subscription, which is locked, may have ended."""
    return _charge([subscription.pk], today=today, until=today + timedelta(days=1), limit=BATCH)


def _charge(ids: Sequence[int] | None, *, today: date, until: date, limit: int) -> int:
    # Locked first, and read again under the lock: another run may be at the same.
    found = _uncharged(ids, until=until, limit=limit)
    holdings = {holding.subscription.pk: holding for holding in held(lock_many({pk for pk, *_rest in found}))}
    lines: dict[tuple[int, Period], list[Line]] = {}
    for pk, start, end, meter, counted, charged in _uncharged(list(holdings), until=until, limit=limit):
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


def _uncharged(ids: Sequence[int] | None, *, until: date, limit: int) -> list[tuple[int, date, date, str, int, int]]:
    meters = list(METERS.values())
    params: dict[str, Any] = {
        "ids": ids,
        "until": until,
        "meters": [meter.code for meter in meters],
        "modules": [meter.module for meter in meters],
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(UNCHARGED_CALLS, params)
        return [tuple(row) for row in cursor.fetchall()]
