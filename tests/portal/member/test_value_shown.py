"""What a member is shown of a bill and of what she has: means, points, bonus, prepayment, signed bills, packages."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

import pytest
from django.test import Client

from kernel.calendar import span_of
from kernel.money import Money
from membership.cards.models import CardType
from membership.cards.services import issue_card
from membership.cashier import policies, returning, services
from membership.cashier.models import ChainPolicy
from membership.cashier.tender import Tender
from membership.packages import services as packages
from membership.records.models import Record
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]
OnPlan = Callable[..., None]
Queries = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def bill(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> UUID:
    """¥80.00, paid with 30 stored, 20 paid ahead, 10 in cash and 20 signed for; it earned 60 points."""
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=50_000)
        policies.add_points_rule(actor=clerk, name="1 元 1 分", fen_per_point=100)
        services.pay_in(
            actor=clerk, card_number=holder.number, amount=Money(5_000), store_id=store_id, idempotency_key="in"
        )
        receipt = services.pay(
            actor=clerk,
            card_number=holder.number,
            total=Money(8_000),
            tender=Tender(stored_fen=3_000, prepayment_fen=2_000, cash_fen=1_000, signed_fen=2_000),
            store_id=store_id,
            idempotency_key="bill",
        )
    return receipt.record_id


@pytest.fixture
def washes(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> None:
    """Ten washes on her card, paid in cash."""
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


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_a_bill_tells_what_it_was_paid_with_and_which_points_it_earned(
    holder: Holder, bill: UUID, log_in: LogIn
) -> None:
    """R-A03."""
    member = log_in(holder)
    row = member.get(f"/card/records/{bill}/").context["record"]
    assert row["total_fen"] == 8_000
    assert [(str(part["label"]), part["amount_fen"]) for part in row["parts"]] == [
        ("储值", 3_000),
        ("预存", 2_000),
        ("现金", 1_000),
        ("签单", 2_000),
    ]
    assert row["points"] == 60
    page = _text(member.get("/card/records/"))
    assert "签单" in page
    assert "data-parts" in page


def test_a_return_names_the_bill_it_belongs_to(
    in_chain: InChain, holder: Holder, bill: UUID, clerk: Actor, store_id: int, log_in: LogIn
) -> None:
    with in_chain():
        back = returning.return_goods(
            actor=clerk,
            record_id=bill,
            amount=Money(4_000),
            store_id=store_id,
            idempotency_key="back",
            reason="型号不符",
        )
    row = log_in(holder).get(f"/card/records/{back.record_id}/").context["record"]
    assert row["about"]["url"] == f"/card/records/{bill}/"
    assert row["points"] == -30
    assert sum(part["amount_fen"] for part in row["parts"]) == 4_000


def test_a_bonus_tells_its_last_day(
    in_chain: InChain, holder: Holder, clerk: Actor, store_id: int, log_in: LogIn
) -> None:
    """X-04: the day it says is the last on which it can be used."""
    with in_chain():
        receipt = services.top_up(
            actor=clerk,
            card_number=holder.number,
            paid=Money(10_000),
            bonus=Money(500),
            store_id=store_id,
            idempotency_key="gift",
        )
    page = log_in(holder).get(f"/card/records/{receipt.record_id}/")
    row = page.context["record"]
    with in_chain():
        ends = datetime.fromisoformat(Record.objects.get(pk=receipt.record_id).detail["bonus_expires_at"])
    assert row["bonus_fen"] == 500
    assert span_of(row["bonus_usable_until"])[1] == ends
    assert "赠送可用至" in _text(page)


@pytest.mark.usefixtures("bill", "washes")
@pytest.mark.parametrize(("plan", "shown"), [("A", False), ("B", True)])
def test_her_first_page_shows_prepayment_and_packages_from_plan_b_on_and_signed_bills_on_any(
    holder: Holder, log_in: LogIn, on_plan: OnPlan, plan: str, shown: bool
) -> None:
    """R-A03, R-A08."""
    on_plan(plan, stores=2)
    answer = log_in(holder).get("/card/")
    assert answer.context["sums"] == {"prepayment_fen": 3_000, "signed_open_fen": 2_000, "signed_settled_fen": 0}
    page = _text(answer)
    assert ("预存结余" in page) is shown
    assert ("data-packages" in page) is shown
    assert "签单未结" in page


@pytest.mark.usefixtures("bill", "washes")
def test_a_second_card_costs_no_further_query(
    in_chain: InChain,
    holder: Holder,
    clerk: Actor,
    store_id: int,
    idle_cards: list[str],
    log_in: LogIn,
    on_plan: OnPlan,
    queries: Queries,
) -> None:
    on_plan("B", stores=2)
    member = log_in(holder)
    member.get("/card/")
    with queries(13):
        member.get("/card/")
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(cards_per_id=2)
        issue_card(actor=clerk, number=idle_cards[1], member=holder.member, store_id=store_id)
    with queries(13):
        member.get("/card/")
