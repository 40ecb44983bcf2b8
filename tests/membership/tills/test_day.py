"""The day's totals tie to the ledger to the fen (R-K04), and what is printed or counted stays as it was."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum

from kernel import clock
from kernel.money import Money
from ledger.models import Entry
from membership.cashier import services as cashier
from membership.cashier.errors import RecordNotFound
from membership.cashier.returning import return_goods
from membership.cashier.tender import Tender
from membership.tills.domain import DaySide, DayTotals, Side, SlipWidth, Takings, day_totals, takings, total_of
from membership.tills.models import ReceiptPrint, ShiftClose
from membership.tills.queries import day_takings, prints_of, shift_closes, totals_by_day
from membership.tills.services import CountConflict, CountInvalid, close_shift, note_print
from tenants.audit.models import AuditEntry
from tenants.people.domain import SYSTEM, Act, Actor, NotAllowed
from tests.membership.conftest import Holder, clerk, holder, idle_cards, issue, store_id, take_back

__all__ = ["clerk", "holder", "idle_cards", "issue", "store_id"]

InChain = Callable[..., AbstractContextManager[None]]
OTHER = Actor(kind="staff", id=8, name="周敏", grants=SYSTEM.grants)


def _busy_day(clerk: Actor, holder: Holder, store_id: int) -> UUID:
    """Top-ups, a payment by parts, prepayment in and out, and a reversal; the consumption's record."""
    number = holder.number

    def key(name: str) -> dict[str, object]:
        return {"card_number": number, "store_id": store_id, "idempotency_key": name}

    cashier.top_up(actor=clerk, paid=Money(50_000), bonus=Money(5_000), **key("t1"))  # type: ignore[arg-type]
    wrong = cashier.top_up(actor=clerk, paid=Money(7_700), **key("t2"))  # type: ignore[arg-type]
    take_back(wrong.record_id, clerk, store_id, by=OTHER)
    cashier.pay_in(actor=clerk, amount=Money(9_000), **key("p1"))  # type: ignore[arg-type]
    cashier.pay_out(actor=OTHER, amount=Money(1_000), reason="退预存", **key("p2"))  # type: ignore[arg-type]
    tender = Tender(stored_fen=6_000, prepayment_fen=3_000, cash_fen=2_000)
    paid = cashier.pay(actor=clerk, total=Money(11_000), tender=tender, **key("c1"))  # type: ignore[arg-type]
    return paid.record_id


def _from_the_ledger(contra: str, actor: str | None = None) -> int:
    found = Entry.objects.filter(contra=contra, unit="CNY")
    if actor is not None:
        found = found.filter(posting__actor=actor)
    return found.aggregate(sum=Sum("amount"))["sum"] or 0


def test_the_totals_are_the_ledgers_to_the_fen(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, held_clock: datetime
) -> None:
    with in_chain():
        _busy_day(clerk, holder, store_id)
        found = day_takings(day=clock.today(), store_id=store_id)
        total = total_of(kinds for by_kind in found.values() for kinds in by_kind.values())
        mine, other = (total_of(found[str(who)].values()) for who in (clerk, OTHER))
        # The holder's own first top-up of ¥100.00 was on another day: the clock is held since.
        assert total.cash_fen == mine.cash_fen + other.cash_fen
        assert mine.cash_fen == -_from_the_ledger("CASH", str(clerk)) - _before(clerk)
        assert other.cash_fen == -_from_the_ledger("CASH", str(OTHER))
        assert total.revenue_fen == _from_the_ledger("REVENUE") == 11_000
        assert total.bonus_fen == -_from_the_ledger("PROMOTION") == 5_000
        kinds = found[str(clerk)]
        assert list(kinds) == ["TOP_UP", "CONSUMPTION", "PREPAYMENT"]
        assert kinds["TOP_UP"] == Takings(count=2, cash_fen=57_700, stored_fen=62_700, bonus_fen=5_000)
        assert kinds["CONSUMPTION"] == Takings(
            count=1, cash_fen=2_000, stored_fen=-6_000, prepayment_fen=-3_000, revenue_fen=11_000
        )
        assert kinds["PREPAYMENT"] == Takings(count=1, cash_fen=9_000, prepayment_fen=9_000)
        assert found[str(OTHER)]["REVERSE_TOP_UP"] == Takings(count=1, cash_fen=-7_700, stored_fen=-7_700)
        assert found[str(OTHER)]["PREPAYMENT_REFUND"].cash_fen == -1_000


def _before(clerk: Actor) -> int:
    """What this person took in on other days."""
    today = clock.today()
    entries = Entry.objects.filter(contra="CASH", posting__actor=str(clerk)).values_list(
        "amount", "posting__occurred_at"
    )
    return -sum(amount for amount, at in entries if at.astimezone(clock.CHINA).date() != today)


def test_a_day_is_chinas_and_a_store_is_its_own(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, held_clock: datetime
) -> None:
    with in_chain():
        for name, hours in (("late", 11), ("early", -13)):
            # Noon in China: eleven hours later is still today, thirteen earlier is yesterday.
            with clock.frozen(held_clock + timedelta(hours=hours)):
                cashier.top_up(
                    actor=clerk,
                    card_number=holder.number,
                    paid=Money(1_000),
                    store_id=store_id,
                    idempotency_key=name,
                )
        today = clock.today()
        for day in (today, today - timedelta(days=1)):
            assert day_takings(day=day, store_id=store_id)[str(clerk)]["TOP_UP"].cash_fen == 1_000
        assert day_takings(day=today, store_id=None) == day_takings(day=today, store_id=store_id)
        assert day_takings(day=today, store_id=store_id + 99) == {}
        assert day_takings(day=today, store_id=store_id, actor="staff:404") == {}


def test_the_day_is_found_by_its_index(in_chain: InChain, holder: Holder) -> None:
    with in_chain(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'ledger_posting_day' AND schemaname = %s", ["c_yunshan"]
        )
        assert "USING brin (occurred_at)" in cursor.fetchone()[0]


def test_sides_that_nobody_knows_are_counted_and_move_nothing() -> None:
    found = takings([Side("staff:1", "MAGIC", None, "MOON", 500, 2), Side("staff:1", "TOP_UP", None, "CASH", -7, 1)])
    assert list(found["staff:1"]) == ["TOP_UP", "MAGIC"]
    assert found["staff:1"]["MAGIC"] == Takings(count=2)
    assert total_of(found["staff:1"].values()) == Takings(count=3, cash_fen=7)


def test_a_receipt_is_once_an_original_and_then_a_copy(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int
) -> None:
    """R-L12."""
    with in_chain():
        record_id = _busy_day(clerk, holder, store_id)
        for width in (SlipWidth.MM80, SlipWidth.MM58, SlipWidth.MM58):
            note_print(actor=clerk, record_id=record_id, width=width, store_id=store_id)
        prints = list(prints_of(record_id).values_list("copy_no", "width", "actor_name"))
        assert prints == [(0, "80", "周晓梅"), (1, "58", "周晓梅"), (2, "58", "周晓梅")]
        trail = AuditEntry.objects.filter(act="receipt.reprint").order_by("pk")
        assert [entry.detail for entry in trail] == [{"copy": 1}, {"copy": 2}]
        with pytest.raises(RecordNotFound):
            note_print(actor=clerk, record_id=UUID(int=1), width=SlipWidth.MM58, store_id=store_id)
        stranger = Actor.with_cells(kind="staff", pk=3, name="外人", cells=[(Act.STAFF_MANAGE, None)])
        with pytest.raises(NotAllowed):
            note_print(actor=stranger, record_id=record_id, width=SlipWidth.MM58, store_id=store_id)
        assert ReceiptPrint.objects.count() == 3


def test_a_drawer_is_counted_beside_the_books(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, held_clock: datetime
) -> None:
    def count(counted: int, key: str, **more: object) -> ShiftClose:
        asked = {"day": clock.today(), "float_in": Money(20_000), "note": "", **more}
        return close_shift(actor=clerk, store_id=store_id, counted=Money(counted), idempotency_key=key, **asked)  # type: ignore[arg-type]

    with in_chain():
        _busy_day(clerk, holder, store_id)
        expected = 50_000 + 7_700 + 9_000 + 2_000
        first = count(20_000 + expected - 150, "k1")
        assert (first.expected_fen, first.difference_fen) == (expected, -150)
        assert count(20_000 + expected - 150, "k1") == first
        with pytest.raises(CountConflict):
            count(20_000 + expected, "k1")
        with pytest.raises(CountInvalid):
            count(-1, "k2")
        second = count(20_000 + expected, "k3", note="找到一张五十")
        assert second.difference_fen == 0
        closes = shift_closes(day=clock.today(), store_id=store_id, actor=str(clerk))
        assert [close.pk for close in closes] == [second.pk, first.pk]
        assert AuditEntry.objects.filter(act="till.count").count() == 2
        with pytest.raises(NotAllowed):
            close_shift(
                actor=Actor.with_cells(kind="staff", pk=3, name="外人", cells=[(Act.REPORT_VIEW, None)]),
                store_id=store_id,
                day=clock.today(),
                float_in=Money(0),
                counted=Money(0),
                note="",
                idempotency_key="k9",
            )


@pytest.mark.parametrize("statement", ["UPDATE {} SET actor_name = 'x'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["tills_shiftclose", "tills_receiptprint"])
def test_neither_is_changed_afterwards(
    in_chain: InChain, clerk: Actor, holder: Holder, store_id: int, table: str, statement: str
) -> None:
    with in_chain():
        record_id = _busy_day(clerk, holder, store_id)
        note_print(actor=clerk, record_id=record_id, width=SlipWidth.MM58, store_id=store_id)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format(table))


def test_the_days_before_are_summed_by_the_same_books(
    in_chain: InChain,
    issue: Callable[..., Holder],
    clerk: Actor,
    store_id: int,
    held_clock: datetime,
    django_assert_num_queries: Callable[..., AbstractContextManager[None]],
) -> None:
    """What was returned or taken back is taken off on the day on which that happened."""
    with clock.frozen(held_clock - timedelta(days=2)):
        holder = issue(top_up_fen=10_000)
    at: dict[str, Any] = {"actor": clerk, "store_id": store_id}
    with in_chain():
        _busy_day(clerk, holder, store_id)
        sold = cashier.consume(card_number=holder.number, amount=Money(500), idempotency_key="c2", **at)
        return_goods(record_id=sold.record_id, amount=Money(200), idempotency_key="back", reason="退", **at)
        kept = cashier.consume(card_number=holder.number, amount=Money(900), idempotency_key="c3", **at)
        cashier.reverse(record_id=kept.record_id, idempotency_key="undo3", reason="多刷", **at)
        with django_assert_num_queries(1):
            days = totals_by_day(store_id=store_id, last=clock.today(), days=4)
        total = total_of(
            takings
            for kinds in day_takings(day=clock.today(), store_id=store_id).values()
            for takings in kinds.values()
        )
        assert totals_by_day(store_id=store_id + 1, last=clock.today(), days=1) == [DayTotals(clock.today())]
    today = clock.today()
    assert days == [
        DayTotals(today - timedelta(days=3)),
        DayTotals(today - timedelta(days=2), top_up_fen=10_000),
        DayTotals(today - timedelta(days=1)),
        DayTotals(today, revenue_fen=11_300, top_up_fen=50_000, bonus_fen=5_000),
    ]
    assert (total.revenue_fen, total.bonus_fen) == (11_300, 5_000)


def test_a_top_up_that_was_reversed_in_the_old_way_is_taken_off_too() -> None:
    """Until fault forms were required, a reversal undid it."""
    day = date(2026, 3, 2)
    sides = [
        DaySide(day, "TOP_UP", None, "CASH", -700),
        DaySide(day, "REVERSAL", "TOP_UP", "CASH", 700),
        DaySide(day, "REVERSAL", "CONSUMPTION", "CASH", 50),
        DaySide(day, "REVERSAL", "CONSUMPTION", "REVENUE", -50),
    ]
    assert day_totals(sides) == {day: DayTotals(day, revenue_fen=-50, top_up_fen=0)}
