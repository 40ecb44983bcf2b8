"""Many at once, on real connections: nothing is lost, nothing is spent twice, nobody waits for ever."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from ledger.audit import audit_schema
from ledger.domain import DrawPolicy, Facts, Outcome, Posted, PostingRequest, Refused, decide
from ledger.engine import post_many, post_within, posting, trip
from tests.ledger.books import Books, consume, reversal, top_up

WAITS_FOR_US = "SELECT count(*) FROM pg_stat_activity WHERE pg_blocking_pids(pid) @> ARRAY[%s::integer]"


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def all_at_once(books: Books, batches: list[list[PostingRequest]]) -> list[Outcome]:
    """Each batch from a thread and connection of its own, started together."""
    barrier = threading.Barrier(len(batches))

    def run(batch: list[PostingRequest]) -> list[Outcome]:
        conn = books.connect()
        barrier.wait()
        return [outcome for request in batch for outcome in post_many(conn, schema=books.schema, requests=[request])]

    with ThreadPoolExecutor(len(batches)) as pool:
        return [outcome for outcomes in pool.map(run, batches) for outcome in outcomes]


def test_a_consumption_waits_for_a_top_up_held_open_and_sees_its_lots(books: Books) -> None:
    account = books.account()
    holder, admin = books.connect(), books.connect("admin")
    with ThreadPoolExecutor(1) as pool:
        with holder.transaction():
            post_within(holder, schema=books.schema, requests=[top_up(account, 100, 20)])
            waiting = pool.submit(books.post, consume(account, 120, policy=DrawPolicy.PRO_RATA))
            pid = holder.info.backend_pid
            wait_until(lambda: admin.execute(WAITS_FOR_US, [pid]).fetchone() == (1,))
            assert not waiting.done()
        (outcome,) = waiting.result(timeout=10)
    assert isinstance(outcome, Posted), outcome
    assert outcome.drawn == {account: {"PRINCIPAL": 100, "BONUS": 20}}
    assert books.balance(account) == 0


def test_a_consumption_waits_for_another_that_rolls_back(books: Books) -> None:
    account = books.account()
    books.posted(top_up(account, 100))
    holder, admin = books.connect(), books.connect("admin")
    with ThreadPoolExecutor(1) as pool:
        with holder.transaction(force_rollback=True):
            post_within(holder, schema=books.schema, requests=[consume(account, 100)])
            waiting = pool.submit(books.post, consume(account, 100))
            pid = holder.info.backend_pid
            wait_until(lambda: admin.execute(WAITS_FOR_US, [pid]).fetchone() == (1,))
        (outcome,) = waiting.result(timeout=10)
    assert isinstance(outcome, Posted)


def test_of_16_connections_with_one_key_one_posts_and_15_replay(books: Books) -> None:
    account = books.account()
    books.posted(top_up(account, 1_000))
    outcomes = all_at_once(books, [[consume(account, 7, key="one-key")]] * 16)
    posted = [outcome for outcome in outcomes if isinstance(outcome, Posted)]
    assert sorted(outcome.replayed for outcome in posted) == [False] + [True] * 15
    assert len({outcome.posting_id for outcome in posted}) == 1
    assert books.balance(account) == 993
    assert books.one("SELECT count(*) FROM ledger_posting WHERE idempotency_key = 'one-key'") == 1


def test_one_key_on_16_accounts_is_one_posting_and_15_conflicts(books: Books) -> None:
    """No account is shared, so no lock orders them: the unique key alone decides, and the losers run again."""
    accounts = [books.account() for _ in range(16)]
    outcomes = all_at_once(books, [[top_up(account, 5, key="apart")] for account in accounts])
    assert sum(isinstance(outcome, Posted) for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refused)} == {"idempotency_conflict"}
    assert sum(books.balance(account) for account in accounts) == 5


def test_of_16_reversals_of_one_posting_one_stands(books: Books) -> None:
    account = books.account()
    books.posted(top_up(account, 100))
    used = books.posted(consume(account, 30))
    outcomes = all_at_once(books, [[reversal(used.posting_id)] for _ in range(16)])
    assert sum(isinstance(outcome, Posted) for outcome in outcomes) == 1
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refused)} == {"already_reversed"}
    assert books.balance(account) == 100


def test_a_thousand_consumptions_of_one_card_never_overdraw(own_books: Books) -> None:
    books = own_books
    account = books.account()
    books.post(*(top_up(account, 300, 33) for _ in range(3)))
    policies = itertools.islice(itertools.cycle(DrawPolicy), 8)
    outcomes = all_at_once(books, [[consume(account, 1, policy=policy) for _ in range(125)] for policy in policies])
    assert len(outcomes) == 1_000
    assert sum(isinstance(outcome, Posted) for outcome in outcomes) == 999
    assert {outcome.code for outcome in outcomes if isinstance(outcome, Refused)} == {"insufficient_balance"}
    assert books.balance(account) == 0
    assert audit_schema(books.schema) == []


def test_batches_over_the_same_accounts_in_any_order_do_not_deadlock(own_books: Books) -> None:
    books = own_books
    accounts = [books.account() for _ in range(12)]
    books.post(*(top_up(account, 100_000) for account in accounts))
    conns = [books.connect() for _ in range(8)]

    def run(worker: int) -> None:
        for turn in range(12):
            order = accounts if (worker + turn) % 2 else accounts[::-1]
            outcomes = books.post(*(consume(account, 1) for account in order), conn=conns[worker])
            assert all(isinstance(outcome, Posted) for outcome in outcomes)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    assert [books.balance(account) for account in accounts] == [100_000 - 96] * 12
    assert audit_schema(books.schema) == []


def test_a_connection_killed_between_the_trips_leaves_nothing_and_the_retry_posts(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = books.account()
    books.posted(top_up(account, 100))
    before = books.counts()
    victim, admin = books.connect(), books.connect("admin")
    pid = victim.info.backend_pid

    def decide_and_die(requests: Any, facts: Facts, mint: Any) -> Any:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return decide(requests, facts, mint)

    request = consume(account, 60)
    with monkeypatch.context() as patch:
        patch.setattr(posting, "decide", decide_and_die)
        with pytest.raises(psycopg.OperationalError):
            books.post(request, conn=victim)
    assert victim.closed
    assert books.counts() == before
    assert books.balance(account) == 100
    assert not books.posted(request).replayed
    assert books.balance(account) == 40


def test_a_trip_interrupted_while_answers_are_outstanding_closes_its_connection(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = books.account()
    conn = books.connect()

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(trip, "_converse", interrupted)
        with pytest.raises(KeyboardInterrupt):
            books.post(top_up(account, 1), conn=conn)
    assert conn.closed
    assert books.balance(account) == 0


def test_the_application_stopped_between_the_trips_leaves_nothing(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = books.account()
    conn = books.connect()

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(posting, "decide", interrupted)
        with pytest.raises(KeyboardInterrupt):
            books.post(top_up(account, 1), conn=conn)
    assert conn.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
    assert books.balance(account) == 0
