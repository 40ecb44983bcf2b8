"""Consumptions by the batch, as the API posts them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.errors import DomainError
from membership.cards.models import Card
from membership.cashier import directory
from membership.cashier.domain import Receipt
from membership.cashier.fast import Answer, Consumption, consume_many
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]

SOFTWARE = Actor(kind="api", id=1, name="门店收银软件", grants={Act.VALUE_CONSUME: "all"})


@pytest.fixture(autouse=True)
def _nothing_remembered(chain: Chain) -> None:
    """Each test's chain has a schema of the same name; what was remembered belongs to the one before."""
    directory.forget(chain.schema_name, [])


@pytest.fixture
def ask(store_id: int, held_clock: datetime) -> Callable[..., Consumption]:
    def make(number: str, fen: int, key: str, **changes: Any) -> Consumption:
        values = {"actor": SOFTWARE, "store_id": store_id, "occurred_at": held_clock} | changes
        return Consumption(card_number=number, amount_fen=fen, idempotency_key=key, **values)

    return make


def _codes(answers: list[Answer]) -> list[str]:
    return [answer.code if isinstance(answer, DomainError) else "ok" for answer in answers]


def test_each_of_a_batch_is_answered_in_order_and_a_refusal_harms_no_other(
    chain: Chain,
    in_chain: InChain,
    issue: Callable[..., Holder],
    idle_cards: list[str],
    ask: Callable[..., Consumption],
    store_id: int,
) -> None:
    first, second = issue(top_up_fen=10_000), issue("江河", "13700005678", top_up_fen=500)
    elsewhere = Actor(kind="api", id=2, grants={Act.VALUE_CONSUME: frozenset({store_id + 1})})
    answers = consume_many(
        [
            ask(first.number, 3_000, "a", note="加油"),
            ask(second.number, 501, "b"),
            ask(first.number, 3_000, "a", note="加油"),
            ask(first.number, 3_001, "a"),
            ask("404", 1, "c"),
            ask(idle_cards[4], 1, "d"),
            ask(first.number, 0, "e"),
            ask(first.number, 1, "f", store_id=store_id + 99),
            ask(first.number, 1, "g", actor=elsewhere),
            ask(first.number, 1, ""),
            ask(first.number, 7_001, "h"),
            ask(first.number, 7_000, "i"),
        ],
        schema=chain.schema_name,
    )
    assert _codes(answers) == [
        "ok",
        "insufficient_balance",
        "ok",
        "idempotency_conflict",
        "card_not_found",
        "card_idle",
        "amount_not_positive",
        "store_not_found",
        "not_allowed",
        "idempotency_key_invalid",
        "insufficient_balance",
        "ok",
    ]
    done, again, last = answers[0], answers[2], answers[11]
    assert isinstance(done, Receipt)
    assert isinstance(again, Receipt)
    assert isinstance(last, Receipt)
    assert (done.replayed, again.replayed) == (False, True)
    assert (again.record_id, again.balance_after_fen) == (done.record_id, 7_000)
    assert last.balance_after_fen == 0
    with in_chain():
        records = list(Record.objects.filter(kind="CONSUMPTION").order_by("id"))
    assert [(record.id, record.amount_fen, record.actor) for record in records] == [
        (done.record_id, -3_000, "api:1"),
        (last.record_id, -7_000, "api:1"),
    ]
    assert records[0].detail == {"note": "加油", "drawn": {"PRINCIPAL": 3_000}}
    assert records[0].store_id == store_id


def test_the_second_batch_of_a_card_asks_the_database_nothing_but_the_two_trips(
    chain: Chain, holder: Holder, ask: Callable[..., Consumption]
) -> None:
    consume_many([ask(holder.number, 100, "a")], schema=chain.schema_name)
    with CaptureQueriesContext(connection) as captured:
        consume_many([ask(holder.number, 100, "b")], schema=chain.schema_name)
    assert captured.captured_queries == []


def test_a_card_whose_state_changed_is_refused_though_it_is_remembered(
    chain: Chain, in_chain: InChain, holder: Holder, ask: Callable[..., Consumption]
) -> None:
    consume_many([ask(holder.number, 100, "a")], schema=chain.schema_name)
    with in_chain():
        Card.objects.update(locked=True)
    assert _codes(consume_many([ask(holder.number, 100, "b")], schema=chain.schema_name)) == ["card_locked"]


def test_a_memory_of_another_chain_of_the_same_name_is_found_out_and_mended(
    chain: Chain, holder: Holder, ask: Callable[..., Consumption]
) -> None:
    points = holder.card.points_account_id
    stale = directory.Found(card_id=holder.card.pk, account_id=points, points_account_id=points)
    directory._cards[chain.schema_name, holder.number] = stale
    (answer,) = consume_many([ask(holder.number, 100, "a")], schema=chain.schema_name)
    assert isinstance(answer, Receipt)
    assert answer.balance_after_fen == 9_900


def test_an_empty_batch_is_nothing(chain: Chain) -> None:
    assert consume_many([], schema=chain.schema_name) == []
