"""Periods, terms, and what a change of them costs, against figures computed by hand from the printed list."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricebook.domain import Plan, PriceBook
from billing.pricebook.queries import DATA, read_price_book
from billing.subscriptions.domain import (
    ALWAYS_ON,
    Change,
    ModuleAlwaysOn,
    ModuleNotOffered,
    Period,
    Terms,
    TermsBelowFloor,
    change_of,
    check_terms,
    first_charge,
    monthly_fen,
    period_at,
    pro_rata,
)

BOOK: PriceBook = read_price_book(DATA / "prices-2026-01.csv")
MARCH = Period(date(2026, 3, 10), date(2026, 4, 10))
"""31 days."""

plans = st.sampled_from(list(Plan))
terms = st.builds(Terms.of, plans, st.dictionaries(st.integers(1, 20).filter(lambda n: n not in ALWAYS_ON), plans))


def change(
    before: Terms,
    after: Terms,
    *,
    day: date = MARCH.start,
    paid: Mapping[int, int] | None = None,
    period: Period = MARCH,
) -> Change:
    return change_of(
        before=before, after=after, setup_paid=paid or {}, period=period, day=day, book=BOOK, month_book=BOOK
    )


# ── Periods ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_month_without_the_anchors_day_ends_the_period_on_its_last() -> None:
    anchor = date(2026, 1, 31)
    assert period_at(anchor=anchor, day=date(2026, 2, 27)) == Period(date(2026, 1, 31), date(2026, 2, 28))
    assert period_at(anchor=anchor, day=date(2026, 2, 28)) == Period(date(2026, 2, 28), date(2026, 3, 31))
    assert period_at(anchor=anchor, day=date(2026, 3, 31)) == Period(date(2026, 3, 31), date(2026, 4, 30))


def test_there_is_no_period_before_the_first() -> None:
    with pytest.raises(ValueError, match="before it began"):
        period_at(anchor=date(2026, 3, 2), day=date(2026, 3, 1))


@given(anchor=st.dates(date(2020, 1, 1), date(2030, 12, 31)), days=st.integers(0, 1500))
def test_periods_follow_each_other_without_gap_or_overlap(anchor: date, days: int) -> None:
    found = {period_at(anchor=anchor, day=anchor + timedelta(days=n)) for n in range(days, days + 70)}
    seen = sorted(found, key=attrgetter("start"))
    assert all(left.end == right.start for left, right in pairwise(seen))
    assert all(28 <= period.days <= 31 for period in seen)


# ── Golden bills ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_bill_of_each_plan() -> None:
    """R-A21: plan A with nothing else is free; B 186 + 18, C 286 + 36."""
    assert first_charge(terms=Terms.of(Plan.A), period=MARCH, book=BOOK) == ()
    totals = {
        plan: sum(line.amount_fen for line in first_charge(terms=Terms.of(plan), period=MARCH, book=BOOK))
        for plan in Plan
    }
    assert totals == {Plan.A: 0, Plan.B: 204_00, Plan.C: 322_00}


def test_a_module_in_mid_period_is_charged_by_days() -> None:
    """Points on B with 11 of 31 days left: 25.00 × 11 / 31 = 8.8709… = 8.87."""
    taken = change(Terms.of(Plan.B), Terms.of(Plan.B, [8]), day=date(2026, 3, 30))
    assert [(line.kind, line.module, line.amount_fen, line.days, line.of_days) for line in taken.now] == [
        ("MONTH", 8, 8_87, 11, 31)
    ]
    assert (taken.monthly_now_fen, taken.monthly_next_fen) == (43_00, 43_00)
    assert not taken.waits


def test_an_upgrade_in_mid_period_costs_the_differences() -> None:
    """X-06: A with the API and chain HQ, to B, 20 of 31 days left.

    Set-up: HQ 6,800 - 3,800 = 3,000; the plan itself 186; the API nothing. Months: HQ 90 × 20/31 = 58.06;
    API 36 × 20/31 = 23.23; the plan 18 × 20/31 = 11.61.
    """
    taken = change(Terms.of(Plan.A, [2, 11]), Terms.of(Plan.B, [2, 11]), day=date(2026, 3, 21), paid={2: 3_800_00})
    assert {(line.kind, line.module): line.amount_fen for line in taken.now} == {
        ("SETUP", 2): 3_000_00,
        ("SETUP", 16): 186_00,
        ("MONTH", 2): 58_06,
        ("MONTH", 11): 23_23,
        ("MONTH", 16): 11_61,
    }
    assert taken.total_fen == 3_278_90
    assert taken.monthly_next_fen == 144_00


def test_a_downgrade_waits_for_the_periods_end_and_gives_nothing_back() -> None:
    taken = change(Terms.of(Plan.C, [8]), Terms.of(Plan.B), paid={16: 286_00})
    assert taken.now == ()
    assert taken.terms_now == Terms.of(Plan.C, [8])
    assert taken.terms_next == Terms.of(Plan.B)
    assert taken.waits
    assert (taken.monthly_now_fen, taken.monthly_next_fen) == (86_00, 18_00)


def test_setup_is_paid_once_ever() -> None:
    """X-07: what was paid counts, and is never given back."""
    again = change(Terms.of(Plan.A), Terms.of(Plan.A, [10]), paid={10: 60_00})
    assert {line.kind for line in again.now} == {"MONTH"}
    cheaper = change(Terms.of(Plan.A), Terms.of(Plan.A, [10]), paid={10: 150_00})
    assert {line.kind for line in cheaper.now} == {"MONTH"}


def test_a_period_keeps_the_prices_it_began_with() -> None:
    dearer = PriceBook(
        "next",
        date(2026, 3, 20),
        {
            key: type(price)(price.module, price.plan, price.setup_fen, price.monthly_fen * 2, 0)
            for key, price in BOOK.prices.items()
        },
    )
    taken = change_of(
        before=Terms.of(Plan.A),
        after=Terms.of(Plan.A, [8]),
        setup_paid={},
        period=MARCH,
        day=date(2026, 3, 25),
        book=dearer,
        month_book=BOOK,
    )
    assert [(line.book, line.price_fen) for line in taken.now] == [("2026-01", 12_00)]
    assert (taken.monthly_now_fen, taken.monthly_next_fen) == (12_00, 24_00)


# ── Rules of every change ─────────────────────────────────────────────────────────────────────────────────────────


@given(
    before=terms, after=terms, days=st.integers(0, 30), paid=st.dictionaries(st.integers(1, 20), st.integers(0, 10**7))
)
def test_a_change_never_gives_back_and_never_charges_twice(
    before: Terms, after: Terms, days: int, paid: dict[int, int]
) -> None:
    day = MARCH.start + timedelta(days=days)
    taken = change(before, after, day=day, paid=paid)
    assert all(line.amount_fen > 0 for line in taken.now)
    assert len({(line.kind, line.module) for line in taken.now}) == len(taken.now)
    settled = paid | {line.module: line.price_fen for line in taken.now if line.kind == "SETUP"}
    again = change(taken.terms_now, after, day=day, paid=settled)
    assert again.now == ()
    assert again.terms_next == after


@given(before=terms, after=terms)
def test_a_change_on_the_first_day_costs_the_whole_difference(before: Terms, after: Terms) -> None:
    taken = change(before, after)
    months = sum(line.amount_fen for line in taken.now if line.kind == "MONTH")
    rises = sum(
        max(0, BOOK.price(module=n, plan=p).monthly_fen - BOOK.price(module=n, plan=before.modules[n]).monthly_fen)
        if n in before.modules
        else BOOK.price(module=n, plan=p).monthly_fen
        for n, p in taken.terms_now.modules.items()
    )
    assert months == rises


@given(price=st.integers(0, 10**7), of_days=st.integers(28, 31))
def test_all_days_are_the_whole_price(price: int, of_days: int) -> None:
    assert pro_rata(price, days=of_days, of_days=of_days) == price
    assert pro_rata(price, days=0, of_days=of_days) == 0


def test_halves_are_rounded_up() -> None:
    assert pro_rata(1, days=15, of_days=30) == 1
    assert pro_rata(1, days=14, of_days=30) == 0


def test_the_digest_is_of_everything_shown() -> None:
    one = change(Terms.of(Plan.A), Terms.of(Plan.A, [8]))
    assert one.digest == change(Terms.of(Plan.A), Terms.of(Plan.A, [8])).digest
    assert one.digest != change(Terms.of(Plan.A), Terms.of(Plan.A, [8]), day=date(2026, 3, 11)).digest
    assert one.digest != change(Terms.of(Plan.A), Terms.of(Plan.A, [14])).digest


# ── What may be chosen ────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_may_be_below_the_floor() -> None:
    """R-A17, R-A18."""
    with pytest.raises(TermsBelowFloor):
        check_terms(Terms.of(Plan.A), floor=Plan.B)
    with pytest.raises(TermsBelowFloor):
        check_terms(Terms.of(Plan.C, {11: Plan.B}), floor=Plan.C)
    check_terms(Terms.of(Plan.B, {11: Plan.C}), floor=Plan.B)
    raised = Terms.of(Plan.A, {11: Plan.A, 8: Plan.C}).raised_to(Plan.B)
    assert raised == Terms.of(Plan.B, {11: Plan.B, 8: Plan.C})


def test_what_is_not_offered_is_not_sold_but_may_be_kept() -> None:
    with pytest.raises(ModuleNotOffered):
        check_terms(Terms.of(Plan.A, [9]), floor=Plan.A)
    check_terms(Terms.of(Plan.A, [9]), floor=Plan.A, kept=[9])


def test_what_is_always_on_goes_with_the_plan() -> None:
    with pytest.raises(ModuleAlwaysOn):
        check_terms(Terms(Plan.B, {16: Plan.B, 1: Plan.B, 4: Plan.B}), floor=Plan.A)
    with pytest.raises(ModuleAlwaysOn):
        check_terms(Terms(Plan.B, dict.fromkeys(ALWAYS_ON, Plan.A) | {16: Plan.B}), floor=Plan.A)


def test_the_monthly_price_of_everything_is_the_lists_check_sum() -> None:
    assert {plan: monthly_fen(Terms.of(plan, range(1, 21)), BOOK) for plan in Plan} == {
        plan: BOOK.totals(plan=plan).monthly_fen for plan in Plan
    }
