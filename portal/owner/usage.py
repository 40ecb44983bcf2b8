"""What a chain has used of what is charged by the call: over a month, over a day, and call by call while kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.metering.domain import Meter
from billing.metering.queries import Call, calls_of, usage_by_day, usage_by_hour
from billing.metering.registry import METERS
from billing.metering.services import count_usage
from billing.pricebook.queries import price_book_on
from billing.subscriptions.domain import Terms, unit_fen
from billing.subscriptions.queries import Holding, holding_of
from kernel import clock
from kernel.calendar import start_of
from kernel.clock import CHINA
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.call_words import worded
from portal.owner.chains import own_active_chain
from tenants.chains.models import Chain

_SHOWN_DAYS: Final = 31
_HOURS: Final = 24
_A_PAGE: Final = 100
_PAGES_MAX: Final = 50
"""Beyond so many pages of a day, an hour of it is chosen."""


@dataclass(frozen=True, slots=True)
class Point:
    """One bar of a chart, and where it leads."""

    label: str
    short: str
    """Below the bar; empty where there is no room for each."""
    quantity: int
    fen: int
    href: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the month is looked at closely."""

    today: date
    day: date
    hour: int | None
    page: int

    def address(self, meter: Meter, **changes: object) -> str:
        """Where another part is shown, at the same meter."""
        fields = {"day": f"{self.day:%Y-%m-%d}", "hour": self.hour} | changes
        return f"?{urlencode({name: value for name, value in fields.items() if value is not None})}#{meter.code}"

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The chosen day, or hour of it, half-open."""
        begin = start_of(self.day)
        if self.hour is None:
            return begin, start_of(self.day + timedelta(days=1))
        return begin + timedelta(hours=self.hour), begin + timedelta(hours=self.hour + 1)


@require_safe
@never_cache
@owner_only
def usage(request: OwnerRequest, slug: str) -> HttpResponse:
    """The last month by day; one day of it by hour; its calls one by one. Counted anew for the one who looks."""
    chain = own_active_chain(request, slug)
    holding = holding_of(chain.pk)
    count_usage(since=clock.now() - timedelta(hours=2), chain_ids=[chain.pk])
    asked = _asked(request)
    meters = [_meter(chain, meter, holding, asked) for meter in METERS.values()]
    # What the chain's plan does not offer has no price, and no calls.
    meters = [row for row in meters if row["price_fen"] or row["total"]]
    context = {"chain": chain, "meters": meters, "day": asked.day, "hour": asked.hour, "shown_days": _SHOWN_DAYS}
    return render(request, "console/usage.html", context)


def _meter(chain: Chain, meter: Meter, holding: Holding, asked: Asked) -> dict[str, Any]:
    price_fen = _price(meter, holding.terms, holding.period.start)
    days = _by_day(chain, meter, price_fen, asked)
    hours = _by_hour(chain, meter, price_fen, asked)
    calls, earlier = _calls(chain, meter, asked)
    return {
        "meter": meter,
        "price_fen": price_fen,
        "total": sum(point.quantity for point in days),
        "today": days[-1].quantity,
        "days": days,
        "hours": hours,
        "of_day": sum(point.quantity for point in hours),
        "whole_day": asked.address(meter, hour=None),
        "calls": calls,
        "later": asked.address(meter, page=asked.page - 1) if asked.page > 1 else "",
        "earlier": asked.address(meter, page=asked.page + 1) if earlier and asked.page < _PAGES_MAX else "",
    }


def _price(meter: Meter, terms: Terms, day: date) -> int:
    """A period keeps the prices it began with."""
    return unit_fen(module=meter.module, terms=terms, book=price_book_on(day=day))


def _by_day(chain: Chain, meter: Meter, price_fen: int, asked: Asked) -> list[Point]:
    first = asked.today - timedelta(days=_SHOWN_DAYS - 1)
    found = usage_by_day(chain.pk, since=first, until=asked.today + timedelta(days=1))
    counted = {row.day: row.quantity for row in found if row.meter == meter.code}
    days = [first + timedelta(days=ago) for ago in range(_SHOWN_DAYS)]
    return [
        Point(
            label=f"{day:%Y-%m-%d}",
            # Every third, so that they can be read on a telephone; the last among them.
            short=str(day.day) if (asked.today - day).days % 3 == 0 else "",
            quantity=counted.get(day, 0),
            fen=counted.get(day, 0) * price_fen,
            href=asked.address(meter, day=f"{day:%Y-%m-%d}", hour=None),
            chosen=day == asked.day,
        )
        for day in days
    ]


def _by_hour(chain: Chain, meter: Meter, price_fen: int, asked: Asked) -> list[Point]:
    found = usage_by_hour(chain.pk, meter=meter.code, day=asked.day)
    counted = {hour.astimezone(CHINA).hour: quantity for hour, quantity in found}
    return [
        Point(
            label=f"{hour:02}:00 – {hour + 1:02}:00",
            short=str(hour) if hour % 3 == 0 else "",
            quantity=counted.get(hour, 0),
            fen=counted.get(hour, 0) * price_fen,
            href=asked.address(meter, hour=hour),
            chosen=hour == asked.hour,
        )
        for hour in range(_HOURS)
    ]


def _calls(chain: Chain, meter: Meter, asked: Asked) -> tuple[Sequence[Call], bool]:
    """A page of them, the latest first, and whether there are earlier ones. Calls of one batch have one moment, so
    pages are told by number and not by time.
    """
    since, until = asked.span
    passed = (asked.page - 1) * _A_PAGE
    found = calls_of(chain.schema_name, meter=meter.code, since=since, until=until, limit=passed + _A_PAGE + 1)
    shown = worded(chain.schema_name, found[passed : passed + _A_PAGE])
    return shown, len(found) > passed + _A_PAGE


def _asked(request: OwnerRequest) -> Asked:
    """What was asked for, or today where it is none of what is shown."""
    today = clock.today()
    hour = _number(request.GET.get("hour", ""), _HOURS - 1)
    page = _number(request.GET.get("page", ""), _PAGES_MAX)
    return Asked(today, _day(request.GET.get("day", ""), today), hour, page or 1)


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if today - timedelta(days=_SHOWN_DAYS) < day <= today else today


def _number(text: str, most: int) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        return None
    return int(text) if int(text) <= most else None
