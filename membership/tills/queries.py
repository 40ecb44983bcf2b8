"""The day's totals, straight from the books (R-K04, R-L03): they tie to the ledger because they are the ledger."""

from datetime import date
from uuid import UUID

from django.db.models import Count, QuerySet, Sum

from kernel.calendar import span_of
from ledger.domain import Unit
from ledger.models import Entry
from membership.tills.domain import ByKind, Side, takings
from membership.tills.models import ReceiptPrint, ShiftClose


def day_takings(*, day: date, store_id: int | None, actor: str | None = None) -> dict[str, ByKind]:
    """What each person took in on a day in China, by kind of posting; in one store, or with None in all. One query."""
    start, end = span_of(day)
    found = Entry.objects.filter(unit=Unit.CNY.value, posting__occurred_at__gte=start, posting__occurred_at__lt=end)
    if store_id is not None:
        found = found.filter(posting__store_id=store_id)
    if actor is not None:
        found = found.filter(posting__actor=actor)
    rows = (
        found.values_list("posting__actor", "posting__kind", "account__kind", "contra")
        .annotate(amount=Sum("amount"), count=Count("posting_id", distinct=True))
        .order_by()
    )
    return takings(Side(*row) for row in rows)


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
