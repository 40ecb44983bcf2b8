"""What comes back: goods, wrong top-ups, what is owed for a card. To the fen, onto the very lots."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import DomainError
from kernel.ids import uuid7
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.domain import DrawPolicy
from ledger.models import Account, Lot
from membership.cards.models import Card
from membership.cashier import adjusting, returning, reversing, services, settling
from membership.cashier.domain import Receipt
from membership.cashier.models import ChainPolicy, PointsRule, SignedBill
from membership.cashier.points import BillLine, earned, kept_after_return
from membership.cashier.refund_quotes import refund_quote
from membership.cashier.refunds import Article, Loaded, refund_fen, spread, take_back
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.documents.models import Document
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
FEN = st.integers(1, 10**9)


# ── Formulas ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_golden_case_of_the_supreme_courts_interpretation() -> None:
    """Paid 1,000, given 200, used 300 at list price: 750.00 by article 18, 700.00 by article 19."""
    loaded = Loaded(paid_fen=100_000, given_fen=20_000, used_fen=30_000)
    assert refund_fen(loaded, Article.NOT_CONSUMERS_CAUSE) == 75_000
    assert refund_fen(loaded, Article.CONSUMERS_CAUSE) == 70_000


@given(paid=st.integers(0, 10**9), gift=st.integers(0, 10**9), used=st.integers(0, 2 * 10**9))
def test_a_refund_is_never_less_than_nothing_nor_more_than_was_paid(paid: int, gift: int, used: int) -> None:
    """Article 20."""
    loaded = Loaded(paid, gift, min(used, paid + gift))
    by_ratio, by_list = (refund_fen(loaded, article) for article in Article)
    assert 0 <= by_list <= by_ratio <= paid
    if not loaded.used_fen:
        assert by_ratio == by_list == paid
    if not gift:
        assert by_ratio == by_list


@given(gift=st.integers(0, 10**9), principal=st.integers(0, 10**9), data=st.data())
def test_a_negative_top_up_never_takes_more_than_is_left(gift: int, principal: int, data: st.DataObject) -> None:
    """X-22."""
    left = data.draw(st.integers(0, gift))
    plan = take_back(given_fen=gift, principal_left_fen=principal, bonus_left_fen=left)
    assert (plan.principal_fen, plan.bonus_fen) == (principal, left)
    assert plan.cash_fen >= 0
    assert plan.cash_fen + plan.shortfall_fen == principal
    assert plan.bonus_fen + plan.shortfall_fen + plan.uncovered_fen == gift
    assert not plan.uncovered_fen or not plan.cash_fen


@given(left=st.lists(FEN, min_size=1, max_size=6), data=st.data())
def test_a_return_is_spread_exactly_and_no_part_gets_more_than_it_gave(left: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(left)))
    shares = spread(amount, left)
    assert sum(shares) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, left, strict=True))


@given(lines=st.lists(st.builds(BillLine, FEN, st.booleans()), min_size=1, max_size=8), rate=FEN, data=st.data())
def test_points_are_never_more_than_what_was_paid_gives(lines: list[BillLine], rate: int, data: st.DataObject) -> None:
    paid = data.draw(st.integers(0, sum(line.amount_fen for line in lines)))
    points = earned(lines=lines, paid_fen=paid, fen_per_point=rate)
    assert 0 <= points <= paid // rate
    back = data.draw(st.integers(0, 10**9))
    assert 0 <= kept_after_return(points=points, total_fen=10**9, returned_fen=back) <= points


# ── Goods ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def rich(in_chain: InChain, issue: Callable[..., Holder], clerk: Actor, store_id: int) -> Holder:
    """林静 with ¥1,000 paid and ¥200 given; a point for each whole yuan, pro rata draws, ¥500 to sign for."""
    holder = issue()
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000, draw_policy=DrawPolicy.PRO_RATA.value)
        PointsRule.objects.create(name="一元一分", fen_per_point=100)
        services.top_up(
            actor=clerk,
            card_number=holder.number,
            paid=Money(100_000),
            bonus=Money(20_000),
            store_id=store_id,
            idempotency_key="t",
        )
    return holder


@pytest.fixture
def sell(in_chain: InChain, rich: Holder, clerk: Actor, store_id: int) -> Callable[..., Receipt]:
    def act(key: str = "sold", **parts: int) -> Receipt:
        tender = Tender(**parts)  # type: ignore[arg-type]
        with in_chain():
            return services.pay(
                actor=clerk,
                card_number=rich.number,
                total=Money(tender.total_fen),
                tender=tender,
                store_id=store_id,
                idempotency_key=key,
            )

    return act


@pytest.fixture
def give_back(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[..., Receipt]:
    def act(sold: Receipt, fen: int, key: str = "back", *, with_card: bool = True) -> Receipt:
        with in_chain():
            return returning.return_goods(
                actor=clerk,
                record_id=sold.record_id,
                amount=Money(fen),
                store_id=store_id,
                idempotency_key=key,
                reason="不合适",
                with_card=with_card,
            )

    return act


def _held(in_chain: InChain, holder: Holder) -> dict[str, int]:
    with in_chain():
        lots = Lot.objects.filter(account__holder_id=holder.card.pk).order_by("id")
        held: dict[str, int] = {}
        for lot in lots:
            held[lot.kind] = held.get(lot.kind, 0) + lot.remaining
        return held


def test_the_money_returns_to_what_paid_for_it(
    chain: Chain,
    in_chain: InChain,
    rich: Holder,
    sell: Callable[..., Receipt],
    give_back: Callable[..., Receipt],
) -> None:
    """R-M16, R-P17: lots, cash and the signed bill in the ratio in which they paid; points go with them."""
    sold = sell(stored_fen=24_000, cash_fen=12_000, signed_fen=12_000)
    # 200.00 of the stored value was paid for, and 120.00 in cash.
    assert (sold.points, sold.drawn) == (320, {"PRINCIPAL": 20_000, "BONUS": 4_000})
    half = give_back(sold, 24_000)
    assert (half.amount_fen, half.parts, half.points) == (
        12_000,
        {"stored": 12_000, "cash": 6_000, "signed": 6_000},
        -160,
    )
    assert _held(in_chain, rich) == {"PRINCIPAL": 90_000, "BONUS": 18_000, "POINTS": 160}
    with in_chain():
        assert SignedBill.objects.get().open_fen == 6_000
    # The same again is the same return, as it was.
    again = give_back(sold, 24_000)
    assert (again.replayed, again.parts, again.points, again.amount_fen) == (True, half.parts, -160, 12_000)
    rest = give_back(sold, 24_000, "rest")
    assert (rest.parts, rest.points) == ({"stored": 12_000, "cash": 6_000, "signed": 6_000}, -160)
    assert _held(in_chain, rich) == {"PRINCIPAL": 100_000, "BONUS": 20_000, "POINTS": 0}
    with in_chain():
        assert not SignedBill.objects.get().open
    assert list(audit_schema(chain.schema_name)) == []


def test_no_more_comes_back_than_was_sold_and_a_returned_sale_is_not_reversed(
    in_chain: InChain,
    sell: Callable[..., Receipt],
    give_back: Callable[..., Receipt],
    clerk: Actor,
    store_id: int,
) -> None:
    sold = sell(stored_fen=10_000)
    give_back(sold, 4_000)
    with pytest.raises(DomainError) as refusal:
        give_back(sold, 6_001, "b2")
    assert refusal.value.code == "return_too_much"
    with in_chain(), pytest.raises(DomainError) as refusal:
        services.reverse(actor=clerk, record_id=sold.record_id, store_id=store_id, idempotency_key="r", reason="x")
    assert refusal.value.code == "not_reversible"


def test_points_that_are_gone_are_noted_and_never_go_below_nothing(
    chain: Chain,
    in_chain: InChain,
    rich: Holder,
    sell: Callable[..., Receipt],
    give_back: Callable[..., Receipt],
    clerk: Actor,
    store_id: int,
) -> None:
    sold = sell(cash_fen=10_000)
    with in_chain():
        adjusting.adjust_points(
            actor=clerk, card_number=rich.number, points=-70, reason="兑换", store_id=store_id, idempotency_key="p"
        )
    back = give_back(sold, 10_000)
    assert back.points == -30
    with in_chain():
        assert Record.objects.get(pk=back.record_id).detail["points_short"] == 70
        assert Account.objects.get(kind="POINTS", holder_id=rich.card.pk).balance == 0
    assert list(audit_schema(chain.schema_name)) == []


def test_a_return_without_the_card_costs_the_fee_if_the_chain_takes_one(
    in_chain: InChain, rich: Holder, sell: Callable[..., Receipt], give_back: Callable[..., Receipt]
) -> None:
    """X-23: off by default."""
    sold = sell(cash_fen=10_000)
    assert give_back(sold, 1_000, with_card=False).parts == {"cash": 1_000}
    with in_chain():
        ChainPolicy.objects.update(return_fee_bp=300)
    assert give_back(sold, 1_000, "b2", with_card=False).parts == {"cash": 970}
    assert give_back(sold, 8_000, "b3").parts == {"cash": 8_000}


def test_what_was_signed_for_and_paid_since_comes_back_in_cash(
    chain: Chain,
    in_chain: InChain,
    sell: Callable[..., Receipt],
    give_back: Callable[..., Receipt],
    clerk: Actor,
    store_id: int,
) -> None:
    sold = sell(signed_fen=10_000)
    with in_chain():
        paid = settling.settle(
            actor=clerk,
            bill_id=sold.record_id,
            tender=Tender(stored_fen=5_000, cash_fen=3_000),
            store_id=store_id,
            idempotency_key="s",
        )
        bill = SignedBill.objects.get()
        assert (bill.settled_fen, bill.open_fen, paid.amount_fen) == (8_000, 2_000, -5_000)
        with pytest.raises(DomainError) as refusal:
            settling.settle(
                actor=clerk,
                bill_id=sold.record_id,
                tender=Tender(cash_fen=2_001),
                store_id=store_id,
                idempotency_key="s2",
            )
        assert refusal.value.code == "settle_too_much"
    back = give_back(sold, 10_000)
    assert back.parts == {"signed": 2_000, "cash": 8_000}
    with in_chain():
        assert not SignedBill.objects.get().open
    assert list(audit_schema(chain.schema_name)) == []


# ── Wrong top-ups ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("policy", "spent", "figures"),
    [
        # What was given goes first: all of the bonus is spent, and is kept back from the principal.
        (DrawPolicy.BONUS_FIRST, 20_000, {"paid_fen": -80_000, "bonus_fen": -20_000, "shortfall_fen": 20_000}),
        (DrawPolicy.BONUS_FIRST, 30_000, {"paid_fen": -70_000, "bonus_fen": -20_000, "shortfall_fen": 20_000}),
        (DrawPolicy.PRO_RATA, 12_000, {"paid_fen": -88_000, "bonus_fen": -20_000, "shortfall_fen": 2_000}),
    ],
)
def test_a_fault_form_takes_a_wrong_top_up_back_with_its_bonus(
    chain: Chain,
    in_chain: InChain,
    rich: Holder,
    sell: Callable[..., Receipt],
    clerk: Actor,
    treasury: Actor,
    store_id: int,
    policy: DrawPolicy,
    spent: int,
    figures: dict[str, int],
) -> None:
    """R-G06, R-I05 – R-I08, X-22."""
    with in_chain():
        ChainPolicy.objects.update(draw_policy=policy.value)
        top_up = Record.objects.get(kind="TOP_UP")
    sell(stored_fen=spent)
    payload = {"record_id": str(top_up.pk), "what_happened": "多打一个零"}
    with in_chain():
        form = documents.draft(actor=clerk, kind="FAULT", payload=payload, store_id=store_id)
        documents.submit(actor=clerk, number=form.number)
        assert Card.objects.get(pk=rich.card.pk).status == "FROZEN"
    with in_chain():
        documents.approve(actor=treasury, number=form.number)
        assert Card.objects.get(pk=rich.card.pk).status == "ACTIVE"
        record = Record.objects.get(kind="REVERSAL")
    assert {name: record.detail[name] for name in figures} == figures
    held = _held(in_chain, rich)
    assert (held["PRINCIPAL"], held["BONUS"]) == (0, 0)
    assert list(audit_schema(chain.schema_name)) == []


def test_without_an_approved_form_about_it_no_top_up_is_taken_back(
    in_chain: InChain, rich: Holder, clerk: Actor, treasury: Actor, store_id: int
) -> None:
    """R-I05: the right alone is not enough."""
    with in_chain():
        record_id = Record.objects.get(kind="TOP_UP").pk
        draft = documents.draft(
            actor=clerk, kind="FAULT", payload={"record_id": str(record_id), "what_happened": "误充"}, store_id=store_id
        )
        submitted = documents.submit(actor=clerk, number=draft.number)
        approved = Document(kind="FAULT", number="GZ0", payload={"record_id": str(uuid7())}, approvals_given=1)
        for form in (None, draft, submitted, approved):
            with pytest.raises(DomainError) as refusal:
                reversing.reverse_top_up(
                    actor=treasury, record_id=record_id, form=form, stated_used_fen=0, store_id=store_id, reason="误充"
                )
            assert refusal.value.code == "fault_form_needed"
    assert _held(in_chain, rich) == {"PRINCIPAL": 100_000, "BONUS": 20_000}


def test_a_form_whose_figures_have_changed_is_handed_in_anew(
    in_chain: InChain, rich: Holder, sell: Callable[..., Receipt], clerk: Actor, treasury: Actor, store_id: int
) -> None:
    """X-22: what is kept back has been seen by whoever approves it. A locked card is not frozen by the form."""
    with in_chain():
        Card.objects.filter(pk=rich.card.pk).update(status="PIN_LOCKED")
        payload = {"record_id": str(Record.objects.get(kind="TOP_UP").pk), "what_happened": "误充"}
        form = documents.draft(actor=clerk, kind="FAULT", payload=payload, store_id=store_id)
        documents.submit(actor=clerk, number=form.number)
        Card.objects.filter(pk=rich.card.pk).update(status="ACTIVE")
    sell(stored_fen=12_000)
    with in_chain(), pytest.raises(DomainError) as refusal:
        documents.approve(actor=treasury, number=form.number)
    assert refusal.value.code == "fault_form_outdated"
    with in_chain():
        documents.reject(actor=treasury, number=form.number, reason="又有消费")
        documents.submit(actor=clerk, number=form.number)
        documents.approve(actor=treasury, number=form.number)
        assert Record.objects.get(kind="REVERSAL").detail["shortfall_fen"] == 2_000


def test_what_is_owed_for_a_card_is_read_from_the_books(
    in_chain: InChain, rich: Holder, sell: Callable[..., Receipt], give_back: Callable[..., Receipt]
) -> None:
    """The golden case again, with a consumption that came back in part."""
    sold = sell(stored_fen=50_000)
    give_back(sold, 20_000)
    with in_chain():
        by_ratio = refund_quote(card_number=rich.number, article=Article.NOT_CONSUMERS_CAUSE)
        by_list = refund_quote(card_number=rich.number, article=Article.CONSUMERS_CAUSE)
    assert by_ratio.loaded == Loaded(paid_fen=100_000, given_fen=20_000, used_fen=30_000)
    assert (by_ratio.refund_fen, by_list.refund_fen) == (75_000, 70_000)
    # Seven days: what is left of the principal.
    assert by_ratio.seven_days_fen == 75_000
