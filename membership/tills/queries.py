"""The day's totals, straight from the books (R-K04, R-L03): they tie to the ledger because they are the ledger."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate

from kernel.calendar import span_of, start_of
from kernel.clock import CHINA
from ledger.domain import Unit
from ledger.models import Entry
from membership.tills.domain import SUMMED, ByKind, DaySide, DayTotals, Side, day_totals, takings
from membership.tills.models import ReceiptPrint, ShiftClose


def day_takings(*, day: date, store_id: int | None, actor: str | None = None) -> dict[str, ByKind]:
    """What each person took in on a day in China, by kind of posting; in one store, or with None in all. One query."""
    found = _entries(*span_of(day), store_id)
    if actor is not None:
        found = found.filter(posting__actor=actor)
    rows = (
        found.values_list("posting__actor", "posting__kind", "account__kind", "contra")
        .annotate(amount=Sum("amount"), count=Count("posting_id", distinct=True))
        .order_by()
    )
    return takings(Side(*row) for row in rows)


def totals_by_day(*, store_id: int | None, last: date, days: int) -> list[DayTotals]:
    """What ``days`` days up to and including ``last`` brought, the oldest first; days without business are there too.
    One query.
    """
    first = last - timedelta(days=days - 1)
    found = _entries(start_of(first), span_of(last)[1], store_id).filter(contra__in=SUMMED)
    rows = (
        found.annotate(day=TruncDate("posting__occurred_at", tzinfo=CHINA))
        .values_list("day", "posting__kind", "posting__reverses__kind", "contra")
        .annotate(amount=Sum("amount"))
        .order_by()
    )
    by_day = day_totals(DaySide(*row) for row in rows)
    calendar = (first + timedelta(days=offset) for offset in range(days))
    return [by_day.get(day, DayTotals(day)) for day in calendar]


def _entries(start: datetime, end: datetime, store_id: int | None) -> QuerySet[Entry]:
    """The entries in money of what happened in that time, in one store, or with None in all."""
    found = Entry.objects.filter(unit=Unit.CNY.value, posting__occurred_at__gte=start, posting__occurred_at__lt=end)
    return found if store_id is None else found.filter(posting__store_id=store_id)


def shift_closes(*, day: date, store_id: int | None, actor: str | None = None) -> QuerySet[ShiftClose]:
    """The drawers counted for a day, the latest count first."""
    found = ShiftClose.objects.filter(day=day)
    if store_id is not None:
        found = found.filter(store_id=store_id)
    if actor is not None:
        found = found.filter(actor=actor)
    return found.select_related("store").order_by("-closed_at", "-pk")


def prints_of(record_id: UUID) -> QuerySet[ReceiptPrint]:
    """When a receipt was printed, the original first."""
    return ReceiptPrint.objects.filter(record_id=record_id).order_by("copy_no")
