"""What is settled and what is not: out of the books, whatever became of the records."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from kernel import clock
from kernel.money import Money
from membership.cards.models import CardType
from membership.cards.services import issue_card
from membership.cashier import returning, services, settling
from membership.cashier.models import ChainPolicy
from membership.cashier.tender import Tender
from membership.members.services import merge_members
from membership.packages import services as packages
from membership.records.models import Record
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]
OnPlan = Callable[..., None]
Queries = Callable[[int], AbstractContextManager[None]]
Pay = Callable[..., UUID]


@pytest.fixture(autouse=True)
def sums_are_shown(on_plan: OnPlan) -> None:
    """A plan that has this page."""
    on_plan("C", stores=1)


@pytest.fixture
def pay(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> Pay:
    """``pay("a", stored_fen=100)``: a bill paid so."""

    def paid(key: str, **parts: Any) -> UUID:
        tender = Tender(**parts)
        with in_chain():
            return services.pay(
                actor=clerk,
                card_number=holder.number,
                total=Money(tender.total_fen),
                tender=tender,
                store_id=store_id,
                idempotency_key=key,
            ).record_id

    return paid


@pytest.fixture
def bill(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int, pay: Pay) -> UUID:
    """¥80.00: 30 stored, 20 paid ahead, 10 in cash, 20 signed for; ¥5.00 of those have been settled in cash."""
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        services.pay_in(
            actor=clerk, card_number=holder.number, amount=Money(5_000), store_id=store_id, idempotency_key="in"
        )
    posting_id = pay("bill", stored_fen=3_000, prepayment_fen=2_000, cash_fen=1_000, signed_fen=2_000)
    with in_chain():
        settling.settle(
            actor=clerk, bill_id=posting_id, tender=Tender(cash_fen=500), store_id=store_id, idempotency_key="settle"
        )
    return posting_id


def _paid(page: Any) -> dict[str, int]:
    return {str(one["label"]): one["fen"] for one in page.context["paid"]}


def _listed(page: Any) -> list[tuple[str, int, dict[str, int]]]:
    return [
        (row["label"], row["amount_fen"], {str(part["label"]): part["amount_fen"] for part in row["parts"]})
        for row in page.context["payments"]
    ]


def test_plan_a_has_no_settlements(holder: Holder, bill: UUID, log_in: LogIn, on_plan: OnPlan) -> None:
    """R-A03: sums are of plans B and C."""
    on_plan("A", stores=2)
    member = log_in(holder)
    assert member.get("/card/settlements/").status_code == 404
    assert "/card/settlements/" not in member.get("/card/").content.decode()


@pytest.mark.parametrize("plan", ["B", "C"])
def test_settled_and_unsettled_amounts_by_means(
    holder: Holder, bill: UUID, log_in: LogIn, on_plan: OnPlan, plan: str
) -> None:
    """R-A03. What is signed for is not settled until it is paid."""
    on_plan(plan, stores=2)
    page = log_in(holder).get("/card/settlements/")
    assert _paid(page) == {"储值": 3_000, "预存": 2_000, "现金": 1_500}
    assert (page.context["paid_fen"], page.context["open_fen"]) == (6_500, 1_500)
    assert page.context["signed_settled_fen"] == 500
    (owed,) = page.context["bills"]
    assert (owed["open_fen"], owed["amount_fen"], owed["is_overdue"]) == (1_500, 2_000, False)
    assert _listed(page) == [
        ("结算", 500, {"现金": 500, "签单": -500}),
        ("消费", 8_000, {"储值": 3_000, "预存": 2_000, "现金": 1_000, "签单": 2_000}),
    ]
    assert "余额" not in page.content.decode().partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(
    ("means", "kinds"),
    [
        ("cash", ["结算", "消费"]),
        ("signed", ["结算", "消费"]),
        ("prepayment", ["消费"]),
        ("stored", ["消费", "消费"]),
        ("nonsense", ["消费", "结算", "消费"]),
    ],
)
def test_settlements_are_found_by_means(
    holder: Holder, bill: UUID, pay: Pay, log_in: LogIn, means: str, kinds: list[str]
) -> None:
    pay("stored", stored_fen=100)
    page = log_in(holder).get(f"/card/settlements/?by={means}")
    assert [label for label, _fen, _parts in _listed(page)] == kinds


def test_an_old_unsettled_bill_stays_when_its_record_is_cleared(
    holder: Holder, bill: UUID, in_chain: InChain, log_in: LogIn
) -> None:
    """R-A03, X-08."""
    member = log_in(holder)
    before = member.get("/card/settlements/")
    assert before.context["payments"][1]["url"] == f"/card/records/{bill}/"
    with in_chain():
        Record.objects.all().delete()
    after = member.get("/card/settlements/")
    assert _listed(after) == _listed(before)
    assert after.context["bills"] == before.context["bills"]
    settlement, bought = (row["url"] for row in after.context["payments"])
    assert bought == f"/card/settlements/{bill}/"
    for url, told in ((settlement, ("结算", "¥5.00", "现金")), (bought, ("消费", "¥80.00", "签单", "¥30.00"))):
        page = member.get(url)
        assert [text for text in (*told, "本页取自账簿") if text not in page.content.decode()] == [], url
        assert page.context["back"][0] == "/card/settlements/"


def test_receipts_of_payments_are_hers_or_do_not_exist(
    holder: Holder, bill: UUID, issue: Callable[..., Holder], in_chain: InChain, log_in: LogIn, on_plan: OnPlan
) -> None:
    stranger = log_in(issue("江河", "13700005678", top_up_fen=5_000))
    with in_chain():
        top_up = Record.objects.filter(kind="TOP_UP", card=holder.card).values_list("pk", flat=True).get()
    assert stranger.get(f"/card/settlements/{bill}/").status_code == 404
    member = log_in(holder)
    assert member.get(f"/card/settlements/{bill}/").status_code == 200
    # A top-up pays for nothing.
    assert member.get(f"/card/settlements/{top_up}/").status_code == 404
    on_plan("A", stores=1)
    assert member.get(f"/card/settlements/{bill}/").status_code == 404


def test_what_came_back_is_taken_off(
    holder: Holder, in_chain: InChain, clerk: Actor, store_id: int, pay: Pay, log_in: LogIn
) -> None:
    returned, reversed_bill = pay("a", stored_fen=1_000), pay("b", stored_fen=700)
    with in_chain():
        given: dict[str, Any] = {"actor": clerk, "store_id": store_id, "reason": "型号不符"}
        returning.return_goods(record_id=returned, amount=Money(400), idempotency_key="back", **given)
        services.reverse(record_id=reversed_bill, idempotency_key="undo", **given)
    page = log_in(holder).get("/card/settlements/")
    assert _paid(page) == {"储值": 600}
    assert [(label, fen) for label, fen, _parts in _listed(page)] == [
        ("冲正", -700),
        ("退货", -400),
        ("消费", 700),
        ("消费", 1_000),
    ]


def test_a_package_is_paid_for_and_a_top_up_is_not(
    holder: Holder, in_chain: InChain, clerk: Actor, store_id: int, log_in: LogIn
) -> None:
    with in_chain():
        product = packages.define_product(
            actor=clerk, name="精洗十次卡", unit="CNT", quantity=10, price=Money(38_000), validity_months=12
        )
        packages.sell(
            actor=clerk,
            card_number=holder.number,
            product_id=product.pk,
            tender=Tender(cash_fen=38_000),
            store_id=store_id,
            idempotency_key="washes",
        )
    page = log_in(holder).get("/card/settlements/")
    assert _listed(page) == [("套餐", 38_000, {"现金": 38_000})]


def test_the_year_is_drawn_and_told(
    holder: Holder, bill: UUID, pay: Pay, in_chain: InChain, clerk: Actor, store_id: int, log_in: LogIn
) -> None:
    """Twelve months up to this one; what was signed for is spent, settling it is not."""
    with in_chain():
        services.reverse(
            actor=clerk, record_id=pay("b", stored_fen=70), store_id=store_id, idempotency_key="undo", reason="误收"
        )
    page = log_in(holder).get("/card/settlements/")
    year = page.context["year"]
    assert [month.first_day for month in year][-1] == clock.today().replace(day=1)
    assert len({month.first_day for month in year}) == 12
    assert [(month.spent_fen, month.paid_in_fen) for month in year] == [(0, 0)] * 11 + [(8_000, 15_000)]
    text = page.content.decode()
    assert "每月消费与存入" in text
    assert " style=" not in text


def test_nothing_of_another_member_is_in_it_until_they_are_one(
    holder: Holder,
    bill: UUID,
    issue: Callable[..., Holder],
    in_chain: InChain,
    clerk: Actor,
    store_id: int,
    log_in: LogIn,
) -> None:
    other = issue("江河", "13700005678", top_up_fen=5_000)
    stranger = log_in(other)
    page = stranger.get("/card/settlements/")
    assert (_listed(page), page.context["bills"], page.context["paid_fen"]) == ([], [], 0)
    with in_chain():
        merge_members(
            actor=clerk,
            source_code=holder.member.code,
            target_code=other.member.code,
            store_id=store_id,
            reason="同一人",
        )
    page = stranger.get("/card/settlements/")
    assert _paid(page) == {"储值": 3_000, "预存": 2_000, "现金": 1_500}
    assert page.context["open_fen"] == 1_500


def test_the_list_goes_on_and_costs_as_many_queries_however_long_it_is(
    holder: Holder,
    bill: UUID,
    pay: Pay,
    in_chain: InChain,
    clerk: Actor,
    store_id: int,
    idle_cards: list[str],
    log_in: LogIn,
    queries: Queries,
) -> None:
    member = log_in(holder)
    member.get("/card/settlements/")
    with queries(17):
        member.get("/card/settlements/")
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(cards_per_id=2)
        issue_card(actor=clerk, number=idle_cards[1], member=holder.member, store_id=store_id)
    for number in range(30):
        pay(f"s{number}", stored_fen=10)
    with queries(17):
        page = member.get("/card/settlements/")
    assert len(page.context["payments"]) == 30
    more = member.get("/card/settlements/" + page.context["next_page_url"], headers={"hx-request": "true"})
    assert [label for label, _fen, _parts in _listed(more)] == ["结算", "消费"]
    assert "<html" not in more.content.decode()
    assert member.get("/card/settlements/?after=nonsense").status_code == 200
