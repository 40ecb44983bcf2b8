"""What is over leaves the books: once, whole, beside the tills, and never what was paid in."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from kernel import clock
from kernel.db import in_chain as in_chain_schema
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.models import Entry, Lot, Posting
from membership.cards.queries import cards, values_of
from membership.cashier import services as cashier
from membership.cashier.errors import InsufficientBalance
from membership.expiry.queries import endings_of
from membership.expiry.services.lots import expire_lots
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.conftest import NOON
from tests.membership.conftest import Holder
from tests.membership.expiry.conftest import later, live_lots

InChain = Callable[..., AbstractContextManager[None]]
OVER = datetime(2027, 3, 1, 16, 0, tzinfo=UTC)
"""A bonus given on 2 March 2026 may be used through 1 March 2027 in China: it is over at the midnight after."""


@pytest.fixture(autouse=True)
def _at_noon(held_clock: datetime) -> None:
    """Everything begins on 2 March 2026."""


def test_a_bonus_ends_by_posting_and_what_was_paid_stays(
    in_chain: InChain, holder: Holder, fill: Callable[..., None], balances: Callable[..., tuple[int, int]], chain: Chain
) -> None:
    """R-G02, X-12."""
    fill(holder, 5_000, 800)
    with in_chain():
        assert expire_lots(moment=OVER - timedelta(microseconds=1)).last_account is None
    with in_chain():
        ended = expire_lots(moment=OVER)
    assert (ended.accounts, dict(ended.by_unit)) == (1, {"CNY": 800})
    assert balances(holder)[0] == 15_000
    with in_chain():
        assert live_lots(holder.card.stored_account_id) == [("PRINCIPAL", 10_000), ("PRINCIPAL", 5_000)]
        posting = Posting.objects.get(kind="EXPIRY")
        assert (posting.actor, posting.occurred_at) == ("system", OVER)
        sides = Entry.objects.filter(posting=posting).order_by("line_no").values_list("contra", "amount")
        assert list(sides) == [(None, -800), ("PROMOTION", 800)]
        record = Record.objects.get(kind="EXPIRY")
        assert (record.id, record.amount_fen, record.balance_after_fen) == (posting.id, -800, 15_000)
    assert audit_schema(chain.schema_name) == []


def test_done_again_it_finds_nothing(in_chain: InChain, holder: Holder, fill: Callable[..., None]) -> None:
    fill(holder, 5_000, 800)
    for expected in (1, 0, 0):
        with in_chain():
            assert expire_lots(moment=OVER).accounts == expected
    with in_chain():
        assert Posting.objects.filter(kind="EXPIRY").count() == 1


def test_principal_with_an_end_by_mistake_is_left_alone(in_chain: InChain, holder: Holder) -> None:
    with in_chain():
        Lot.objects.filter(account_id=holder.card.stored_account_id).update(expires_at=NOON)
    with in_chain():
        assert expire_lots(moment=OVER).last_account is None


def test_several_lots_of_a_card_end_in_one_posting_with_one_record(
    in_chain: InChain, holder: Holder, fill: Callable[..., None], balances: Callable[..., tuple[int, int]]
) -> None:
    for bonus in (100, 200, 300):
        fill(holder, 1_000, bonus)
    with in_chain():
        expire_lots(moment=OVER)
    with in_chain():
        assert Record.objects.filter(kind="EXPIRY").values_list("amount_fen", flat=True).get() == -600
    assert balances(holder)[0] == 13_000


def test_points_end_lot_by_lot_against_points(
    in_chain: InChain, holder: Holder, earn: Callable[..., None], balances: Callable[..., tuple[int, int]]
) -> None:
    earn(holder, 70, expires_at=later(days=1))
    earn(holder, 30)
    with in_chain():
        expire_lots(moment=later(days=1))
    assert balances(holder)[1] == 30
    with in_chain():
        record = Record.objects.get(kind="POINTS_EXPIRY")
        assert (record.amount_fen, record.balance_after_fen) == (0, None)
        assert record.detail == {"unit": "PTS", "amount": -70, "left": 30, "points": -70}


def test_batches_go_on_where_the_last_ended(
    in_chain: InChain, issue: Callable[..., Holder], fill: Callable[..., None]
) -> None:
    holders = [issue(f"会员{number}", f"1390000123{number}") for number in range(4)]
    for one in holders:
        fill(one, 1_000, 50)
    account, rounds = 0, 0
    while True:
        with in_chain():
            ended = expire_lots(moment=OVER, after_account=account, limit=3)
        if ended.last_account is None:
            break
        account, rounds = ended.last_account, rounds + 1
    assert rounds == 2
    with in_chain():
        assert Posting.objects.filter(kind="EXPIRY").count() == 4


def test_between_midnight_and_the_posting_the_till_draws_nothing_that_is_over(
    in_chain: InChain, holder: Holder, fill: Callable[..., None], spend: Callable[..., None]
) -> None:
    """The day ends at midnight in China; what the pages show is what the till would give."""
    fill(holder, 5_000, 800)

    def usable() -> int:
        with in_chain():
            return values_of([cards().get(number=holder.number)])[holder.card.pk].total_fen

    with clock.frozen(OVER - timedelta(seconds=1)):
        assert usable() == 15_800
        spend(holder, 100)
    # Earliest end first: that one came out of the bonus.
    with clock.frozen(OVER):
        assert usable() == 15_000
        with pytest.raises(InsufficientBalance) as refused:
            spend(holder, 15_001)
        assert refused.value.params["available"] == Money(15_000)
        spend(holder, 15_000)
        assert usable() == 0
    with in_chain():
        assert live_lots(holder.card.stored_account_id) == [("BONUS", 700)]


def test_what_ends_soon_is_told_in_one_query(
    in_chain: InChain, holder: Holder, fill: Callable[..., None], earn: Callable[..., None]
) -> None:
    fill(holder, 1_000, 50)
    fill(holder, 1_000, 60)
    earn(holder, 9, expires_at=OVER + timedelta(days=3))
    with in_chain():
        card = cards().get(number=holder.number)
        before = len(connection.queries)
        found = endings_of([card], moment=OVER - timedelta(days=30), within=timedelta(days=40))[card.pk]
        assert len(connection.queries) - before <= 1
        assert [(one.unit, one.kind, one.amount, one.ends_at) for one in found] == [
            ("CNY", "BONUS", 110, OVER),
            ("PTS", "POINTS", 9, OVER + timedelta(days=3)),
        ]
        assert endings_of([card], moment=OVER - timedelta(days=30), within=timedelta(days=20)) == {}


def test_a_return_to_a_lot_that_is_over_ends_again_under_another_key(
    in_chain: InChain, holder: Holder, clerk: Actor, store_id: int, fill: Callable[..., None],
    balances: Callable[..., tuple[int, int]], chain: Chain,
) -> None:  # fmt: skip
    fill(holder, 1_000, 800)
    with in_chain():
        receipt = cashier.consume(
            actor=clerk, card_number=holder.number, amount=Money(300), store_id=store_id, idempotency_key="c"
        )
    with in_chain():
        expire_lots(moment=OVER)
    with in_chain():
        cashier.reverse(
            actor=clerk,
            record_id=receipt.record_id,
            store_id=store_id,
            idempotency_key="r",
            reason="",
            occurred_at=OVER,
        )
    assert balances(holder)[0] == 11_300
    with in_chain():
        expire_lots(moment=OVER + timedelta(days=1))
    assert balances(holder)[0] == 11_000
    with in_chain():
        assert Posting.objects.filter(kind="EXPIRY").count() == 2
    assert audit_schema(chain.schema_name) == []


def test_it_waits_for_a_consumption_held_open_and_takes_what_that_left(
    chain: Chain, in_chain: InChain, holder: Holder, clerk: Actor, store_id: int, fill: Callable[..., None],
    balances: Callable[..., tuple[int, int]],
) -> None:  # fmt: skip
    fill(holder, 1_000, 800)
    ended: list[dict[str, int]] = []

    def expire() -> None:
        with in_chain_schema(chain.schema_name):
            ended.append(dict(expire_lots(moment=OVER).by_unit))
        connection.close()

    with in_chain():
        cashier.consume(
            actor=clerk, card_number=holder.number, amount=Money(300), store_id=store_id, idempotency_key="held",
            occurred_at=OVER - timedelta(minutes=1),
        )  # fmt: skip
        night = threading.Thread(target=expire)
        night.start()
        night.join(timeout=0.5)
        assert night.is_alive()
    night.join(timeout=20)
    assert ended == [{"CNY": 500}]
    assert balances(holder)[0] == 11_000
    assert audit_schema(chain.schema_name) == []
