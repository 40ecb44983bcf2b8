"""Arithmetic in months and the edges of China's days."""

from datetime import UTC, date, datetime

import pytest

from kernel.calendar import add_months, add_working_days, span_of, start_of
from kernel.holidays import CLOSED, LAST_YEAR, WORKED


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


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        (date(2026, 3, 2), 3, date(2026, 3, 5)),
        (date(2026, 3, 5), 3, date(2026, 3, 10)),
        (date(2026, 3, 7), 1, date(2026, 3, 9)),
        (date(2026, 3, 7), 0, date(2026, 3, 7)),
    ],
)
def test_working_days_leave_out_weekends(day: date, days: int, expected: date) -> None:
    assert add_working_days(day, days) == expected


def test_working_days_leave_out_holidays_and_count_weekends_that_are_worked() -> None:
    closed = [date(2026, 10, day) for day in range(1, 8)]
    assert add_working_days(date(2026, 9, 30), 2, closed=closed) == date(2026, 10, 9)
    assert add_working_days(date(2026, 9, 30), 2, closed=closed, worked=[date(2026, 10, 10)]) == date(2026, 10, 9)
    assert add_working_days(date(2026, 10, 9), 1, closed=closed, worked=[date(2026, 10, 10)]) == date(2026, 10, 10)


@pytest.mark.parametrize(
    ("day", "days", "expected"),
    [
        # 春节 from 15 to 23 February; Saturday the 28th is worked for it.
        (date(2026, 2, 13), 3, date(2026, 2, 25)),
        (date(2026, 2, 26), 3, date(2026, 3, 2)),
        # 国庆节, with the Sunday before and the Saturday after.
        (date(2026, 9, 18), 1, date(2026, 9, 20)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2025, 9, 30), 3, date(2025, 10, 11)),
        # A year that is not announced yet: Monday to Friday.
        (date(LAST_YEAR + 4, 10, 1), 0, date(LAST_YEAR + 4, 10, 1)),
    ],
)
def test_working_days_are_those_of_china(day: date, days: int, expected: date) -> None:
    assert add_working_days(day, days) == expected


def test_every_day_that_is_worked_instead_is_a_weekend_and_no_holiday() -> None:
    assert {day.weekday() for day in WORKED} <= {5, 6}
    assert not WORKED & CLOSED
    # As many days off as the notices say: 28 in 2025, 33 in 2026, weekends among them included.
    assert [sum(day.year == year for day in CLOSED) for year in (2025, 2026)] == [28, 33]
