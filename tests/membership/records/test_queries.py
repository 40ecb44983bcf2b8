"""Records page by page, and the sums of a day and a month."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest

from kernel import clock
from kernel.money import Money
from membership.cashier import services
from membership.records.queries import (
    Place,
    Tally,
    kept_since,
    page_of_records,
    records_of_cards,
    tallies,
)
from tenants.people.domain import Actor
from tenants.stores.models import Store
from tests.conftest import NOON
from tests.membership.conftest import Holder

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


def test_records_are_added_up_by_kind_store_and_month(in_chain: InChain, busy_days: Holder, store_id: int) -> None:
    with in_chain():
        found = tallies(records_of_cards([busy_days.card.pk]))
        store = Store.objects.get(pk=store_id)
    here, february, march = (store.pk, store.name), date(2026, 2, 1), date(2026, 3, 1)
    assert sorted(found, key=lambda one: (one.first_day, one.kind)) == [
        Tally("ISSUE", *here, february, 1, out_fen=0, in_fen=0),
        Tally("TOP_UP", *here, february, 1, out_fen=0, in_fen=55_000),
        Tally("CONSUMPTION", *here, march, 3, out_fen=6_000, in_fen=0),
        Tally("REVERSAL", *here, march, 1, out_fen=0, in_fen=3_000),
    ]


def test_the_portal_reaches_back_whole_months_in_china() -> None:
    """R-A10."""
    assert kept_since(date(2026, 5, 31), 3) == datetime(2026, 2, 27, 16, tzinfo=UTC)
