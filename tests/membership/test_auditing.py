"""The audit ties books to cards: it finds nothing in a chain that has lived, and each damage a superuser could do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest

from kernel import clock
from kernel.money import Money
from membership.auditing import CHECKS, audit_chain
from membership.cards.domain import NumberRange
from membership.cards.models import CardTillPin
from membership.cards.services import reissue_card, report_lost
from membership.cashier import services as cashier
from membership.cashier.models import ChainPolicy
from membership.cashier.returning import return_goods
from membership.cashier.settling import settle
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.expiry.models import ClearingNotice
from membership.expiry.services import daily
from membership.packages import services as packages
from membership.records.models import Record
from membership.stock.services.making import make_range
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.cleaning import superuser
from tests.membership.conftest import Holder
from tests.membership.expiry.conftest import earn, fill, later, spend

__all__ = ["earn", "fill", "spend"]
InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def lived_in(
    chain: Chain, in_chain: InChain, issue: Callable[..., Holder], clerk: Actor, store_id: int, idle_cards: list[str],
    fill: Callable[..., None], spend: Callable[..., None], earn: Callable[..., None], held_clock: datetime,
) -> str:  # fmt: skip
    """A card that was lost and made anew, one whose points were cleared and bonus ended, one that lies idle."""
    lost, old = issue(top_up_fen=10_000), issue("江河", "13900001235", top_up_fen=2_000)
    fill(lost, 1_000, 300)
    spend(lost, 700)
    earn(lost, 40)
    fill(old, 500, 90)
    earn(old, 25)
    with in_chain():
        cashier.pay_in(
            actor=clerk, card_number=lost.number, amount=Money(900), store_id=store_id, idempotency_key="ahead"
        )
        _buy(lost, clerk, store_id)
        report_lost(actor=clerk, number=lost.number, store_id=store_id)
        reissue_card(actor=clerk, number=lost.number, new_number=idle_cards[2], store_id=store_id)
    for days in (340, 400):
        with clock.frozen(later(days=days)):
            daily.run(chain.schema_name)
    with in_chain():
        assert ClearingNotice.objects.filter(state="CLEARED").exists()
        assert Record.objects.filter(kind="EXPIRY").exists()
    return chain.schema_name


def _buy(holder: Holder, clerk: Actor, store_id: int) -> None:
    """A bill that was signed and paid in part, goods that came back, a package, a paper that waits, cards in stock."""
    at: dict[str, Any] = {"actor": clerk, "store_id": store_id}
    ChainPolicy.objects.update(signed_limit_fen=1_000)
    tender = Tender(cash_fen=100, signed_fen=400)
    bill = cashier.pay(card_number=holder.number, total=Money(500), tender=tender, idempotency_key="bill", **at)
    settle(bill_id=bill.record_id, tender=Tender(cash_fen=150), idempotency_key="paid", **at)
    bought = cashier.consume(card_number=holder.number, amount=Money(300), idempotency_key="bought", **at)
    return_goods(record_id=bought.record_id, amount=Money(120), idempotency_key="back", reason="坏", **at)
    washes = packages.define_product(
        actor=clerk, name="洗车", unit="CNT", quantity=5, price=Money(200), validity_months=36
    )
    wax = packages.define_product(actor=clerk, name="打蜡", unit="CNT", quantity=3, price=Money(100), validity_months=6)
    tender = Tender(stored_fen=200)
    packages.sell(card_number=holder.number, product_id=washes.pk, tender=tender, idempotency_key="sold", **at)
    tender = Tender(cash_fen=100)
    packages.sell(card_number=holder.number, product_id=wax.pk, tender=tender, idempotency_key="waxed", **at)
    packages.use(card_number=holder.number, product_id=wax.pk, count=1, idempotency_key="once", **at)
    top_up = Record.objects.filter(kind="TOP_UP", card=holder.card).latest("occurred_at")
    payload = {"record_id": str(top_up.pk), "what_happened": "多充"}
    documents.draft(actor=clerk, kind="FAULT", payload=payload, store_id=store_id)
    make_range(actor=clerk, level_code="GOLD", numbers=NumberRange(prefix="66", first=1, quantity=3))
    CardTillPin.objects.create(card=holder.card, failures=1)


def test_a_chain_that_has_lived_has_no_findings(lived_in: str) -> None:
    assert audit_chain(lived_in) == []


_ACCOUNT = "(SELECT stored_account_id FROM cards_card WHERE status = 'REPLACED')"
_STRANGE = "(SELECT id FROM ledger_account WHERE kind = 'PREPAYMENT')"
_ACTIVE = "(SELECT min(id) FROM cards_card WHERE status = 'ACTIVE')"

DAMAGES = {
    "a card loses its account": (
        f"UPDATE cards_card SET stored_account_id = {_STRANGE} WHERE id = {_ACTIVE}",
        {"card_without_account", "account_without_card", "record_amount"},
    ),
    "an account changes hands": (
        f"UPDATE ledger_account SET holder_id = 4711 WHERE kind = 'POINTS' AND holder_id = {_ACTIVE}",
        {"card_without_account", "account_without_card"},
    ),
    "a card that gave its value away has some again": (
        f"UPDATE ledger_account SET balance = 5 WHERE id = {_ACCOUNT}",
        {"ended_card_holds_value"},
    ),
    "an idle card has a holder": (
        "UPDATE cards_card SET member_id = (SELECT min(id) FROM members_member) WHERE number = '8800000005'",
        {"idle_card_holds_account"},
    ),
    "what was paid in gets an end": (
        "UPDATE ledger_lot SET expires_at = now() WHERE kind = 'PRINCIPAL'",
        {"principal_ends"},
    ),
    "a move goes to revenue": (
        "UPDATE ledger_entry SET account_id = NULL, contra = 'REVENUE', version = NULL, balance_before = NULL"
        " WHERE amount > 0 AND posting_id IN (SELECT id FROM ledger_posting WHERE kind = 'MOVE')",
        {"move_inexact", "record_amount"},
    ),
    "a record tells another amount": (
        "UPDATE records_record SET amount_fen = amount_fen - 1 WHERE kind = 'CONSUMPTION'",
        {"record_amount"},
    ),
    "a prepayment belongs to nobody": (
        "UPDATE ledger_account SET holder_id = 4711 WHERE kind = 'PREPAYMENT'",
        {"prepayment_account"},
    ),
    "a merged member's prepayment stays behind": (
        "UPDATE members_member SET merged_into_id = 4711"
        " WHERE id = (SELECT holder_id FROM ledger_account WHERE kind = 'PREPAYMENT')",
        {"merged_member_holds_value"},
    ),
    "a debt has no bill": (
        "INSERT INTO ledger_account (kind, holder_id, unit, lotted, allow_negative, balance, version)"
        " VALUES ('SIGNED_BILL', 4711, 'CNY', false, true, -300, 1)",
        {"signed_bills"},
    ),
    "a bill is of another amount": (
        "UPDATE cashier_signedbill SET amount_fen = amount_fen + 1, relieved_fen = relieved_fen + 1",
        {"signed_bill_posting"},
    ),
    "a settlement is forgotten": ("DELETE FROM cashier_settlement", {"signed_bill_settled"}),
    "more came back than was sold": (
        "UPDATE cashier_goodsreturn SET amount_fen = 301",
        {"goods_returned"},
    ),
    "points lie among the money": (
        "UPDATE ledger_lot SET kind = 'POINTS' WHERE kind = 'BONUS'",
        {"lot_out_of_place"},
    ),
    "a package was sold with more in it": (
        "UPDATE packages_packagesale SET quantity = 6",
        {"package_sold", "package_left"},
    ),
    "a package's sale is lost": ("DELETE FROM packages_packagesale", {"package_sold", "package_left"}),
    "a paper is approved by nobody": ("UPDATE documents_document SET state = 'APPROVED'", {"document_steps"}),
    "a step is lost": ("DELETE FROM documents_documentstep WHERE version = 1", {"document_steps"}),
    "a blank card was issued": (
        "UPDATE stock_cardplace SET state = 'ISSUED' WHERE position = 2",
        {"card_place"},
    ),
    "a card is gone from its range": ("DELETE FROM stock_cardplace WHERE position = 2", {"card_range"}),
    "somebody tried the PIN of a blank card": (
        "UPDATE cards_cardtillpin SET card_id = (SELECT min(id) FROM cards_card WHERE status = 'IDLE')",
        {"till_pin"},
    ),
    "the money of a package that ended stays owed": (
        "UPDATE packages_packagedraw SET amount_fen = 0 WHERE count = 2",
        {"package_drawn", "package_owed"},
    ),
    "a use is written down twice as many": (
        "UPDATE packages_packagedraw SET count = 2 WHERE count = 1",
        {"package_owed", "package_left"},
    ),
    "a package counts money": (
        "INSERT INTO ledger_account (kind, holder_id, unit, lotted, allow_negative, balance, version)"
        f" VALUES ('PACKAGE:1', {_ACTIVE}, 'CNY', true, false, 0, 0)",
        {"package_account"},
    ),
    "a clearing was never posted": (
        "UPDATE expiry_clearingnotice SET ended_at = ended_at + interval '1 day' WHERE state = 'CLEARED'",
        {"cleared_points_stand"},
    ),
}


def test_each_damage_is_found(lived_in: str) -> None:
    """One chain for all: each is done by the superuser with every rule asleep, looked at, and undone by copying."""
    found: dict[str, set[str]] = {}
    with superuser() as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute(f"SET search_path = {lived_in}, ext")
        tables = (
            "cards_card",
            "members_member",
            "ledger_account",
            "ledger_lot",
            "ledger_entry",
            "records_record",
            "expiry_clearingnotice",
            "cashier_signedbill",
            "cashier_settlement",
            "cashier_goodsreturn",
            "packages_packagesale",
            "packages_packagedraw",
            "documents_document",
            "documents_documentstep",
            "stock_cardplace",
            "cards_cardtillpin",
        )
        for name, (sql, _) in DAMAGES.items():
            for table in tables:
                conn.execute(f"CREATE TEMP TABLE saved_{table} AS SELECT * FROM {table}")
            conn.execute(sql)
            found[name] = {finding.code for finding in audit_chain(lived_in)}
            for table in tables:
                _put_back(conn, table)
    assert found == {name: codes for name, (_, codes) in DAMAGES.items()}
    assert set().union(*found.values()) == set(CHECKS)
    assert audit_chain(lived_in) == []


def _put_back(conn: Any, name: str) -> None:
    columns = conn.execute(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        [name],
    ).fetchone()[0]
    conn.execute(f"DELETE FROM {name}")
    conn.execute(f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM saved_{name}")
    conn.execute(f"DROP TABLE saved_{name}")
