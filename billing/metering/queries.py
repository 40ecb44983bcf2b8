"""Reading usage."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import TruncDate

from billing.metering.domain import first_id
from billing.metering.models import UsageCount
from billing.metering.registry import METERS
from kernel.calendar import start_of
from kernel.clock import CHINA
from kernel.db import qualified, quote_schema


class DayUsage(NamedTuple):
    """What one meter counted on one day, by China's calendar."""

    day: date
    meter: str
    quantity: int


class Call(NamedTuple):
    """One call."""

    at: datetime
    what: str
    subject: str


def usage_by_day(chain_id: int, *, since: date, until: date) -> list[DayUsage]:
    """By day and meter from ``since`` until before ``until``; days without calls are missing."""
    counts = UsageCount.objects.filter(chain_id=chain_id, hour__gte=start_of(since), hour__lt=start_of(until))
    by_day = counts.annotate(day=TruncDate("hour", tzinfo=CHINA)).values_list("day", "meter")
    return [DayUsage(*row) for row in by_day.annotate(total=Sum("quantity")).order_by("day", "meter")]


def usage_by_hour(chain_id: int, *, meter: str, day: date) -> list[tuple[datetime, int]]:
    """The hours of a day that had calls."""
    begin, end = start_of(day), start_of(day + timedelta(days=1))
    counts = UsageCount.objects.filter(chain_id=chain_id, meter=meter, hour__gte=begin, hour__lt=end, quantity__gt=0)
    return list(counts.order_by("hour").values_list("hour", "quantity"))


def calls_of(schema_name: str, *, meter: str, since: datetime, until: datetime, limit: int) -> Sequence[Call]:
    """The calls one by one, newest first, out of the chain's own rows."""
    sql = METERS[meter].listed.replace("{s}", quote_schema(schema_name))
    params: dict[str, Any] = {"since": since, "until": until, "limit": limit, "first_id": str(first_id(since))}
    with qualified(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Call(*row) for row in cursor.fetchall()]
