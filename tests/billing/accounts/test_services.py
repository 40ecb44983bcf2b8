"""Chains' accounts: arrears first, never below nothing, each key once, thousands in one batch (R-A20)."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.accounts import queries, services
from billing.accounts.domain import AccountStanding, AccountTooLow, Contra, Debit
from kernel.db import in_chain, in_public
from ledger.domain import Outcome, Posted, Refused
from ledger.errors import IdempotencyConflict, error_of
from ledger.models import Account
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tests import cast
from tests.ledger.books import NOON


def credit(chain: Chain, fen: int, key: str, source: str = Contra.CASH_STRIPE) -> Posted:
    return services.credit(
        chain_id=chain.pk, amount_fen=fen, key=key, source=source, actor=SYSTEM, occurred_at=NOON, memo={"note": key}
    )


def charge(chain: Chain, fen: int, key: str, *, may_owe: bool = True) -> Debit:
    return Debit(chain.pk, fen, key, "MODULE_MONTH", SYSTEM, NOON, may_owe, {"note": key})


def charged(*debits: Debit) -> list[Outcome]:
    with in_public():
        return services.debit_many(debits)


def standing(chain: Chain) -> AccountStanding:
    with in_public():
        return queries.standing_of(chain.pk)


def test_a_credit_pays_what_is_owed_first(shop: Chain) -> None:
    assert standing(shop) == AccountStanding(0, 0)
    charged(charge(shop, 700, "m/1"))
    assert standing(shop) == AccountStanding(0, 700)
    with in_public():
        credit(shop, 500, "stripe:a")
        assert queries.standing_of(shop.pk) == AccountStanding(0, 200)
        credit(shop, 500, "stripe:b")
    assert standing(shop) == AccountStanding(300, 0)


def test_a_credit_happens_once(shop: Chain) -> None:
    with in_public():
        first = credit(shop, 500, "stripe:a")
    charged(charge(shop, 600, "m/1"))
    with in_public():
        again = credit(shop, 500, "stripe:a")
        with pytest.raises(IdempotencyConflict):
            credit(shop, 501, "stripe:a")
    assert (again.posting_id, again.replayed) == (first.posting_id, True)
    assert standing(shop) == AccountStanding(0, 100)


def test_what_the_account_does_not_cover_is_owed_or_refused(shop: Chain) -> None:
    with in_public():
        credit(shop, 500, "stripe:a")
    refused, posted, replayed, further = charged(
        charge(shop, 501, "setup/1", may_owe=False),
        charge(shop, 800, "m/1"),
        charge(shop, 800, "m/1"),
        charge(shop, 50, "m/2"),
    )
    assert isinstance(refused, Refused)
    error = error_of(refused)
    assert isinstance(error, AccountTooLow)
    assert error.as_dict() == {
        "code": "account_too_low",
        "message": "商户账户余额不足：需要 ¥5.01，可用 ¥5.00。未扣款，也未作任何更改，请先充值。",
        "params": {"needed": "¥5.01", "available": "¥5.00"},
    }
    assert isinstance(posted, Posted)
    assert isinstance(replayed, Posted)
    assert isinstance(further, Posted)
    assert replayed.replayed
    assert replayed.posting_id == posted.posting_id
    assert standing(shop) == AccountStanding(0, 350)


def test_a_replay_takes_nothing_from_what_follows(shop: Chain) -> None:
    with in_public():
        credit(shop, 1_000, "stripe:a")
    charged(charge(shop, 400, "m/1"))
    _, later = charged(charge(shop, 400, "m/1"), charge(shop, 600, "setup", may_owe=False))
    assert isinstance(later, Posted)
    assert standing(shop) == AccountStanding(0, 0)


def test_one_charge_is_raised(shop: Chain) -> None:
    with in_public(), pytest.raises(AccountTooLow):
        services.debit(charge(shop, 1, "setup", may_owe=False))
    assert standing(shop) == AccountStanding(0, 0)


def test_a_batch_takes_the_statements_of_one(shop: Chain) -> None:
    chains = [shop, *(cast.request(f"shop{number}") for number in range(9))]
    with in_public():
        services.open_accounts(chain_ids=[chain.pk for chain in chains])
        services.open_accounts(chain_ids=[chain.pk for chain in chains])
    with in_public(), CaptureQueriesContext(connection) as one:
        services.debit_many([charge(shop, 100, "one")])
    with in_public(), CaptureQueriesContext(connection) as ten:
        outcomes = services.debit_many([charge(chain, 100, f"ten/{chain.pk}") for chain in chains])
    assert all(isinstance(outcome, Posted) for outcome in outcomes)
    assert len(ten) == len(one)
    said = [query["sql"] for query in ten.captured_queries]
    # Locked in the order of ids, the third column (the engine's own statements are not captured).
    assert next(sql for sql in said if "FOR NO KEY UPDATE" in sql).endswith("ORDER BY 3 ASC FOR NO KEY UPDATE")
    with in_public():
        assert set(queries.standings([chain.pk for chain in chains]).values()) == {
            AccountStanding(0, 100),
            AccountStanding(0, 200),
        }


def test_accounts_stand_in_public_and_move_in_a_transaction(chain: Chain) -> None:
    with pytest.raises(TransactionManagementError):
        services.open_accounts(chain_ids=[chain.pk])
    with in_chain(chain.schema_name), pytest.raises(ValueError, match="public"):
        services.open_accounts(chain_ids=[chain.pk])
    with in_public(), pytest.raises(ValueError, match="source"):
        credit(chain, 1, "x", source="REVENUE")
    with in_public(), pytest.raises(ValueError, match="brings"):
        credit(chain, 0, "x")
    with pytest.raises(ValueError, match="takes"):
        charge(chain, 0, "x")


def test_the_database_refuses_arrears_above_zero(shop: Chain) -> None:
    with in_public():
        services.open_accounts(chain_ids=[shop.pk])
    with pytest.raises(DatabaseError, match="chain_arrears_never_credit"), in_public(using="owner"):
        connections["owner"].cursor().execute("UPDATE ledger_account SET balance = 1 WHERE kind = 'CHAIN_ARREARS'")
    with in_public():
        assert list(Account.objects.values_list("balance", flat=True)) == [0, 0]


def test_the_history_is_paged_without_gaps(shop: Chain) -> None:
    with in_public():
        credit(shop, 500, "c/1")
    charged(*(charge(shop, 100, f"m/{number}") for number in range(8)))
    with in_public():
        credit(shop, 400, "c/2")
        everything = queries.entries_of(shop.pk)
        assert [(line.memo["note"], line.amount_fen, line.after) for line in everything] == [
            ("c/2", 400, AccountStanding(100, 0)),
            ("m/7", -100, AccountStanding(0, 300)),
            ("m/6", -100, AccountStanding(0, 200)),
            ("m/5", -100, AccountStanding(0, 100)),
            ("m/4", -100, AccountStanding(0, 0)),
            ("m/3", -100, AccountStanding(100, 0)),
            ("m/2", -100, AccountStanding(200, 0)),
            ("m/1", -100, AccountStanding(300, 0)),
            ("m/0", -100, AccountStanding(400, 0)),
            ("c/1", 500, AccountStanding(500, 0)),
        ]
        for size in (1, 3, 9):
            assert _by_pages(shop, size) == everything
        assert queries.entries_of(shop.pk + 1) == []
    assert [queries.Cursor.parse(text) for text in ("", "1", "a.b", "1.-2", "²..")] == [None] * 5


def _by_pages(chain: Chain, size: int) -> Sequence[Any]:
    lines = []
    page = queries.entries_of(chain.pk, limit=size)
    while page:
        assert len(page) <= size
        lines += page
        page = queries.entries_of(chain.pk, before=queries.Cursor.parse(str(page[-1].cursor)), limit=size)
    return lines


MOVES = st.lists(
    st.tuples(st.sampled_from(["credit", "owed", "covered"]), st.integers(1, 900), st.integers(0, 5)), max_size=12
)


@given(moves=MOVES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_movements_loses_a_fen(shop: Chain, in_books: Any, moves: list[tuple[str, int, int]]) -> None:
    with rolled_back():
        total, seen = 0, dict[str, int]()
        for act, fen, number in moves:
            key = f"{act}/{number}/{fen}"
            before = queries.standing_of(shop.pk)
            if act == "credit":
                credit(shop, fen, key)
                total += 0 if key in seen else fen
            else:
                (outcome,) = services.debit_many([charge(shop, fen, key, may_owe=act == "owed")])
                assert isinstance(outcome, Posted) or before.prepaid_fen < fen
                total -= fen if isinstance(outcome, Posted) and key not in seen else 0
                if isinstance(outcome, Refused):
                    continue
            seen[key] = fen
            after = queries.standing_of(shop.pk)
            assert after.prepaid_fen - after.arrears_fen == total
            assert min(after.prepaid_fen, after.arrears_fen) == 0


def rolled_back() -> AbstractContextManager[None]:
    """A transaction in public that leaves nothing behind."""

    class Undone(AbstractContextManager[None]):
        def __enter__(self) -> None:
            self.block = in_public()
            self.block.__enter__()

        def __exit__(self, *error: Any) -> None:
            transaction.set_rollback(True)
            self.block.__exit__(*error)

    return Undone()
