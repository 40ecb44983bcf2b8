"""Modules that are sold work once they are subscribed, and are refused before; what members hold stays theirs."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from django.test import Client

from billing.accounts.domain import Contra
from billing.accounts.services import credit
from billing.pricebook.domain import Plan
from billing.pricebook.modules import MODULES_BY_CODE
from billing.subscriptions.domain import Terms
from billing.subscriptions.entitlements import ModuleNotEnabled
from billing.subscriptions.queries import holding_of, quote
from billing.subscriptions.services import begin_missing, change_terms, renew_all
from kernel import clock
from kernel.db import in_public
from kernel.money import Money
from membership.cashier import adjusting, directory, policies, services
from membership.cashier.fast import Consumption, consume_many
from membership.cashier.models import PointsRule
from membership.cashier.tender import Tender
from membership.packages import services as packages
from membership.packages.models import PackageProduct
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tenants.chains.services import set_entitlements
from tenants.people.domain import SYSTEM, Act, Actor
from tenants.people.models import User
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
SOFTWARE = Actor(kind="api", id=1, name="门店收银软件", grants={Act.VALUE_CONSUME: "all"})


@pytest.fixture
def shop(chain: Chain, held_clock: datetime) -> Chain:
    """A chain on plan A that has subscribed to nothing, with CNY 100.00 on its account."""
    with in_public():
        set_entitlements(chain_id=chain.pk, plan="A", modules=[])
        begin_missing()
        credit(
            chain_id=chain.pk,
            amount_fen=100_00,
            key="test",
            source=Contra.CASH_STRIPE,
            actor=SYSTEM,
            occurred_at=clock.now(),
        )
    _forget(chain)
    return chain


@pytest.fixture
def owner_at_desk(shop: Chain, client_of: Callable[..., Client], in_chain: InChain) -> Client:
    """The owner's browser at the desk."""
    browser = client_of(shop)
    with in_chain():
        browser.force_login(User.objects.get(owner_id=shop.owner_id))
    return browser


def _forget(chain: Chain) -> None:
    """The seconds for which processes remember are over."""
    forget_hosts()
    directory.forget(chain.schema_name, [])


def _subscribe(chain: Chain, *codes: str) -> None:
    """The owner sees the price and agrees."""
    wanted = Terms.of(Plan.A, [MODULES_BY_CODE[code].number for code in codes])
    with in_public():
        seen = quote(holding_of(chain.pk), wanted, today=clock.today())
        owner = Actor(kind="owner", id=chain.owner_id, name="沈知远")
        change_terms(actor=owner, chain=chain, wanted=wanted, digest=seen.digest)
    _forget(chain)


def _end_of_period(chain: Chain) -> None:
    with in_public():
        last = holding_of(chain.pk).period.end
    renew_all(today=last)
    _forget(chain)


def test_points_are_earned_once_they_are_subscribed_and_stay_when_they_are_dropped(
    shop: Chain, in_chain: InChain, holder: Holder, clerk: Actor, store_id: int
) -> None:
    """Module 8: CNY 12.00 a month on plan A."""

    def consume(key: str) -> int:
        with in_chain():
            return services.consume(
                actor=clerk, card_number=holder.number, amount=Money(1_000), store_id=store_id, idempotency_key=key
            ).points

    def by_software(key: str) -> int:
        asked = Consumption(SOFTWARE, holder.number, 1_000, key, clock.now(), store_id)
        (answer,) = consume_many([asked], schema=shop.schema_name)
        return answer.points  # type: ignore[union-attr]

    def adjust(points: int, key: str) -> int:
        with in_chain():
            return adjusting.adjust_points(
                actor=clerk,
                card_number=holder.number,
                points=points,
                reason="补",
                store_id=store_id,
                idempotency_key=key,
            ).points

    def rule() -> PointsRule:
        with in_chain():
            return policies.add_points_rule(actor=clerk, name="1 元 1 分", fen_per_point=100)

    with pytest.raises(ModuleNotEnabled, match="会员积分"):
        rule()
    with pytest.raises(ModuleNotEnabled):
        adjust(5, "a")
    assert consume("0") == 0
    _subscribe(shop, "points")
    made = rule()
    assert (consume("1"), by_software("2"), adjust(5, "b")) == (10, 10, 5)
    _subscribe(shop)
    assert consume("3") == 10, "it is paid until the period ends"
    _end_of_period(shop)
    assert (consume("4"), by_software("5")) == (0, 0)
    with pytest.raises(ModuleNotEnabled):
        adjust(1, "c")
    with in_chain():
        policies.switch_rule(actor=clerk, kind=PointsRule, rule_id=made.pk, enabled=False)
    with pytest.raises(ModuleNotEnabled), in_chain():
        policies.switch_rule(actor=clerk, kind=PointsRule, rule_id=made.pk, enabled=True)
    assert adjust(-25, "d") == -25, "what is hers can be set right"


def test_packages_are_sold_once_they_are_subscribed_and_used_when_they_are_dropped(
    shop: Chain, in_chain: InChain, holder: Holder, clerk: Actor, store_id: int
) -> None:
    """Module 14: CNY 12.00 a month on plan A."""

    def define() -> PackageProduct:
        with in_chain():
            return packages.define_product(
                actor=clerk, name="精洗三次卡", unit="CNT", quantity=3, price=Money(9_000), validity_months=12
            )

    def sell(product: PackageProduct, key: str) -> None:
        with in_chain():
            packages.sell(
                actor=clerk, card_number=holder.number, product_id=product.pk, tender=Tender(cash_fen=9_000),
                store_id=store_id, idempotency_key=key,
            )  # fmt: skip

    with pytest.raises(ModuleNotEnabled, match="计次计时套餐"):
        define()
    _subscribe(shop, "packages")
    washes = define()
    sell(washes, "s")
    _subscribe(shop)
    _end_of_period(shop)
    for refused in (define, lambda: sell(washes, "t")):
        with pytest.raises(ModuleNotEnabled):
            refused()
    with in_chain():
        used = packages.use(
            actor=clerk,
            card_number=holder.number,
            product_id=washes.pk,
            count=1,
            store_id=store_id,
            idempotency_key="u",
        )
        packages.set_on_sale(actor=clerk, product_id=washes.pk, enabled=False)
    with in_chain():
        undone = packages.reverse(
            actor=clerk, record_id=used.record_id, store_id=store_id, idempotency_key="v", reason="错单"
        )
    assert not undone.replayed
    with pytest.raises(ModuleNotEnabled), in_chain():
        packages.set_on_sale(actor=clerk, product_id=washes.pk, enabled=True)


def test_the_desk_hides_what_is_not_subscribed(shop: Chain, owner_at_desk: Client, holder: Holder) -> None:
    def menu() -> str:
        return owner_at_desk.get("/desk/").content.decode()

    hidden = ('href="/desk/value/packages/"', 'href="/desk/value/packages/products/"', 'href="/desk/value/points/"')
    page = menu()
    assert [link in page for link in hidden] == [False] * 3
    assert "本商户尚未开通“会员积分”" in owner_at_desk.get("/desk/value/rules/").content.decode()
    assert "本商户尚未开通“计次计时套餐”" in owner_at_desk.get("/desk/value/packages/products/").content.decode()
    sold = owner_at_desk.get("/desk/value/packages/", {"number": holder.number}).content.decode()
    assert "不能再售" in sold
    _subscribe(shop, "points", "packages")
    page = menu()
    assert [link in page for link in hidden] == [True] * 3
    assert "尚未开通" not in owner_at_desk.get("/desk/value/rules/").content.decode()


def test_both_are_sold() -> None:
    assert MODULES_BY_CODE["points"].offered
    assert MODULES_BY_CODE["packages"].offered
