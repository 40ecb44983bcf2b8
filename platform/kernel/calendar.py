"""Calendar arithmetic in months, as cards and retention periods are stated."""

from calendar import monthrange
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kernel.clock import CHINA
from kernel.holidays import CLOSED, WORKED

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
"""The days that a person may ask for: arithmetic around them stays within what the language can count."""

_SATURDAY: Final = 5


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


def add_working_days(
    day: date, days: int, *, closed: Collection[date] = CLOSED, worked: Collection[date] = WORKED
) -> date:
    """The day that is so many working days after ``day``: Monday to Friday, but for holidays.

    ``closed``: public holidays, ``worked``: weekend days that are worked instead (调休); by default China's, as far as
    they are announced.
    """
    while days > 0:
        day += timedelta(days=1)
        if day in worked or (day.weekday() < _SATURDAY and day not in closed):
            days -= 1
    return day
