"""How the engine travels: statements counted, prepared, forgotten; its own transaction and the caller's."""

import psycopg
import pytest

from ledger.domain import Posted
from ledger.engine import post_many, post_within, trip
from ledger.engine.trip import PREPARED_KEPT, Prepared, Trip
from tests.ledger.books import Books, consume, top_up


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement the engine sends."""
    texts: list[str] = []
    say, send = Trip.say, Trip.send
    monkeypatch.setattr(Trip, "say", lambda self, sql: (texts.append(sql), say(self, sql))[1])
    monkeypatch.setattr(Trip, "send", lambda self, sql, *params: (texts.append(sql), send(self, sql, *params))[1])
    return texts


def test_ten_thousand_postings_take_the_statements_of_one(books: Books, sent: list[str]) -> None:
    accounts = [books.account() for _ in range(500)]
    books.post(*(top_up(account, 10_000) for account in accounts))
    sent.clear()
    books.post(top_up(accounts[0], 5), consume(accounts[0], 3))
    of_few = list(sent)
    sent.clear()
    outcomes = books.post(*(top_up(a, 5, 1) for a in accounts * 10), *(consume(a, 3) for a in accounts * 10))
    assert len(outcomes) == 10_000
    assert all(isinstance(outcome, Posted) for outcome in outcomes)
    assert sent == of_few
    assert len(sent) == 11


def test_it_locks_before_it_reads_or_writes(books: Books, sent: list[str]) -> None:
    account = books.account()
    books.post(top_up(account, 5))
    books.post(consume(account, 5))
    assert sent[0].startswith("BEGIN")
    assert "ORDER BY id FOR NO KEY UPDATE" in sent[1]
    assert sum("FOR NO KEY UPDATE" in text for text in sent) == 2


def test_statements_are_prepared_unless_the_connection_forbids_it(books: Books) -> None:
    account = books.account()
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%ledger_%%'"
    conn = books.connect()
    books.post(top_up(account, 5), conn=conn)
    assert conn.execute(prepared).fetchone() != (0,)
    pooled = books.connect()
    pooled.prepare_threshold = None
    books.post(top_up(account, 5), conn=pooled)
    assert pooled.execute(prepared).fetchone() == (0,)


def test_what_the_server_forgot_is_prepared_again(books: Books) -> None:
    account = books.account()
    conn = books.connect()
    books.post(top_up(account, 5), conn=conn)
    for forgetting in ("DEALLOCATE ALL", "DISCARD ALL"):
        conn.execute(forgetting)
        conn.execute(f"SET search_path = {books.schema}, ext")
        assert isinstance(books.post(top_up(account, 5), conn=conn)[0], Posted)
        with conn.transaction():
            conn.execute("DEALLOCATE ALL")
            post_within(conn, schema=books.schema, requests=[top_up(account, 5)])
    assert books.balance(account) == 25


def test_a_plan_that_a_migration_made_stale_is_made_again(own_books: Books) -> None:
    account = own_books.account()
    own_books.posted(top_up(account, 5))
    own_books.connect("owner").execute("ALTER TABLE ledger_lot ALTER COLUMN expires_at TYPE timestamptz(3)")
    assert own_books.posted(consume(account, 5)).balances == {account: 0}


def test_only_so_many_statements_stay_prepared(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    account = books.account()
    conn = books.connect()
    assert PREPARED_KEPT >= 100
    monkeypatch.setattr(trip, "PREPARED_KEPT", 3)
    for _ in range(3):
        books.post(top_up(account, 5), conn=conn)
    books.post(conn=conn)
    books.post(consume(account, 5), conn=conn)
    kept = conn.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'kayun%'").fetchone()
    assert kept is not None
    # What the last trip itself prepared is closed by the next one.
    assert kept[0] <= 3 + 6
    assert len(Prepared.of(conn).names) == kept[0]


def test_post_many_wants_a_connection_that_is_in_no_transaction(books: Books) -> None:
    conn = books.connect()
    with conn.transaction(), pytest.raises(ValueError, match="opens its own transaction"):
        books.post(top_up(1, 1), conn=conn)
    conn.autocommit = False
    with pytest.raises(ValueError, match="opens its own transaction"):
        books.post(top_up(1, 1), conn=conn)


def test_an_empty_batch_sends_nothing(books: Books, sent: list[str]) -> None:
    assert books.post() == []
    assert sent == []


def test_within_a_callers_transaction_its_rollback_takes_all(books: Books) -> None:
    account = books.account()
    conn = books.connect()
    before = books.counts()
    with conn.transaction(force_rollback=True):
        (outcome,) = post_within(conn, schema=books.schema, requests=[top_up(account, 10)])
        assert isinstance(outcome, Posted)
        (second,) = post_within(conn, schema=books.schema, requests=[consume(account, 4)])
        assert isinstance(second, Posted)
        assert second.balances == {account: 6}
    assert books.counts() == before
    with conn.transaction():
        post_within(conn, schema=books.schema, requests=[top_up(account, 10)])
    assert books.balance(account) == 10


def test_a_failure_within_leaves_the_callers_transaction_usable(books: Books) -> None:
    account = books.account()
    conn = books.connect()
    with conn.transaction():
        post_within(conn, schema=books.schema, requests=[top_up(account, 10)])
        with pytest.raises(psycopg.errors.DivisionByZero):
            post_within(
                conn, schema=books.schema, requests=[consume(account, 1)], rider=lambda _: [("SELECT 1 / 0", ())]
            )
        post_within(conn, schema=books.schema, requests=[consume(account, 2)])
    assert books.balance(account) == 8


def test_an_unknown_schema_is_an_error_and_never_another_schema(books: Books) -> None:
    conn = books.connect()
    with pytest.raises(psycopg.errors.UndefinedTable):
        post_many(conn, schema="c_gone", requests=[top_up(1, 1)])
    with pytest.raises(ValueError, match="not a schema name"):
        post_many(conn, schema='x"; --', requests=[top_up(1, 1)])
    assert conn.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
