"""Records page by page, and the sums of a day and a month."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest

from kernel import clock
from kernel.money import Money
from membership.cashier import services
from membership.records.models import Record
from membership.records.queries import (
    CashierTotals,
    DayTotals,
    MonthTotals,
    Place,
    kept_since,
    page_of_records,
    records_of_cards,
    totals_by_cashier,
    totals_by_day,
    totals_by_month,
)
from tenants.people.domain import Actor
from tests.conftest import NOON
from tests.membership.conftest import Holder, take_back

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def busy_days(in_chain: InChain, clerk: Actor, store_id: int, issue: Callable[..., Holder]) -> Holder:
    """A card issued on 26 February, topped up then, used on 1 and 2 March, one consumption of the 2nd reversed."""
    with clock.frozen(NOON - timedelta(days=4)):
        holder = issue()
    steps = [
        (NOON - timedelta(days=4), "top_up", 50_000),
        (NOON - timedelta(days=1), "consume", 1_000),
        (NOON, "consume", 2_000),
        (NOON + timedelta(hours=1), "consume", 3_000),
    ]
    last = None
    for index, (moment, act, fen) in enumerate(steps):
        given = {"actor": clerk, "card_number": holder.number, "store_id": store_id, "idempotency_key": f"k{index}"}
        with clock.frozen(moment), in_chain():
            if act == "top_up":
                services.top_up(paid=Money(fen), bonus=Money(5_000), **given)  # type: ignore[arg-type]
            else:
                last = services.consume(amount=Money(fen), **given)  # type: ignore[arg-type]
    assert last is not None
    with clock.frozen(NOON + timedelta(hours=2)), in_chain():
        services.reverse(
            actor=clerk, record_id=last.record_id, store_id=store_id, idempotency_key="r", reason="重复扣款"
        )
    return holder


def test_pages_are_read_by_place_in_one_query_each(
    in_chain: InChain,
    busy_days: Holder,
    django_assert_num_queries: Callable[..., AbstractContextManager[None]],
) -> None:
    with in_chain():
        found = records_of_cards([busy_days.card.pk])
        with django_assert_num_queries(1):
            first = page_of_records(found, size=4)
            kinds = [(record.kind, record.card.number, record.card.member) for record in first]
        after = Place.parse(str(Place.of(first[-1])))
        with django_assert_num_queries(1):
            rest = page_of_records(found, size=4, after=after)
    assert [kind for kind, *_ in kinds] + [record.kind for record in rest] == [
        "REVERSAL",
        "CONSUMPTION",
        "CONSUMPTION",
        "CONSUMPTION",
        "TOP_UP",
        "ISSUE",
    ]


@pytest.mark.parametrize("text", ["", "x", "%%%", "AAAA", "MjAyNg", "é"])
def test_a_place_that_names_none_is_none(text: str) -> None:
    assert Place.parse(text) is None


def test_a_day_sums_what_came_in_less_what_was_reversed(in_chain: InChain, busy_days: Holder, store_id: int) -> None:
    with in_chain():
        days = totals_by_day(store_id=store_id, last=date(2026, 3, 2), days=5)
        elsewhere = totals_by_day(store_id=store_id + 1, last=date(2026, 3, 2), days=1)
    assert days[0] == DayTotals(
        date=date(2026, 2, 26), top_up_fen=50_000, bonus_fen=5_000, top_up_count=1, cards_issued=1
    )
    assert days[1] == DayTotals(date=date(2026, 2, 27))
    assert days[3] == DayTotals(date=date(2026, 3, 1), consumption_fen=1_000, consumption_count=1)
    assert days[4] == DayTotals(date=date(2026, 3, 2), consumption_fen=2_000, consumption_count=2)
    assert elsewhere == [DayTotals(date=date(2026, 3, 2))]


def test_a_reversed_top_up_leaves_no_sum(
    in_chain: InChain, issue: Callable[..., Holder], clerk: Actor, store_id: int, held_clock: datetime
) -> None:
    holder = issue(top_up_fen=10_000)
    with in_chain():
        record_id = Record.objects.get(kind="TOP_UP").id
        take_back(record_id, clerk, store_id)
        (day,) = totals_by_day(store_id=None, last=date(2026, 3, 2), days=1)
    assert (day.top_up_fen, day.bonus_fen, day.top_up_count) == (0, 0, 1)
    assert holder.card.number == "8800000001"


def test_each_cashier_has_her_own_sum(in_chain: InChain, busy_days: Holder, store_id: int) -> None:
    with in_chain():
        found = totals_by_cashier(store_id=store_id, day=date(2026, 3, 2))
    assert found == [CashierTotals(actor_name="周晓梅", consumption_fen=2_000, top_up_fen=0, count=3)]


def test_a_months_sums_are_of_the_whole_month(in_chain: InChain, busy_days: Holder) -> None:
    with in_chain():
        found = totals_by_month(records_of_cards([busy_days.card.pk]), [date(2026, 2, 1), date(2026, 3, 1)])
    assert found == {
        date(2026, 2, 1): MonthTotals(out_fen=0, in_fen=55_000),
        date(2026, 3, 1): MonthTotals(out_fen=6_000, in_fen=3_000),
    }


def test_the_portal_reaches_back_whole_months_in_china() -> None:
    """R-A10."""
    assert kept_since(date(2026, 5, 31), 3) == datetime(2026, 2, 27, 16, tzinfo=UTC)
