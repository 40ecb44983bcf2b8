"""A chain's account in the console: what is shown, topping up, saved cards, the standing order."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.accounts.services import credit
from billing.payments.domain import AttemptState
from billing.payments.models import Attempt, AutoTopUp, SavedCard
from billing.simulator.models import Switches
from kernel import clock
from kernel.db import in_public
from kernel.ids import uuid7
from tenants.audit.models import AuditEntry
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM
from tests import cast
from tests.ledger.books import NOON

ClientOf = Callable[..., Client]
PATH = "/console/chains/yunshan/account/"


@pytest.fixture
def shop(database: None, sent_tasks: list[str]) -> Chain:
    """A chain in use; its own schema is not needed here."""
    chain = cast.request("yunshan")
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
    return chain


@pytest.fixture
def console(client_of: ClientOf, shop: Chain) -> Client:
    """The owner's browser."""
    browser = client_of(None)
    with in_public():
        browser.force_login(shop.owner)
    return browser


def form(amount: str = "120.50", method: str = "ALIPAY") -> dict[str, str]:
    return {"key": str(uuid7()), "amount": amount, "method": method}


def test_an_owner_tops_up(console: Client, shop: Chain) -> None:
    assert 'value="500.00"' in console.get(f"{PATH}top-up/").content.decode()
    assert 'value="80.00"' in console.get(f"{PATH}top-up/?amount=8000").content.decode()
    sent = form()
    answer = console.post(f"{PATH}top-up/", sent)
    assert answer.status_code == 303
    page = urlsplit(answer["Location"]).path
    assert page.startswith("/dev/pay/cs_test_")
    assert console.post(f"{PATH}top-up/", sent)["Location"] == answer["Location"]
    assert "银行要求验证身份" in console.get(page).content.decode()
    result = f"{PATH}payments/{sent['key']}/"
    waiting = console.get(result).content.decode()
    assert "正在等支付服务确认" in waiting
    assert f'hx-get="{result}?round=1"' in waiting
    paid = console.post(page, {"act": "pay"})
    assert urlsplit(paid["Location"]).path == result
    _look_again()
    part = console.get(f"{result}?round=1", headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert "已到账" in part
    assert "hx-get" not in part
    account = console.get(PATH).content.decode()
    assert "账户充值" in account
    with in_public():
        assert AuditEntry.objects.get(act="payment.begin").actor == f"owner:{shop.owner_id}"


def _look_again() -> None:
    """The pause between two questions to the payment service is over."""
    cache.delete(f"payment-look:{Attempt.objects.order_by('-created_at')[0].pk}")


def test_a_payer_is_declined_proves_himself_or_leaves(console: Client) -> None:
    page = urlsplit(console.post(f"{PATH}top-up/", form(method="CARD"))["Location"]).path
    assert "银行拒绝了这次付款" in console.post(page, {"act": "decline"}).content.decode()
    assert "验证通过并付款" in console.post(page, {"act": "challenge"}).content.decode()
    result = console.post(page, {"act": "abandon"})["Location"]
    assert "没有付款" in console.get(urlsplit(result).path).content.decode()
    assert console.get(page)["Location"] == result
    assert console.get("/dev/pay/cs_test_none/").status_code == 404


@pytest.mark.parametrize(("amount", "said"), [("3.99", "每次充值 ¥4.00 至"), ("x", "无效"), ("50000.01", "每次充值")])
def test_amounts_that_cannot_be_paid(console: Client, amount: str, said: str) -> None:
    answer = console.post(f"{PATH}top-up/", form(amount))
    assert answer.status_code == 200
    assert said in answer.content.decode()
    with in_public():
        assert not Attempt.objects.exists()


def test_a_service_that_does_not_answer(console: Client) -> None:
    with in_public():
        Switches.objects.create(pk=1, unreached=9)
    page = console.post(f"{PATH}top-up/", form()).content.decode()
    assert "支付服务暂时无法使用，没有付款。请稍后再试。" in page
    with in_public():
        assert Attempt.objects.get().state == AttemptState.CALLING


def test_where_no_service_is_set_up(console: Client, settings: object) -> None:
    settings.PAYMENTS = {"transport": "off", "api_key": "", "webhook_secret": ""}  # type: ignore[attr-defined]
    assert "暂时不能在线充值" in console.get(f"{PATH}top-up/").content.decode()
    assert f"{PATH}top-up/" not in console.get(PATH).content.decode()
    assert "暂时不能在线充值" in console.post(f"{PATH}top-up/", form()).content.decode()


def test_a_card_is_saved_charged_by_a_standing_order_and_removed(console: Client, shop: Chain) -> None:
    page = urlsplit(console.post(f"{PATH}cards/new/")["Location"]).path
    assert "9995" in console.get(page).content.decode()
    result = console.post(page, {"act": "save", "last4": "4242"})["Location"]
    assert "银行卡已登记" in console.get(urlsplit(result).path).content.decode()
    with in_public():
        card = SavedCard.objects.get()
    assert "visa •••• 4242" in console.get(f"{PATH}automatic/").content.decode()
    order = {"enabled": "on", "threshold": "100", "amount": "500", "card": str(card.pk)}
    assert console.post(f"{PATH}automatic/", order)["Location"] == f"{PATH}automatic/"
    with in_public():
        kept = AutoTopUp.objects.get()
    assert (kept.enabled, kept.threshold_fen, kept.amount_fen) == (True, 10_000, 50_000)
    assert "visa •••• 4242" in console.get(PATH).content.decode()
    console.post(f"{PATH}cards/{card.pk}/remove/")
    assert "自动充值正在使用这张银行卡" in console.get(f"{PATH}automatic/").content.decode()
    console.post(f"{PATH}automatic/", {**order, "enabled": ""})
    console.post(f"{PATH}cards/{card.pk}/remove/")
    assert "还没有银行卡" in console.get(f"{PATH}automatic/").content.decode()
    page = console.post(f"{PATH}automatic/", {**order, "card": ""}).content.decode()
    assert "请先登记一张" in page


def test_a_standing_order_that_would_charge_again_and_again(console: Client, shop: Chain) -> None:
    page = urlsplit(console.post(f"{PATH}cards/new/")["Location"]).path
    result = console.post(page, {"act": "save", "last4": "4242"})["Location"]
    console.get(urlsplit(result).path)
    with in_public():
        card = SavedCard.objects.get()
    order = {"enabled": "on", "threshold": "5000", "amount": "500", "card": str(card.pk)}
    assert "请把每次充值改为不少于 ¥5,000.00" in console.post(f"{PATH}automatic/", order).content.decode()
    console.cookies["django_language"] = "en"
    assert "charged again and again" in console.post(f"{PATH}automatic/", order).content.decode()
    assert console.post(f"{PATH}automatic/", {**order, "amount": "5000"}).status_code == 302
    assert "No more automatic" not in console.get(PATH).content.decode()
    with in_public():
        AutoTopUp.objects.update(problem="daily_ceiling", next_at=clock.now() + timedelta(hours=1))
    page = console.get(f"{PATH}automatic/").content.decode()
    assert "No more automatic top-ups today" in page
    assert "left alone until" in page
    assert "No more automatic top-ups today" in console.get(PATH).content.decode()


def test_the_history_comes_a_page_at_a_time_in_as_many_queries(console: Client, shop: Chain) -> None:
    with in_public():
        for number in range(2):
            _credit(shop, number)
    with CaptureQueriesContext(connection) as few:
        console.get(PATH)
    with in_public():
        for number in range(2, 35):
            _credit(shop, number)
    with CaptureQueriesContext(connection) as many:
        first = console.get(PATH).content.decode()
    assert len(many) == len(few)
    assert first.count("账户充值") == 30
    more = first.partition('hx-get="?before=')[2].partition('"')[0]
    rest = console.get(f"{PATH}?before={more}", headers={"hx-request": "true"}).content.decode()
    assert rest.count("账户充值") == 5
    assert console.get(f"{PATH}?before=nonsense").status_code == 200


def _credit(shop: Chain, number: int) -> None:
    credit(chain_id=shop.pk, amount_fen=100, key=f"x/{number}", source="CASH_STRIPE", actor=SYSTEM, occurred_at=NOON)


@pytest.mark.parametrize("page", ["", "top-up/", "automatic/", "payments/01a201dd-e9c9-79f0-94a4-1685433fd111/"])
def test_another_owner_sees_nothing(client_of: ClientOf, shop: Chain, page: str) -> None:
    stranger = client_of(None)
    with in_public():
        stranger.force_login(cast.make_owner())
    assert stranger.get(PATH + page).status_code == 404
    assert client_of(None).get(PATH + page).status_code == 302


def test_another_chains_payment_is_not_shown(console: Client, client_of: ClientOf) -> None:
    sent = form()
    console.post(f"{PATH}top-up/", sent)
    other = cast.request("qinghe")
    with in_public():
        Chain.objects.filter(pk=other.pk).update(state=ChainState.ACTIVE)
        stranger = client_of(None)
        stranger.force_login(other.owner)
    assert stranger.get(f"/console/chains/qinghe/account/payments/{sent['key']}/").status_code == 404
    answer = stranger.post("/console/chains/qinghe/account/top-up/", sent)
    assert "找不到这笔支付" in answer.content.decode()
