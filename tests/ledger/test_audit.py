"""The audit finds nothing in sound books, and each kind of damage a superuser could do to them."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from ledger.audit import CHECKS, SHOWN_PER_CHECK, audit_schema
from ledger.domain import DrawPolicy
from tests.ledger.books import Books, consume, reversal, top_up


@pytest.fixture(autouse=True)
def _django_connections(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def lived_in(module_books: Books) -> Books:
    """A little of everything, the card first."""
    books = module_books
    card = books.account()
    books.posted(top_up(card, 1_000, 200))
    books.posted(top_up(card, 500))
    used = books.posted(consume(card, 300, policy=DrawPolicy.PRO_RATA))
    books.posted(consume(card, 1_250))
    books.posted(reversal(used.posting_id))
    books.posted(consume(books.account(lotted=False, allow_negative=True), 40))
    books.account()
    return books


@pytest.fixture
def damage(lived_in: Books) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's transaction with every trigger and foreign key asleep; what it did is copied nowhere."""
    with lived_in.connect("admin") as conn:
        conn.execute("SET session_replication_role = replica")
        yield conn


def test_sound_books_have_no_findings(lived_in: Books) -> None:
    assert audit_schema(lived_in.schema) == []


LOT = "(SELECT id FROM ledger_lot ORDER BY id LIMIT 1)"
CARD = "(SELECT min(id) FROM ledger_account)"
TOP_UP = "(SELECT id FROM ledger_posting WHERE kind = 'TOP_UP' ORDER BY id LIMIT 1)"
REVERSAL = "(SELECT id FROM ledger_posting WHERE kind = 'REVERSAL')"

DAMAGES = {
    "a posting loses its entries": (
        f"DELETE FROM ledger_entry WHERE posting_id = {TOP_UP}",
        {"posting_without_entries", "account_balance", "entry_chain", "draw_without_entry"},
    ),
    "entries lose their posting": (f"DELETE FROM ledger_posting WHERE id = {TOP_UP}", {"entry_without_posting"}),
    "an amount is changed": (
        f"UPDATE ledger_entry SET amount = amount + 1 WHERE posting_id = {TOP_UP} AND contra = 'CASH'",
        {"posting_unbalanced"},
    ),
    "a line is lost": (
        f"DELETE FROM ledger_entry WHERE posting_id = {TOP_UP} AND contra = 'PROMOTION'",
        {"posting_unbalanced", "posting_incomplete"},
    ),
    "a pair of lines is slipped in": (
        "INSERT INTO ledger_entry (posting_id, line_no, line_count, contra, unit, amount)"
        f" SELECT {TOP_UP}, n, 5, 'CASH', 'CNY', 9 - 2 * n FROM generate_series(4, 5) AS n",
        {"posting_incomplete"},
    ),
    "a stored result is changed": (
        f"UPDATE ledger_posting SET result = '{{\"balances\": {{}}}}' WHERE id = {TOP_UP}",
        {"posting_result"},
    ),
    "a reversal names another posting": (
        f"UPDATE ledger_posting SET reverses_id = {TOP_UP} WHERE id = {REVERSAL}",
        {"reversal_inexact", "reversal_draws_inexact"},
    ),
    "a balance is changed": (
        f"UPDATE ledger_account SET balance = balance + 1 WHERE id = {CARD}",
        {"account_balance", "account_lots"},
    ),
    "a version lags behind": (
        f"UPDATE ledger_account SET version = version - 1 WHERE id = {CARD}",
        {"account_balance"},
    ),
    "a chain of balances is broken": (
        f"UPDATE ledger_entry SET balance_before = balance_before + 1 WHERE account_id = {CARD} AND version = 2",
        {"entry_chain", "posting_result"},
    ),
    "an account changes its unit": (
        f"UPDATE ledger_account SET unit = 'PTS' WHERE id = {CARD}",
        {"entry_account"},
    ),
    "a lot's remaining is changed": (
        f"UPDATE ledger_lot SET remaining = remaining - 1 WHERE id = {LOT}",
        {"lot_remaining", "account_lots"},
    ),
    "a lot's original is changed": (
        f"UPDATE ledger_lot SET original = original + 1 WHERE id = {LOT}",
        {"lot_remaining"},
    ),
    "a lot names another source": (
        f"UPDATE ledger_lot SET posting_id = {REVERSAL} WHERE id = {LOT}",
        {"lot_remaining"},
    ),
    "a chain of draws is broken": (
        f"UPDATE ledger_draw SET remaining_before = remaining_before + 1 WHERE lot_id = {LOT} AND version = 2",
        {"draw_chain"},
    ),
    "a draw is lost": (
        f"DELETE FROM ledger_draw WHERE lot_id = {LOT} AND version = 2",
        {"draw_chain", "lot_remaining", "entry_draws"},
    ),
    "a lot is lost": (
        f"DELETE FROM ledger_lot WHERE id = {LOT}",
        {"draw_without_entry", "account_lots"},
    ),
    "a lot moves to another account": (
        f"UPDATE ledger_lot SET account_id = {CARD} + 1 WHERE id = {LOT}",
        {"account_lots", "entry_draws"},
    ),
}
# These also have constraints of the table itself, which no session setting puts to sleep.
BEHIND_CHECKS = {
    "a hash is lost": (
        "ALTER TABLE ledger_posting DROP CONSTRAINT ledger_posting_hash_whole",
        "UPDATE ledger_posting SET request_hash = ''",
        {"posting_hash"},
    ),
    "a card is overdrawn": (
        "ALTER TABLE ledger_account DROP CONSTRAINT ledger_account_not_overdrawn",
        f"UPDATE ledger_account SET balance = -1 WHERE id = {CARD}",
        {"account_overdrawn", "account_balance"},
    ),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_it_finds_damage(lived_in: Books, damage: psycopg.Connection[Any], what: str) -> None:
    sql, codes = DAMAGES[what]
    found = damaged_codes(lived_in, damage, [sql])
    assert codes <= found, found


@pytest.mark.parametrize("what", BEHIND_CHECKS)
def test_it_finds_damage_behind_a_dropped_check(lived_in: Books, damage: psycopg.Connection[Any], what: str) -> None:
    drop, sql, codes = BEHIND_CHECKS[what]
    found = damaged_codes(lived_in, damage, [drop, sql])
    assert codes <= found, found


def damaged_codes(books: Books, conn: psycopg.Connection[Any], statements: list[str]) -> set[str]:
    """What each check says inside the damaging transaction, which is then rolled back."""
    with conn.transaction(force_rollback=True):
        for sql in statements:
            assert conn.execute(sql).rowcount != 0
        return {
            code
            for code, sql in CHECKS.items()
            if conn.execute(sql.replace("{s}", books.schema)).fetchall()  # type: ignore[arg-type]
        }


def test_every_check_is_shown_to_catch_something() -> None:
    caught = set().union(*(codes for _, codes in DAMAGES.values()), *(codes for *_, codes in BEHIND_CHECKS.values()))
    assert caught == set(CHECKS)


def test_findings_name_what_is_wrong_and_stop_at_a_hundred(own_books: Books) -> None:
    books = own_books
    accounts = [books.account() for _ in range(SHOWN_PER_CHECK + 1)]
    books.post(*(top_up(account, 5) for account in accounts))
    admin = books.connect("admin")
    admin.execute("SET session_replication_role = replica")
    admin.execute("UPDATE ledger_account SET balance = 6 WHERE id = %s", [accounts[0]])
    findings = audit_schema(books.schema)
    assert [str(finding) for finding in findings] == [
        f"account_balance {accounts[0]}: balance 6 at version 1, entries sum to 5 in 1",
        f"account_lots {accounts[0]}: balance 6, lots hold 5",
    ]
    admin.execute("UPDATE ledger_account SET balance = 6")
    assert len(audit_schema(books.schema)) == 2 * SHOWN_PER_CHECK
