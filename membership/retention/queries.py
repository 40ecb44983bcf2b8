"""What is still shown, what will be cleared and when, and the archives there are. All in the chain that is chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, DateField, Max, Min, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, TruncMonth

from kernel.calendar import start_of
from kernel.clock import CHINA
from membership.records.models import Record
from membership.records.queries import kept_since
from membership.retention.domain import UNFINISHED, ArchiveState, first_day_kept
from membership.retention.models import Archive, Clearing, Retrieval

PATIENCE: Final = timedelta(seconds=90)
"""How long a worker may be silent before another takes over."""

DUE: Final = (
    "SELECT FROM {schema}.retention_retrieval WHERE state = 'WAITING'"
    f" AND touched_at <= %(now)s - interval '{PATIENCE.seconds} seconds'"
)
"""Whether a chain has a request that nobody seems to work on."""


def shown(found: QuerySet[Record], *, today: date, months: int) -> QuerySet[Record]:
    """Those that a plan of so many months shows on ``today`` (R-A10) and no decision has cleared. No query of its own:
    the decision is read by the statement that reads the records.
    """
    since = kept_since(today, months)
    mark = Clearing.objects.filter(pk=Clearing.ONLY).values("cleared_before")
    return found.filter(occurred_at__gte=since).filter(occurred_at__gte=Coalesce(Subquery(mark), since))


def clearing() -> Clearing:
    """How far this chain's records are cleared."""
    return Clearing.objects.get(pk=Clearing.ONLY)


def expired(before: datetime, *, limit: int) -> QuerySet[Record]:
    """The oldest records of before that moment, in the order they happened; the index of the latest answers."""
    return Record.objects.filter(occurred_at__lt=before).order_by("occurred_at", "id")[:limit]


def unfinished_archive() -> Archive | None:
    """The archive whose records are not deleted yet, if there is one."""
    return Archive.objects.filter(state__in=UNFINISHED).select_related("file").order_by("pk").first()


@dataclass(frozen=True, slots=True)
class MonthKept:
    """The records of a calendar month that are still in the table."""

    first_day: date
    records: int


def records_by_month() -> list[MonthKept]:
    """How many records there are of each calendar month, the oldest first. One query."""
    rows = (
        Record.objects.annotate(month=TruncMonth("occurred_at", output_field=DateField(), tzinfo=CHINA))
        .order_by("month")
        .values_list("month")
        .annotate(Count("id"))
    )
    return [MonthKept(first_day, count) for first_day, count in rows]


def records_before(day: date) -> int:
    """How many records there are of before the beginning of that day."""
    return Record.objects.filter(occurred_at__lt=start_of(day)).count()


def would_clear(*, today: date, months: int) -> int:
    """How many records a plan of so many months, in force on ``today``, would clear."""
    return records_before(first_day_kept(today, months))


@dataclass(frozen=True, slots=True)
class Archived:
    """What the archives hold in sum."""

    archives: int
    records: int
    first_at: datetime | None
    last_at: datetime | None
    size: int
    """Bytes, compressed."""


def archived() -> Archived:
    """All that was cleared into archives. One query."""
    sums = Archive.objects.filter(state=ArchiveState.CLEARED).aggregate(
        archives=Count("id"),
        records=Coalesce(Sum("records"), 0),
        first_at=Min("first_at"),
        last_at=Max("last_at"),
        size=Coalesce(Sum("file__size"), 0),
    )
    return Archived(**sums)


def page_of_archives(*, size: int, before: int | None = None) -> list[Archive]:
    """The latest archives. One query on any page."""
    found = Archive.objects.exclude(state=ArchiveState.BROKEN).select_related("file")
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:size])


def archives_of(first: datetime, end: datetime) -> QuerySet[Archive]:
    """The archives that may hold records of ``[first, end)``, the oldest first."""
    proved = Archive.objects.filter(state__in=(ArchiveState.VERIFIED, ArchiveState.CLEARED))
    return proved.filter(last_at__gte=first, first_at__lt=end).select_related("file").order_by("last_at", "pk")


def retrievals_of(actor: str, *, size: int) -> list[Retrieval]:
    """The latest requests of this person. Nobody sees another's."""
    found = Retrieval.objects.filter(actor=actor).select_related("file", "card")
    return list(found.order_by("-pk")[:size])


def find_retrieval(retrieval_id: int, *, actor: str) -> Retrieval | None:
    """The request, if it is this person's."""
    return Retrieval.objects.filter(pk=retrieval_id, actor=actor).select_related("file", "card").first()


def silent_retrievals(now: datetime) -> Sequence[int]:
    """Requests that nobody has worked on for a while."""
    found = Retrieval.objects.filter(state="WAITING", touched_at__lte=now - PATIENCE)
    return list(found.order_by("touched_at").values_list("pk", flat=True))
