"""The one place that reads the clock. Rules (``domain.py``) never do: they are given ``now``."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

_frozen: ContextVar[datetime | None] = ContextVar("kayun_frozen_clock", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen.get() or datetime.now(UTC)


def today(zone: ZoneInfo = CHINA) -> date:
    """The calendar day it is in ``zone``."""
    return now().astimezone(zone).date()


def from_timestamp(seconds: int) -> datetime:
    """The moment that others count in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at an aware moment: for tests, and for the demo's year of activity."""
    if moment.tzinfo is None:
        raise ValueError("frozen() takes an aware moment")
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
