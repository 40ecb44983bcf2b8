"""The owner sees what a change costs, agrees to it, and finds it among the charges."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.test import Client

from billing.accounts.domain import Contra
from billing.accounts.queries import standing_of
from billing.accounts.services import credit
from billing.metering.models import UsageCount
from billing.subscriptions.models import Charge, Subscription
from billing.subscriptions.services import begin_missing
from kernel import clock
from kernel.db import in_chain, in_public
from kernel.ids import uuid7
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Act
from tenants.people.models import ApiKey
from tenants.people.services import create_api_key
from tests import cast
from tests.cleaning import superuser

PATH = "/console/chains/yunshan/subscription/"


@pytest.fixture
def chain(database: None, held_clock: datetime, no_schema: None) -> Chain:
    """A chain on plan A, in use, with CNY 500.00 on its account; it has no schema."""
    chain = cast.request("yunshan")
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
        begin_missing()
        credit(
            chain_id=chain.pk,
            amount_fen=500_00,
            key="test",
            source=Contra.CASH_STRIPE,
            actor=SYSTEM,
            occurred_at=clock.now(),
        )
        return Chain.objects.select_related("owner").get()


@pytest.fixture
def console(client_of: Callable[..., Client], chain: Chain) -> Client:
    """The owner's browser."""
    browser = client_of(None)
    with in_public():
        browser.force_login(chain.owner)
    return browser


def _quote(console: Client, **fields: object) -> str:
    answer = console.post(f"{PATH}quote/", fields, headers={"hx-request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def _digest(page: str) -> str:
    found = re.search(r'name="digest" value="(\w+)"', page)
    assert found
    return found[1]


def test_see_agree_and_find_it_charged(console: Client, chain: Chain) -> None:
    page = console.get(PATH).content.decode()
    assert "还没有计费" in page
    part = _quote(console, plan="B", modules=[11])
    assert "<html" not in part
    assert "¥240.00" in part  # 186 + 18 + 36
    answer = console.post(f"{PATH}change/", {"plan": "B", "modules": [11], "digest": _digest(part)})
    assert answer["Location"] == PATH
    after = console.get(PATH).content.decode()
    assert "¥260.00" in after
    assert "会员卡云端 · 开通费 · B" in after
    with in_public():
        chain.refresh_from_db()
        assert (chain.plan, 11 in chain.modules) == ("B", True)
        assert standing_of(chain.pk).prepaid_fen == 260_00


def test_what_the_account_cannot_pay_is_not_offered_to_agree(console: Client, chain: Chain) -> None:
    with in_public():
        Subscription.objects.filter(chain=chain).update(open_stores=1)
    part = _quote(console, plan="C", modules=[11])
    assert 'name="digest"' in part  # 286 + 36 + 72
    with in_public():
        standing = standing_of(chain.pk)
    assert standing.prepaid_fen == 500_00
    answer = console.post(f"{PATH}change/", {"plan": "C", "modules": [11], "digest": _digest(part)})
    assert answer.status_code == 302
    assert "账户余额还差" not in _quote(console, plan="C", modules=[])


def test_another_price_than_shown_is_not_taken(console: Client, chain: Chain) -> None:
    answer = console.post(f"{PATH}change/", {"plan": "B", "digest": "0" * 32})
    assert answer.status_code == 409
    assert "尚未扣费" in answer.content.decode()
    with in_public():
        assert not Charge.objects.exists()
        assert standing_of(chain.pk).prepaid_fen == 500_00


@pytest.mark.parametrize("fields", [{}, {"plan": "D"}, {"plan": "B", "modules": [9]}, {"plan": "B", "modules": ["x"]}])
def test_nonsense_changes_nothing(console: Client, chain: Chain, fields: dict[str, object]) -> None:
    assert 'name="digest"' not in _quote(console, **fields)
    assert console.post(f"{PATH}change/", fields).status_code == 422
    with in_public():
        assert not Charge.objects.exists()


def test_what_is_forged_is_named(console: Client, chain: Chain) -> None:
    assert "没有“Z”版" in _quote(console, plan="Z")
    assert "没有编号为“2”的模块可以开通" in _quote(console, plan="A", modules=[2])
    console.cookies["django_language"] = "en"
    assert "There is no plan “Z”" in _quote(console, plan="Z")
    assert "No module “x” can be subscribed to" in _quote(console, plan="A", modules=["x"])


def test_a_plan_below_the_floor_cannot_be_chosen(console: Client, chain: Chain) -> None:
    """R-A17."""
    with in_public():
        Subscription.objects.filter(chain=chain).update(open_stores=5)
    assert "营业门店数要求至少 B 版" in _quote(console, plan="A")


def test_another_owners_subscription_is_not_there(client_of: Callable[..., Client], chain: Chain) -> None:
    browser = client_of(None)
    with in_public():
        browser.force_login(cast.make_owner())
    assert browser.get(PATH).status_code == 404
    assert browser.post(f"{PATH}quote/", {"plan": "B"}).status_code == 404
    assert browser.post(f"{PATH}change/", {"plan": "B"}).status_code == 404


def test_usage_by_day_hour_and_call(client_of: Callable[..., Client], make_chain: Callable[..., Chain]) -> None:
    chain = make_chain("yunshan")
    with in_public():
        begin_missing()
        now = clock.now()
        UsageCount.objects.create(
            chain=chain, meter="api", hour=now.replace(minute=0, second=0, microsecond=0), quantity=125, counted_at=now
        )
    browser = client_of(None)
    with in_public():
        browser.force_login(chain.owner)
    path = "/console/chains/yunshan/usage/"
    page = browser.get(path).content.decode()
    assert ">125</dd>" in page
    assert "¥10.00" in page
    assert page.count("</title>") == 1 + 31 + 24, "a bar for each day, and for each hour of one; no other was called"
    assert "这一天没有保存的调用" in page
    for asked in ("", "2020-01-01", "x", "9999-99-99"):
        for hour in ("", "0", "24", "x"):
            answer = browser.get(path, {"day": asked, "hour": hour, "page": asked or "2"})
            assert answer.status_code == 200


def test_calls_one_by_one_by_hour_and_by_page(
    client_of: Callable[..., Client], make_chain: Callable[..., Chain], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of one batch have one moment, and are all found."""
    monkeypatch.setattr("portal.owner.usage._A_PAGE", 2)
    with clock.frozen(datetime(2026, 3, 2, 2, 30, tzinfo=UTC)):
        chain = make_chain("yunshan")
        with in_public():
            begin_missing()
        with in_chain(chain.schema_name):
            key = create_api_key(actor=SYSTEM, name="门店收银软件", acts=[Act.VALUE_CONSUME.value], store_id=None)
            key_id = ApiKey.objects.get(prefix=key.raw.split("_")[1]).pk
            for number in range(3):
                _posted(chain, f"api:{key_id}", number)
    browser = client_of(None)
    with in_public():
        browser.force_login(chain.owner)
    path = "/console/chains/yunshan/usage/"
    with clock.frozen(datetime(2026, 3, 2, 3, tzinfo=UTC)):
        pages = [browser.get(path, {"day": "2026-03-02", "page": page}).content.decode() for page in (1, 2, 3)]
        other = browser.get(path, {"day": "2026-03-02", "hour": 9}).content.decode()
        hour = browser.get(path, {"day": "2026-03-02", "hour": 10}).content.decode()
    assert [page.count(">门店收银软件<") for page in (*pages, other, hour)] == [2, 1, 0, 0, 2]
    assert "消费" in pages[0]
    assert 'page=2#api"' in pages[0]
    assert "page=1" in pages[1]
    assert "这个小时没有保存的调用" in other
    assert "page=2" in hour


def _posted(chain: Chain, actor: str, number: int) -> None:
    """A posting by a key, of this very moment; the ledger's own rules are not what is tried here."""
    with superuser() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            f"INSERT INTO {chain.schema_name}.ledger_posting"
            " (id, kind, idempotency_key, request_hash, actor, occurred_at, created_at, memo, result)"
            " VALUES (%s, 'CONSUMPTION', %s, %s, %s, %s, %s, '{}', '{}')",
            [uuid7(), f"k-{number}", bytes(32), actor, clock.now(), clock.now()],
        )
