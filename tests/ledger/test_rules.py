"""What the database refuses, tried: as the application, and as the owner where a trigger must hold even the owner."""

import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from ledger.domain import Line, Posted
from tests.ledger.books import NOON, Books, consume, request, top_up

Sql = psycopg.Connection[Any]
POSTING = (
    "INSERT INTO ledger_posting (id, kind, idempotency_key, request_hash, actor, occurred_at, created_at, reverses_id,"
    " memo, result) VALUES (%(id)s, %(kind)s, %(key)s, %(hash)s, 'x', now(), now(), %(reverses)s, '{}', '{}')"
)
ENTRY = (
    "INSERT INTO ledger_entry (posting_id, line_no, line_count, account_id, contra, unit, amount, version,"
    " balance_before) VALUES "
)


def posting(conn: Sql, **changed: Any) -> uuid.UUID:
    row = {"id": uuid.uuid4(), "kind": "TRY", "key": str(uuid.uuid4()), "hash": b"h" * 32, "reverses": None} | changed
    conn.execute(POSTING, row)
    return uuid.UUID(str(row["id"]))


def entries(conn: Sql, posting_id: uuid.UUID, *rows: tuple[Any, ...], count: int | None = None) -> None:
    """Rows of (line_no, account, contra, unit, amount, version, balance_before), in one statement."""
    line_count = len(rows) if count is None else count
    values = ", ".join("(%s, %s, %s, %s, %s, %s, %s, %s, %s)" for _ in rows)
    flat = [value for row in rows for value in (posting_id, row[0], line_count, *row[1:])]
    conn.execute(ENTRY + values, flat)


CASH = (2, None, "CASH", "CNY", -5, None, None)


@pytest.fixture(params=["app", "owner"])
def conn(request: pytest.FixtureRequest, books: Books) -> Sql:
    return books.connect(request.param)


@pytest.fixture
def account(books: Books) -> int:
    account_id = books.account(lotted=False)
    books.posted(request("TOP_UP", [Line(account_id, None, "CNY", 100), Line(None, "CASH", "CNY", -100)]))
    return account_id


def refused(conn: Sql, name: str, act: Callable[[], Any]) -> None:
    """The act, in a transaction with its deferred checks, breaks the named rule."""
    with pytest.raises(psycopg.IntegrityError) as caught, conn.transaction():
        act()
    assert (caught.value.diag.constraint_name or "").startswith(name), caught.value


# ── Postings and entries ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_sound_posting_written_by_hand_is_taken(conn: Sql, books: Books, account: int) -> None:
    with conn.transaction():
        entries(conn, posting(conn), (1, account, None, "CNY", 5, 2, 100), CASH)
        conn.execute("UPDATE ledger_account SET balance = 105, version = 2 WHERE id = %s", [account])
    assert books.balance(account) == 105


def test_a_posting_without_entries(conn: Sql) -> None:
    refused(conn, "ledger_posting_entries_fk", lambda: posting(conn))


def test_an_unbalanced_posting(conn: Sql, account: int) -> None:
    def act() -> None:
        entries(conn, posting(conn), (1, account, None, "CNY", 6, 2, 100), CASH)

    refused(conn, "ledger_entry_balanced", act)


def test_a_posting_balanced_over_two_units_only(conn: Sql, account: int) -> None:
    def act() -> None:
        entries(conn, posting(conn), (1, account, None, "CNY", 5, 2, 100), (2, None, "CASH", "PTS", -5, None, None))

    refused(conn, "ledger_entry_balanced", act)


def test_a_posting_of_which_lines_are_missing(conn: Sql) -> None:
    def act() -> None:
        entries(conn, posting(conn), (1, None, "REVENUE", "CNY", 5, None, None), CASH, count=3)

    refused(conn, "ledger_entry_complete", act)


def test_a_posting_written_in_two_statements(conn: Sql) -> None:
    def act() -> None:
        new = posting(conn)
        entries(conn, new, (1, None, "REVENUE", "CNY", 5, None, None), CASH)
        entries(
            conn, new, (3, None, "REVENUE", "CNY", 7, None, None), (4, None, "CASH", "CNY", -7, None, None), count=4
        )

    refused(conn, "ledger_entry_complete", act)


def test_a_posting_added_to_later(conn: Sql, books: Books, account: int) -> None:
    posted = books.posted(consume(account, 10))

    def add(first: int, count: int) -> None:
        lines = [(first, None, "REVENUE", "CNY", 5, None, None), (first + 1, None, "CASH", "CNY", -5, None, None)]
        entries(conn, posted.posting_id, *lines, count=count)

    refused(conn, "ledger_entry_line", lambda: add(1, 2))
    refused(conn, "ledger_entry_complete", lambda: add(3, 4))
    refused(conn, "ledger_entry_line_within", lambda: add(3, 2))


def test_a_posting_without_a_whole_hash(conn: Sql) -> None:
    refused(conn, "ledger_posting_hash_whole", lambda: posting(conn, hash=b"short"))


def test_a_key_twice_a_reversal_twice_and_of_nothing(conn: Sql, books: Books, account: int) -> None:
    books.posted(consume(account, 1, key=f"taken/{account}"))
    refused(conn, "ledger_posting_key", lambda: posting(conn, key=f"taken/{account}"))
    first = books.posted(consume(account, 1)).posting_id

    def twice() -> None:
        posting(conn, reverses=first)
        posting(conn, reverses=first)

    refused(conn, "ledger_posting_reverses", twice)
    refused(conn, "ledger_posting_reverses", lambda: posting(conn, reverses=uuid.uuid4()))


@pytest.mark.parametrize(
    ("row", "name"),
    [
        # (line_no, account, contra, unit, amount, version, balance_before); "A" stands for the account, which holds
        # 100 at version 1.
        ((1, "A", None, "CNY", 0, 2, 100), "ledger_entry_amount_not_zero"),
        ((1, "A", "CASH", "CNY", 5, 2, 100), "ledger_entry_one_side"),
        ((1, None, None, "CNY", 5, None, None), "ledger_entry_one_side"),
        ((1, "A", None, "CNY", 5, None, 100), "ledger_entry_one_side"),
        ((1, "A", None, "CNY", 5, 2, None), "ledger_entry_one_side"),
        ((1, "A", None, "CNY", 5, 0, 0), "ledger_entry_starts_at_zero"),
        ((1, "A", None, "CNY", 5, -1, 0), "ledger_entry_starts_at_zero"),
        ((1, None, "CASH", "CNY", 5, 1, None), "ledger_entry_one_side"),
        ((1, None, "CASH", "CNY", 5, None, 0), "ledger_entry_one_side"),
        ((1, None, "CASH", "CNY", 5, 1, 0), "ledger_entry_one_side"),
        ((0, "A", None, "CNY", 5, 2, 100), "ledger_entry_line_within"),
        ((3, "A", None, "CNY", 5, 2, 100), "ledger_entry_line_within"),
        ((1, "A", None, "PTS", 5, 2, 100), "ledger_entry_account_fk"),
        ((1, 10**15, None, "CNY", 5, 1, 0), "ledger_entry_account_fk"),
        # The chain of balances.
        ((1, "A", None, "CNY", 5, 2, 99), "ledger_entry_chain_fk"),
        ((1, "A", None, "CNY", 5, 3, 100), "ledger_entry_chain_fk"),
        ((1, "A", None, "CNY", 5, 1, 0), "ledger_entry_version"),
        ((1, "A", None, "CNY", 5, 1, 7), "ledger_entry_starts_at_zero"),
    ],
)
def test_a_malformed_entry(conn: Sql, account: int, row: tuple[Any, ...], name: str) -> None:
    def act() -> None:
        unit, amount = row[3], row[4]
        mine = (row[0], account if row[1] == "A" else row[1], *row[2:])
        other = 1 if row[0] == 2 else 2
        entries(conn, posting(conn), mine, (other, None, "CASH", unit, -amount or 1, None, None))

    refused(conn, name, act)


# ── Heads ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("balance = balance + 1", "ledger_account_head_fk"),
        ("version = version + 1", "ledger_account_head_fk"),
        ("balance = 0, version = 0", "ledger_account_forward"),
        ("balance = -1", "ledger_account_not_overdrawn"),
        ("id = id + 1000000", "ledger_account_fixed"),
        ("holder_id = -1", "ledger_account_fixed"),
        ("kind = 'OTHER'", "ledger_account_fixed"),
        ("unit = 'PTS'", "ledger_account_fixed"),
        ("lotted = true", "ledger_account_fixed"),
        ("allow_negative = true", "ledger_account_fixed"),
    ],
)
def test_an_account_moves_only_with_its_entries(conn: Sql, books: Books, account: int, change: str, name: str) -> None:
    refused(conn, name, lambda: conn.execute(f"UPDATE ledger_account SET {change} WHERE id = %s", [account]))
    assert books.balance(account) == 100


def test_an_account_does_not_go_back_to_an_older_entry(conn: Sql, books: Books, account: int) -> None:
    books.posted(consume(account, 40))
    back = "UPDATE ledger_account SET balance = 100, version = 1 WHERE id = %s"
    refused(conn, "ledger_account_forward", lambda: conn.execute(back, [account]))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ("'STORED', -1, 'CNY', false, false, 5, 0", "ledger_account_opens_empty"),
        ("'STORED', -1, 'CNY', false, false, 5, 1", "ledger_account_head_fk"),
        ("'STORED', -1, 'CNY', true, true, -1, 1", "ledger_account_not_overdrawn"),
        ("'STORED', -1, 'CNY', false, false, 0, -1", "ledger_account_head_fk"),
        ("'STORED', -1, 'USD', false, false, 0, 0", "ledger_account_unit_known"),
        ("'STORED', 0, 'CNY', false, false, 0, 0), ('STORED', 0, 'PTS', false, false, 0, 0", "ledger_account_holder"),
    ],
)
def test_a_malformed_account(conn: Sql, values: str, name: str) -> None:
    insert = "INSERT INTO ledger_account (kind, holder_id, unit, lotted, allow_negative, balance, version) VALUES "
    refused(conn, name, lambda: conn.execute(f"{insert} ({values})"))


@pytest.fixture
def drawn(books: Books) -> tuple[int, uuid.UUID, uuid.UUID]:
    """An account whose only lot holds 70 of 100 at version 2; the lot; the posting that drew it."""
    account_id = books.account()
    books.posted(top_up(account_id, 100))
    used = books.posted(consume(account_id, 30))
    lot_id = books.one("SELECT id FROM ledger_lot WHERE account_id = %s", account_id)
    return account_id, lot_id, used.posting_id


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("remaining = 69", "ledger_lot_head_fk"),
        ("version = 3", "ledger_lot_head_fk"),
        ("remaining = 100, version = 1", "ledger_lot_forward"),
        ("original = 70", "ledger_lot_fixed"),
        ("remaining = 101", "ledger_lot_within_original"),
        ("remaining = -1", "ledger_lot_within_original"),
        ("account_id = account_id + 1", "ledger_lot_fixed"),
        ("kind = 'BONUS'", "ledger_lot_fixed"),
        ("opened_at = now()", "ledger_lot_fixed"),
    ],
)
def test_a_lot_moves_only_with_its_draws(
    conn: Sql, books: Books, drawn: tuple[int, uuid.UUID, uuid.UUID], change: str, name: str
) -> None:
    refused(conn, name, lambda: conn.execute(f"UPDATE ledger_lot SET {change} WHERE id = %s", [drawn[1]]))
    assert books.lots(drawn[0]) == [("PRINCIPAL", 100, 70)]


def test_a_lots_expiry_may_be_put_off(conn: Sql, drawn: tuple[int, uuid.UUID, uuid.UUID]) -> None:
    """R-C02: account expiry is adjusted; what the lot holds is not touched."""
    with conn.transaction():
        cursor = conn.execute("UPDATE ledger_lot SET expires_at = %s WHERE id = %s", [NOON, drawn[1]])
    assert cursor.rowcount == 1


@pytest.mark.parametrize(
    ("values", "name"),
    [
        # (line_no, version, amount, remaining_before) on the lot that holds 70 at version 2.
        ((1, 3, 0, 70), "ledger_draw_amount_not_zero"),
        ((1, 3, -5, 71), "ledger_draw_chain_fk"),
        ((1, 4, -5, 70), "ledger_draw_chain_fk"),
        ((1, 2, -5, 100), "ledger_draw_version"),
        ((1, 1, 5, 1), "ledger_draw_starts_at_zero"),
        ((3, 3, -5, 70), "ledger_draw_entry_fk"),
    ],
)
def test_a_malformed_draw(
    conn: Sql, drawn: tuple[int, uuid.UUID, uuid.UUID], values: tuple[int, ...], name: str
) -> None:
    insert = (
        "INSERT INTO ledger_draw (lot_id, posting_id, line_no, version, amount, remaining_before)"
        " VALUES (%s, %s, %s, %s, %s, %s)"
    )
    refused(conn, name, lambda: conn.execute(insert, [drawn[1], drawn[2], *values]))


@pytest.mark.parametrize(
    ("kind", "original", "remaining", "version", "name"),
    [
        ("BONUS", 5, 5, 1, "ledger_lot_"),
        ("BONUS", 0, 0, 1, "ledger_lot_"),
        ("BONUS", -5, -5, 1, "ledger_lot_within_original"),
        ("BONUS", 5, 6, 1, "ledger_lot_within_original"),
        ("BONUS", 5, 5, 0, "ledger_lot_"),
    ],
)
def test_a_lot_out_of_nothing(
    conn: Sql,
    drawn: tuple[int, uuid.UUID, uuid.UUID],
    kind: str,
    original: int,
    remaining: int,
    version: int,
    name: str,
) -> None:
    insert = (
        "INSERT INTO ledger_lot (id, account_id, kind, posting_id, original, remaining, version, opened_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, now())"
    )
    row = [uuid.uuid4(), drawn[0], kind, drawn[2], original, remaining, version]
    refused(conn, name, lambda: conn.execute(insert, row))


def test_a_lot_opens_with_its_original_amount(conn: Sql, drawn: tuple[int, uuid.UUID, uuid.UUID]) -> None:
    def act() -> None:
        lot_id = uuid.uuid4()
        conn.execute(
            "INSERT INTO ledger_lot (id, account_id, kind, posting_id, original, remaining, version, opened_at)"
            " VALUES (%s, %s, 'BONUS', %s, 9, 5, 1, now())",
            [lot_id, drawn[0], drawn[2]],
        )
        conn.execute(
            "INSERT INTO ledger_draw (lot_id, posting_id, line_no, version, amount, remaining_before)"
            " VALUES (%s, %s, 1, 1, 5, 0)",
            [lot_id, drawn[2]],
        )

    refused(conn, "ledger_lot_first_fk", act)


# ── Books are kept ────────────────────────────────────────────────────────────────────────────────────────────────

BOOKS = ("ledger_posting", "ledger_entry", "ledger_draw")
HEADS = ("ledger_account", "ledger_lot")
CHANGES = {"UPDATE": "UPDATE {} SET id = id", "DELETE": "DELETE FROM {}", "TRUNCATE": "TRUNCATE {} CASCADE"}


@pytest.mark.parametrize("table", BOOKS)
@pytest.mark.parametrize("change", CHANGES)
def test_books_are_insert_only_for_the_application_by_right_and_for_the_owner_by_trigger(
    books: Books, drawn: tuple[int, uuid.UUID, uuid.UUID], table: str, change: str
) -> None:
    before = books.counts()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        books.app.execute(CHANGES[change].format(table))
    with pytest.raises(psycopg.errors.RestrictViolation, match="is refused"):
        books.connect("owner").execute(CHANGES[change].format(table))
    assert books.counts() == before


@pytest.mark.parametrize("table", HEADS)
@pytest.mark.parametrize("change", ["DELETE", "TRUNCATE"])
def test_heads_are_kept(books: Books, table: str, change: str) -> None:
    books.account()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        books.app.execute(CHANGES[change].format(table))
    with pytest.raises(psycopg.errors.RestrictViolation, match="is refused"):
        books.connect("owner").execute(CHANGES[change].format(table))


def test_the_application_cannot_take_its_chains_off(books: Books) -> None:
    for sql in (
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_head_fk",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION ext.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            books.connect().execute(sql)


def test_what_is_generated_cannot_be_stated(books: Books) -> None:
    with pytest.raises(psycopg.errors.GeneratedAlways):
        books.app.execute("UPDATE ledger_account SET head_version = 7")


def test_the_books_are_untouched_by_all_of_this(books: Books) -> None:
    account_id = books.account()
    (outcome,) = books.post(top_up(account_id, 1))
    assert isinstance(outcome, Posted)
