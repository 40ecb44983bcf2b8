"""What a chain has used of what is charged by the call: by day, by hour, and call by call."""

from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.metering.domain import Meter
from billing.metering.queries import calls_of, usage_by_day, usage_by_hour
from billing.metering.registry import METERS
from billing.metering.services import count_usage
from billing.pricebook.queries import price_book_on
from billing.subscriptions.domain import Terms, unit_fen
from billing.subscriptions.queries import holding_of
from kernel import clock
from kernel.calendar import start_of
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.chains import own_active_chain
from tenants.chains.models import Chain

_SHOWN: Final = timedelta(days=31)
_CALLS_SHOWN: Final = 100


@require_safe
@never_cache
@owner_only
def usage(request: OwnerRequest, slug: str) -> HttpResponse:
    """The last month by day; one day of it by hour and call by call. Counted anew for the one who looks."""
    chain = own_active_chain(request, slug)
    holding = holding_of(chain.pk)
    today = clock.today()
    count_usage(since=clock.now() - timedelta(hours=2), chain_ids=[chain.pk])
    day = _day(request.GET.get("day", ""), today)
    meters = [_meter(chain, meter, holding.terms, today, day) for meter in METERS.values()]
    # What the chain's plan does not offer has no price, and no calls.
    meters = [row for row in meters if row["price_fen"] or row["total"]]
    return render(request, "console/usage.html", {"chain": chain, "meters": meters, "day": day, "today": today})


def _meter(chain: Chain, meter: Meter, terms: Terms, today: date, day: date) -> dict[str, Any]:
    days = usage_by_day(chain.pk, since=today - _SHOWN, until=today + timedelta(days=1))
    of_meter = [row for row in days if row.meter == meter.code]
    price_fen = unit_fen(module=meter.module, terms=terms, book=price_book_on(day=today))
    most = max((row.quantity for row in of_meter), default=0)
    return {
        "meter": meter,
        "price_fen": price_fen,
        "most": most,
        "total": sum(row.quantity for row in of_meter),
        "days": [{"row": row, "fen": row.quantity * price_fen} for row in reversed(of_meter)],
        "hours": usage_by_hour(chain.pk, meter=meter.code, day=day),
        "calls": calls_of(
            chain.schema_name,
            meter=meter.code,
            since=start_of(day),
            until=start_of(day + timedelta(days=1)),
            limit=_CALLS_SHOWN,
        ),
    }


def _day(text: str, today: date) -> date:
    """The day that was asked for, or today where it is none of those shown."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if today - _SHOWN <= day <= today else today
