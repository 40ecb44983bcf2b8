"""What a member has: every part of it with its end, as her chain's plan shows it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from django.test import Client

from kernel import clock
from kernel.calendar import add_months
from kernel.money import Money
from membership.cards.models import CardType
from membership.cards.services import issue_card
from membership.cashier import policies, services
from membership.cashier.tender import Tender
from membership.expiry.models import ExpiryPolicy
from membership.packages import services as packages
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]
OnPlan = Callable[..., None]
Queries = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def riches(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> Holder:
    """¥100.00 paid and ¥5.00 given on her card, ¥20.00 paid ahead, 30 points, ten washes."""
    with in_chain():
        policies.add_points_rule(actor=clerk, name="1 元 1 分", fen_per_point=100)
        services.top_up(
            actor=clerk,
            card_number=holder.number,
            paid=Money(3_000),
            bonus=Money(500),
            store_id=store_id,
            idempotency_key="gift",
        )
        services.pay_in(
            actor=clerk, card_number=holder.number, amount=Money(2_000), store_id=store_id, idempotency_key="in"
        )
        services.pay(
            actor=clerk,
            card_number=holder.number,
            total=Money(3_000),
            tender=Tender(stored_fen=3_000, stored_scope="PRINCIPAL"),
            store_id=store_id,
            idempotency_key="bill",
        )
        product = packages.define_product(
            actor=clerk, name="精洗十次卡", unit="CNT", quantity=10, price=Money(38_000), validity_months=6
        )
        packages.sell(
            actor=clerk,
            card_number=holder.number,
            product_id=product.pk,
            tender=Tender(cash_fen=38_000),
            store_id=store_id,
            idempotency_key="washes",
        )
    return holder


def _in(months: int) -> date:
    return add_months(clock.today(), months)


def test_every_part_tells_until_when_it_can_be_used(
    riches: Holder, in_chain: InChain, log_in: LogIn, on_plan: OnPlan
) -> None:
    """R-A06, R-A08, X-09, X-17: what was paid in never ends, what was given does, points as the policy says."""
    on_plan("B", stores=2)
    with in_chain():
        ExpiryPolicy.objects.update(points_policy="PER_LOT", points_months=3)
    page = log_in(riches).get("/card/balances/")
    (card,) = page.context["cards"]
    assert (card["total_fen"], card["principal_fen"], card["bonus_fen"]) == (10_500, 10_000, 500)
    given, paid = card["stored_parts"]
    assert (given["label"], given["amount"], given["last_day"]) == ("赠送", 500, _day_before(_in(12)))
    assert (paid["label"], paid["amount"], paid["last_day"]) == ("本金", 10_000, None)
    (points,) = card["points_parts"]
    assert (points["amount"], points["last_day"], points["if_unused"]) == (410, _day_before(_in(3)), False)
    (washes,) = card["package_parts"]
    assert (washes["label"], washes["amount"], str(washes["unit"])) == ("精洗十次卡", 10, "次")
    assert washes["last_day"] == _day_before(_in(6))
    assert page.context["prepayment_fen"] == 2_000
    assert page.context["stored_fen"] == 10_500
    text = page.content.decode()
    assert "长期有效" in text
    assert f"可用至 {_day_before(_in(6))}" in text


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def test_points_that_use_keeps_say_so_and_never_end_before_a_notice_could_be_given(
    riches: Holder, in_chain: InChain, log_in: LogIn, on_plan: OnPlan
) -> None:
    """R-G02."""
    on_plan("B", stores=1)
    with in_chain():
        ExpiryPolicy.objects.update(points_policy="ROLLING_INACTIVITY", points_months=1, points_notice_days=90)
    page = log_in(riches).get("/card/balances/")
    (points,) = page.context["cards"][0]["points_parts"]
    assert points["if_unused"] is True
    assert points["last_day"].toordinal() == clock.today().toordinal() + 89
    assert "一直不消费" in page.content.decode()


@pytest.mark.parametrize(("plan", "stores", "stored"), [("B", 1, False), ("C", 2, True)])
def test_a_single_store_shows_all_but_the_stored_value(
    riches: Holder, log_in: LogIn, on_plan: OnPlan, plan: str, stores: int, stored: bool
) -> None:
    """R-A07, X-09."""
    on_plan(plan, stores=stores)
    page = log_in(riches).get("/card/balances/")
    text = page.content.decode()
    assert ("卡内余额" in text, "其中本金" in text) == (stored, stored)
    for word in ("预存结余", "积分", "精洗十次卡"):
        assert word in text


def test_on_plan_a_there_is_no_such_page_and_no_balance_on_the_others(
    riches: Holder, log_in: LogIn, on_plan: OnPlan, in_chain: InChain
) -> None:
    """R-A05, X-10."""
    on_plan("A", stores=2)
    member = log_in(riches)
    assert member.get("/card/balances/").status_code == 404
    home = member.get("/card/")
    text = home.content.decode()
    for word in ("余额", "预存结余", "积分", "本金", "/card/balances/"):
        assert word not in text
    (card,) = home.context["cards"]
    assert (card["sequence"], card["type_name"], card["points"]) == (1, "普通会员卡", None)
    records = member.get("/card/records/").context["months"][0]["records"]
    bill = next(record["id"] for record in records if record["kind"] == "CONSUMPTION")
    slip = member.get(f"/card/records/{bill}/").content.decode()
    assert "本次积分" in slip
    assert "累计积分" not in slip
    assert "卡内余额" not in slip


def test_more_cards_and_parts_cost_no_further_query(
    riches: Holder,
    in_chain: InChain,
    clerk: Actor,
    store_id: int,
    idle_cards: list[str],
    log_in: LogIn,
    on_plan: OnPlan,
    queries: Queries,
) -> None:
    on_plan("B", stores=2)
    member = log_in(riches)
    member.get("/card/balances/")
    with queries(12):
        member.get("/card/balances/")
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(cards_per_id=3)
        for number in idle_cards[1:3]:
            issue_card(actor=clerk, number=number, member=riches.member, store_id=store_id)
            for place in range(10):
                services.top_up(
                    actor=clerk,
                    card_number=number,
                    paid=Money(100),
                    bonus=Money(1),
                    store_id=store_id,
                    idempotency_key=f"{number}-{place}",
                )
    with queries(12):
        page = member.get("/card/balances/")
    assert len(page.context["cards"]) == 3
