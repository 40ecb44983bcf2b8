"""How long a record is kept: to the day, and what changes of plan do to it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricebook.domain import PLANS
from kernel.calendar import add_months
from membership.retention.domain import decided, first_day_kept, last_day_kept

MONTHS = st.sampled_from(sorted(features.records_kept_months for features in PLANS.values()))
DAYS = st.dates(date(2023, 1, 1), date(2033, 12, 31))
FIRST = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        ("2026-03-05", 3, "2026-06-05"),
        ("2026-05-31", 3, "2026-08-31"),
        ("2026-11-30", 3, "2027-02-28"),
        ("2026-11-29", 3, "2027-02-28"),
        ("2026-02-28", 3, "2026-05-31"),
        ("2026-02-27", 3, "2026-05-27"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2027-02-28", 12, "2028-02-29"),
        ("2028-02-28", 12, "2029-02-28"),
        ("2026-12-31", 12, "2027-12-31"),
    ],
)
def test_to_the_same_day_and_from_a_months_end_to_a_months_end(day: str, months: int, last: str) -> None:
    assert last_day_kept(date.fromisoformat(day), months) == date.fromisoformat(last)


@given(day=DAYS, months=MONTHS, around=st.integers(-40, 40))
def test_looking_forward_and_looking_back_say_the_same(day: date, months: int, around: int) -> None:
    today = add_months(day, months) + timedelta(days=around)
    assert (first_day_kept(today, months) <= day) == (today <= last_day_kept(day, months))


@given(day=DAYS, months=MONTHS)
def test_nothing_is_kept_for_less_than_the_months(day: date, months: int) -> None:
    assert last_day_kept(day, months) >= add_months(day, months)
    assert last_day_kept(day + timedelta(days=1), months) >= last_day_kept(day, months)


@given(plans=st.lists(MONTHS, min_size=1, max_size=500), born=st.integers(-200, 300))
def test_a_record_is_gone_from_the_first_day_on_which_its_plan_did_not_keep_it(plans: list[int], born: int) -> None:
    """Up, down and up again, day by day, in any order."""
    record = FIRST + timedelta(days=born)
    mark, gone = None, False
    for number, months in enumerate(plans):
        today = FIRST + timedelta(days=number)
        before = mark
        mark = decided(mark, today=today, months=months)
        assert before is None or mark >= before, "what is gone was brought back"
        if record > today:
            continue
        gone = gone or today > last_day_kept(record, months)
        assert (record < mark) == gone


def test_up_down_and_up() -> None:
    """C until July, then A for a month, then C again."""
    mark = decided(None, today=date(2026, 6, 30), months=12)
    assert mark == date(2025, 6, 30)
    mark = decided(mark, today=date(2026, 7, 1), months=3)
    assert mark == date(2026, 4, 1), "the lower plan holds from its first day, and from no day before"
    mark = decided(mark, today=date(2026, 8, 1), months=12)
    assert mark == date(2026, 4, 1), "what went in July does not come back"
    assert decided(mark, today=date(2027, 4, 1), months=12) == date(2026, 4, 1)
    assert decided(mark, today=date(2027, 4, 2), months=12) == date(2026, 4, 2)
