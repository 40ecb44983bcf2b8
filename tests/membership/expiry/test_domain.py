"""When points are void and what may expire."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.calendar import add_months
from ledger.domain import LotKind, Unit
from membership.expiry.domain import PointsPolicy, clearing_day, contra_of, earned_before, expires

_days = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (PointsPolicy.ROLLING_INACTIVITY, date(2027, 2, 28)),
        (PointsPolicy.FIXED, date(2026, 5, 10)),
        (PointsPolicy.PER_LOT, date(2026, 5, 10)),
    ],
)
def test_the_day_on_which_points_are_void(policy: PointsPolicy, expected: date) -> None:
    """R-G03, R-I02, X-17."""
    days = {"began_on": date(2024, 5, 10), "last_used_on": date(2026, 2, 28), "earned_on": date(2025, 5, 10)}
    assert clearing_day(policy, months=12, **days) == expected


@given(began=_days, earned=_days, months=st.integers(1, 24))
def test_a_term_ends_after_what_was_earned_in_it_and_no_whole_term_lies_between(
    began: date, earned: date, months: int
) -> None:
    day = clearing_day(PointsPolicy.FIXED, months=months, began_on=began, last_used_on=began, earned_on=earned)
    assert day > earned
    assert day <= max(add_months(earned, months), add_months(began, months))


def test_what_was_paid_in_never_expires_and_all_else_may() -> None:
    """X-12."""
    assert not expires(kind=LotKind.PRINCIPAL, unit=Unit.CNY)
    assert expires(kind=LotKind.BONUS, unit=Unit.CNY)
    assert all(expires(kind=LotKind.PRINCIPAL, unit=unit) for unit in (Unit.PTS, Unit.CNT, Unit.MIN))


def test_what_was_given_falls_away_and_what_was_paid_for_becomes_income() -> None:
    assert contra_of(kind="BONUS", unit="CNY") == "PROMOTION"
    assert contra_of(kind="POINTS", unit="PTS") == "POINTS"
    assert contra_of(kind="PACKAGE", unit="CNT") == "DEFERRED"
    assert contra_of(kind="BONUS", unit="MIN") == "PROMOTION"


@given(day=_days, months=st.integers(1, 24), policy=st.sampled_from(PointsPolicy))
def test_lot_by_lot_just_those_go_whose_months_are_over(day: date, months: int, policy: PointsPolicy) -> None:
    kept_from = earned_before(policy, months=months, day=day)
    if policy == PointsPolicy.PER_LOT:
        assert add_months(kept_from, months) > day >= add_months(kept_from - timedelta(days=1), months)
    else:
        assert kept_from == day
