"""A bill paid by parts is one posting; its preview is decided by the same rules."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db.models import Q

from kernel.errors import DomainError
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.domain import DrawPolicy
from ledger.models import Account, Entry, Lot
from membership.cashier import services
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL, member_account
from membership.cashier.domain import Receipt
from membership.cashier.models import ChainPolicy, MemberTerms, PointsRule, SignedBill
from membership.cashier.points import BillLine
from membership.cashier.quoting import Quote, quote
from membership.cashier.tender import StoredScope, Tender
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def rich(in_chain: InChain, issue: Callable[..., Holder], clerk: Actor, store_id: int) -> Holder:
    """林静 with ¥1,000 paid and ¥100 given; she may sign for ¥500. A point for each whole yuan."""
    holder = issue()
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        PointsRule.objects.create(name="一元一分", fen_per_point=100)
        services.top_up(
            actor=clerk,
            card_number=holder.number,
            paid=Money(100_000),
            bonus=Money(10_000),
            store_id=store_id,
            idempotency_key="t",
        )
    return holder


@pytest.fixture
def pay(in_chain: InChain, clerk: Actor, store_id: int, rich: Holder) -> Callable[..., Receipt]:
    def act(key: str = "p1", actor: Actor = clerk, lines: tuple[BillLine, ...] = (), **parts: object) -> Receipt:
        tender = Tender(**parts)  # type: ignore[arg-type]
        with in_chain():
            return services.pay(
                actor=actor,
                card_number=rich.number,
                total=Money(tender.total_fen),
                tender=tender,
                lines=lines,
                store_id=store_id,
                idempotency_key=key,
            )

    return act


@pytest.fixture
def ask(in_chain: InChain, clerk: Actor, store_id: int, rich: Holder) -> Callable[..., Quote]:
    def act(total_fen: int | None = None, **parts: object) -> Quote:
        tender = Tender(**parts)  # type: ignore[arg-type]
        total = Money(tender.total_fen if total_fen is None else total_fen)
        with in_chain():
            return quote(actor=clerk, card_number=rich.number, total=total, tender=tender, store_id=store_id)

    return act


def _lots(in_chain: InChain, holder: Holder) -> dict[str, int]:
    with in_chain():
        lots = Lot.objects.filter(account__kind="STORED", account__holder_id=holder.card.pk).order_by("id")
        return dict(lots.values_list("kind", "remaining"))


def test_one_posting_one_record_one_receipt(
    chain: Chain, in_chain: InChain, rich: Holder, pay: Callable[..., Receipt]
) -> None:
    """R-A03: stored value, cash and a signed bill in one payment."""
    receipt = pay(stored_fen=30_000, stored_scope=StoredScope.PRINCIPAL, cash_fen=12_345, signed_fen=20_000)
    assert (receipt.amount_fen, receipt.balance_after_fen, receipt.drawn) == (-30_000, 80_000, {"PRINCIPAL": 30_000})
    assert receipt.parts == {"stored": 30_000, "cash": 12_345, "signed": 20_000}
    # 300.00 + 123.45 were really paid; what is signed for earns nothing yet.
    assert receipt.points == 423
    with in_chain():
        record = Record.objects.get(id=receipt.record_id)
        bill = SignedBill.objects.get(id=receipt.record_id)
        lines = Entry.objects.filter(posting_id=receipt.record_id).order_by("line_no")
        entries = list(lines.values_list("contra", "unit", "amount"))
        owed = Account.objects.get(kind=SIGNED_BILL, holder_id=rich.member.pk).balance
    assert entries == [
        (None, "CNY", -30_000),
        ("CASH", "CNY", -12_345),
        (None, "CNY", -20_000),
        ("REVENUE", "CNY", 62_345),
        (None, "PTS", 423),
        ("POINTS", "PTS", -423),
    ]
    assert record.detail == {
        "total_fen": 62_345,
        "parts": {"stored": 30_000, "cash": 12_345, "signed": 20_000},
        "drawn": {"PRINCIPAL": 30_000},
        "points": 423,
        "points_after": 423,
    }
    assert (bill.amount_fen, bill.open_fen, bill.open, owed) == (20_000, 20_000, True, -20_000)
    assert list(audit_schema(chain.schema_name)) == []


def test_a_bill_may_be_paid_in_cash_alone_and_still_earns(pay: Callable[..., Receipt]) -> None:
    """R-I09: points arise at payment, whatever it is paid with."""
    receipt = pay(cash_fen=9_950)
    assert (receipt.amount_fen, receipt.balance_after_fen, receipt.points) == (0, 110_000, 99)


def test_what_was_given_earns_no_points(pay: Callable[..., Receipt]) -> None:
    assert pay(stored_fen=5_000, stored_scope=StoredScope.BONUS).points == 0


def test_points_are_floored_line_by_line_and_some_goods_earn_none(pay: Callable[..., Receipt]) -> None:
    """X-24."""
    lines = (BillLine(1_999), BillLine(1_999), BillLine(6_002, earns=False))
    assert pay(cash_fen=10_000, lines=lines).points == 19 + 19


@pytest.mark.parametrize("policy", DrawPolicy)
def test_the_preview_says_exactly_what_the_posting_draws(
    in_chain: InChain, pay: Callable[..., Receipt], ask: Callable[..., Quote], policy: DrawPolicy
) -> None:
    with in_chain():
        ChainPolicy.objects.update(draw_policy=policy.value)
    foreseen = ask(stored_fen=23_457, cash_fen=1_000)
    receipt = pay(stored_fen=23_457, cash_fen=1_000)
    assert foreseen.refusal is None
    assert (foreseen.stored_after_fen, foreseen.points, foreseen.drawn) == (
        receipt.balance_after_fen,
        receipt.points,
        receipt.drawn,
    )
    assert foreseen.draw_policy == policy.value
    with in_chain():
        lots = {lot.pk: (lot.kind, lot.remaining) for lot in Lot.objects.filter(draws__posting_id=receipt.record_id)}
        draws = {draw.lot_id: draw.amount_fen for draw in foreseen.draws}
        bill = Q(draws__posting_id=receipt.record_id)
        written = dict(Lot.objects.filter(bill, pk__in=draws).values_list("pk", "draws__amount"))
    assert {draw.lot_id: (draw.kind, draw.remaining_fen) for draw in foreseen.draws} == {
        pk: lot for pk, lot in lots.items() if lot[0] != "POINTS"
    }
    assert draws == {pk: -amount for pk, amount in written.items()}


def test_a_preview_writes_nothing_and_says_what_refuses(
    in_chain: InChain, rich: Holder, ask: Callable[..., Quote]
) -> None:
    with in_chain():
        before = (Account.objects.count(), Entry.objects.count(), Record.objects.count())
    codes = [
        ask(stored_fen=110_001).refusal,
        ask(stored_fen=10_001, stored_scope=StoredScope.BONUS).refusal,
        ask(prepayment_fen=1).refusal,
        ask(signed_fen=50_001).refusal,
        ask(total_fen=99, cash_fen=100).refusal,
    ]
    assert [refusal and refusal.code for refusal in codes] == [
        "insufficient_balance",
        "insufficient_balance",
        "insufficient_prepayment",
        "over_signed_limit",
        "tender_mismatch",
    ]
    assert ask(signed_fen=50_000).owed_after_fen == 50_000
    with in_chain():
        assert (Account.objects.count(), Entry.objects.count(), Record.objects.count()) == before
    assert _lots(in_chain, rich) == {"PRINCIPAL": 100_000, "BONUS": 10_000}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"stored_fen": 100_001, "stored_scope": StoredScope.PRINCIPAL}, "insufficient_balance"),
        ({"prepayment_fen": 1}, "insufficient_prepayment"),
        ({"signed_fen": 50_001}, "over_signed_limit"),
        ({"cash_fen": -1, "stored_fen": 2}, "amount_not_positive"),
    ],
)
def test_a_part_that_is_not_there_refuses_the_whole(
    in_chain: InChain, rich: Holder, pay: Callable[..., Receipt], parts: dict[str, object], code: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        pay(**parts)
    assert refusal.value.code == code
    assert _lots(in_chain, rich) == {"PRINCIPAL": 100_000, "BONUS": 10_000}
    with in_chain():
        assert not SignedBill.objects.exists()


def test_signing_wants_its_own_right_and_the_members_own_limit_counts(
    in_chain: InChain, rich: Holder, pay: Callable[..., Receipt], store_id: int
) -> None:
    cashier = Actor(kind="staff", id=3, grants={Act.VALUE_CONSUME: frozenset({store_id})})
    with pytest.raises(NotAllowed):
        pay(actor=cashier, signed_fen=1)
    with in_chain():
        MemberTerms.objects.create(member=rich.member, signed_limit_fen=100)
    pay(key="a", signed_fen=100)
    with pytest.raises(DomainError) as refusal:
        pay(key="b", signed_fen=1)
    assert refusal.value.code == "over_signed_limit"
    # The same again is a replay, not another debt.
    assert pay(key="a", signed_fen=100).replayed


def test_prepayment_pays_and_never_goes_below_nothing(
    chain: Chain, in_chain: InChain, rich: Holder, pay: Callable[..., Receipt], clerk: Actor, store_id: int
) -> None:
    """X-09: the prepayment is the member's, not the card's."""
    with in_chain():
        services.pay_in(
            actor=clerk, card_number=rich.number, amount=Money(5_000), store_id=store_id, idempotency_key="in"
        )
    receipt = pay(prepayment_fen=4_000)
    assert (receipt.amount_fen, receipt.points) == (0, 40)
    with pytest.raises(DomainError) as refusal:
        pay(key="p2", prepayment_fen=1_001)
    assert str(refusal.value) == "预存余额不足：可用 ¥10.00，需要 ¥10.01。未扣款。"
    with in_chain():
        assert Account.objects.get(pk=member_account(rich.member.pk, PREPAYMENT)).balance == 1_000
    assert list(audit_schema(chain.schema_name)) == []


def test_a_reversal_takes_back_the_points_and_the_signed_bill(
    chain: Chain, in_chain: InChain, rich: Holder, pay: Callable[..., Receipt], clerk: Actor, store_id: int
) -> None:
    paid = pay(stored_fen=10_000, signed_fen=5_000)
    with in_chain():
        undone = services.reverse(
            actor=clerk, record_id=paid.record_id, store_id=store_id, idempotency_key="r", reason="错单"
        )
        bill = SignedBill.objects.get(id=paid.record_id)
        points = Account.objects.get(kind="POINTS", holder_id=rich.card.pk).balance
    assert (undone.points, undone.parts) == (-paid.points, {"stored": -10_000, "signed": -5_000})
    assert (bill.open, bill.open_fen, points) == (False, 0, 0)
    assert _lots(in_chain, rich) == {"PRINCIPAL": 100_000, "BONUS": 10_000}
    assert list(audit_schema(chain.schema_name)) == []


def test_a_bill_that_no_card_paid_is_reversed_too(
    in_chain: InChain, pay: Callable[..., Receipt], rich: Holder, clerk: Actor, store_id: int
) -> None:
    receipt = pay(cash_fen=300, signed_fen=200)
    with in_chain():
        undone = services.reverse(
            actor=clerk, record_id=receipt.record_id, store_id=store_id, idempotency_key="undo", reason="错账"
        )
        assert (undone.amount_fen, undone.balance_after_fen) == (0, 110_000)
        assert not SignedBill.objects.get().open
