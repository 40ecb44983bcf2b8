"""Through the house's own doors: Django's connection, a provisioned chain, the caller's transaction."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.transaction import TransactionManagementError

from kernel.db import SchemaSwitchInTransaction, in_public, selected
from ledger import queries, services
from ledger.audit import audit_schema
from ledger.domain import DrawPolicy, Posted, Unit
from ledger.errors import AccountNotFound, AlreadyReversed, IdempotencyConflict, InsufficientBalance
from ledger.models import Account, Draw, Entry, Lot, Posting
from tenants.chains.models import Chain
from tests.ledger.books import NOON, consume, top_up

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def account(in_chain: InChain) -> int:
    with in_chain():
        return services.open_account("TRIED", 1, Unit.CNY, lotted=True).pk


def test_what_is_posted_within_a_transaction_is_read_back_by_the_queries(in_chain: InChain, account: int) -> None:
    with in_chain():
        services.post(top_up(account, 1_000, 200, bonus_expires_at=NOON + timedelta(days=9)))
        services.post(consume(account, 100, policy=DrawPolicy.EARLIEST_EXPIRY))
    with in_chain():
        assert queries.balance(account) == 1_100
        assert queries.split(account) == {"BONUS": 100, "PRINCIPAL": 1_000}
        assert [(lot.kind, lot.remaining) for lot in queries.lots_of(account)] == [("BONUS", 100), ("PRINCIPAL", 1_000)]
        assert Posting.objects.count() == 2
        assert str(Account.objects.get(id=account)) == "TRIED 1 (CNY)"


def test_a_refusal_is_raised_and_the_callers_transaction_goes_on(in_chain: InChain, account: int) -> None:
    with in_chain():
        services.post(top_up(account, 50, key="tills/1"))
        with pytest.raises(InsufficientBalance) as caught:
            services.post(consume(account, 51))
        with pytest.raises(IdempotencyConflict):
            services.post(top_up(account, 51, key="tills/1"))
        with pytest.raises(AccountNotFound):
            services.post(consume(account + 10**6, 1))
        services.post(consume(account, 50))
    assert caught.value.as_dict() == {
        "code": "insufficient_balance",
        "message": "余额不足，未扣款。可用 50，需要 51。",
        "params": {"account_id": account, "available": 50, "needed": 51},
    }
    with in_chain():
        assert queries.balance(account) == 0
        assert Posting.objects.count() == 2


def test_the_callers_rollback_takes_the_posting_with_it(in_chain: InChain, account: int) -> None:
    with in_chain():
        services.post(top_up(account, 50))
        transaction.set_rollback(True)
    with in_chain():
        assert queries.balance(account) == 0
        assert [model.objects.count() for model in (Posting, Entry, Lot, Draw)] == [0, 0, 0, 0]


def test_a_reversal_restores_what_was(in_chain: InChain, account: int) -> None:
    with in_chain():
        services.post(top_up(account, 60))
        used = services.post(consume(account, 25))
        undone = services.reverse(used.posting_id, idempotency_key="undo/1", actor="staff:1", occurred_at=NOON)
        assert undone.balances == {account: 60}
        with pytest.raises(AlreadyReversed):
            services.reverse(used.posting_id, idempotency_key="undo/2", actor="staff:1", occurred_at=NOON)
        assert Posting.objects.get(reverses=used.posting_id).kind == services.REVERSAL


def test_posting_within_requires_a_transaction_and_stays_with_its_schema(chain: Chain, account: int) -> None:
    with selected(chain.schema_name), pytest.raises(TransactionManagementError):
        services.post(top_up(account, 1))
    with in_public():
        Account.objects.exists()
        with selected(chain.schema_name), pytest.raises(SchemaSwitchInTransaction):
            services.post(top_up(account, 1))


def test_a_batch_has_a_transaction_of_its_own(chain: Chain, in_chain: InChain, account: int) -> None:
    outcomes = services.post_many([top_up(account, 5), consume(account, 3)], schema=chain.schema_name)
    assert [isinstance(outcome, Posted) for outcome in outcomes] == [True, True]
    assert connection.connection.info.transaction_status.name == "IDLE"
    with in_chain(), pytest.raises(ValueError, match="opens its own transaction"):
        services.post_many([consume(account, 1)], schema=chain.schema_name)
    with in_chain():
        assert queries.balance(account) == 2


def test_a_lost_connection_is_an_operational_error_and_the_next_request_has_another(
    chain: Chain, in_chain: InChain, account: int
) -> None:
    services.post_many([top_up(account, 5)], schema=chain.schema_name)
    connection.connection.pgconn.finish()
    with pytest.raises(OperationalError):
        services.post_many([consume(account, 1)], schema=chain.schema_name)
    connection.close_if_unusable_or_obsolete()
    outcomes = services.post_many([consume(account, 2)], schema=chain.schema_name)
    assert isinstance(outcomes[0], Posted)
    assert outcomes[0].balances == {account: 3}


def test_chains_and_public_keep_books_of_their_own(
    chain: Chain, other_chain: Chain, in_chain: InChain, account: int
) -> None:
    with in_public():
        prepaid = services.open_account("PREPAID", chain.pk, Unit.CNY)
    with in_chain(other_chain):
        same_id = services.open_account("TRIED", 1, Unit.CNY, lotted=True).pk
    services.post_many([top_up(account, 5)], schema=chain.schema_name)
    services.post_many([top_up(same_id, 7)], schema=other_chain.schema_name)
    with in_public():
        assert queries.balance(prepaid.pk) == 0
        assert Posting.objects.count() == 0
    for schema in ("public", chain.schema_name, other_chain.schema_name):
        assert audit_schema(schema) == []


def test_a_holder_has_one_account_of_a_kind(in_chain: InChain, account: int) -> None:
    with pytest.raises(IntegrityError), in_chain():
        services.open_account("TRIED", 1, Unit.PTS)
    with pytest.raises(IntegrityError), in_chain():
        services.open_account("OTHER", 1, "USD")


def test_a_provisioned_chain_keeps_every_rule(chain: Chain, in_chain: InChain) -> None:
    """Dumped from the template and replayed under another name, the keys, triggers and rights are all still there."""
    with in_chain(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND connamespace = %s::regnamespace"
            " AND conname LIKE 'ledger\\_%%\\_fk' AND conname NOT LIKE '%%\\_id\\_%%' ORDER BY 1",
            [chain.schema_name],
        )
        keys = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
            " WHERE relnamespace = %s::regnamespace AND tgname LIKE 'ledger\\_%%' AND NOT tgisinternal ORDER BY 1",
            [chain.schema_name],
        )
        triggers = [name for (name,) in cursor.fetchall()]
        cursor.execute(
            "SELECT c.relname, has_table_privilege(c.oid, 'UPDATE'), has_table_privilege(c.oid, 'DELETE, TRUNCATE')"
            " FROM pg_class AS c WHERE relnamespace = %s::regnamespace AND relname LIKE 'ledger\\_%%'"
            " AND relkind = 'r' ORDER BY 1",
            [chain.schema_name],
        )
        rights = cursor.fetchall()
    assert keys == [
        "ledger_account_head_fk",
        "ledger_draw_chain_fk",
        "ledger_draw_entry_fk",
        "ledger_entry_account_fk",
        "ledger_entry_chain_fk",
        "ledger_lot_first_fk",
        "ledger_lot_head_fk",
        "ledger_posting_entries_fk",
    ]
    assert triggers == [
        "ledger_account_fixed",
        "ledger_account_forward",
        "ledger_account_kept",
        "ledger_account_unit_known",
        "ledger_draw_insert_only",
        "ledger_entry_complete",
        "ledger_entry_insert_only",
        "ledger_lot_fixed",
        "ledger_lot_forward",
        "ledger_lot_kept",
        "ledger_posting_insert_only",
    ]
    assert rights == [
        ("ledger_account", True, False),
        ("ledger_draw", False, False),
        ("ledger_entry", False, False),
        ("ledger_lot", True, False),
        ("ledger_posting", False, False),
    ]
