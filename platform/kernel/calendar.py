"""Calendar arithmetic in months, as cards and retention periods are stated."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel.clock import CHINA


def add_months(day: date, months: int) -> date:
    """The same day of the month, ``months`` later (or earlier); the month's last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def start_of(day: date, zone: ZoneInfo = CHINA) -> datetime:
    """The moment ``day`` begins in ``zone``, in UTC."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def span_of(day: date, zone: ZoneInfo = CHINA) -> tuple[datetime, datetime]:
    """The half-open interval ``[from, to)`` of one calendar day, in UTC."""
    return start_of(day, zone), start_of(day + timedelta(days=1), zone)
