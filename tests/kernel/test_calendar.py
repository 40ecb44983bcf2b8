"""Arithmetic in months and the edges of China's days."""

from datetime import UTC, date, datetime

import pytest

from kernel.calendar import add_months, span_of, start_of


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 21), 2, date(2027, 1, 21)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_are_added_to_the_same_day_or_the_months_last(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_a_day_in_china_begins_at_sixteen_hours_of_the_day_before_in_utc() -> None:
    assert start_of(date(2026, 3, 2)) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    start, end = span_of(date(2026, 3, 2))
    assert (end - start).total_seconds() == 86_400
