"""The platform's customers: found, looked at, tried again; and how the platform itself is."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from redis import RedisError

from billing.accounts.queries import standing_of
from billing.payments.models import PaymentEvent
from billing.subscriptions.models import Subscription
from billing.subscriptions.services import begin_missing
from kernel import clock
from kernel.db import in_chain, in_public
from kernel.mail.models import OutgoingMail
from kernel.observability import workers
from portal.components.figures import money
from tenants.audit.models import AuditEntry
from tenants.chains.domain import ChainState
from tenants.chains.finding import find_chains, last_active
from tenants.chains.models import Chain
from tenants.chains.overdue import late_schemas, overdue
from tests import cast
from tests.cleaning import superuser
from tests.portal.platform.conftest import Clerk


def set_on(chain: Chain, **fields: object) -> None:
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(**fields)


def page_of(browser: Client, path: str) -> str:
    return browser.get(f"/platform/{path}").content.decode()


# ── The list ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_chains_are_found_by_what_one_knows_of_them(database: None) -> None:
    one, other = cast.request("yunshan"), cast.request("qinghe", name="青禾洗车", plan="B")
    set_on(other, state=ChainState.FAILED, held_from=clock.today())

    def found(**asked: object) -> list[str]:
        with in_public():
            return [chain.slug for chain in find_chains(**asked)]  # type: ignore[arg-type]

    assert found() == ["qinghe", "yunshan"]
    assert found(text="云杉") == found(text="yun") == ["yunshan"]
    assert found(text="洗车 qing") == ["qinghe"]
    assert found(text=one.owner.email) == ["yunshan"]
    assert found(text="沈") == ["qinghe", "yunshan"]
    assert found(text="nobody") == []
    assert found(state="FAILED") == found(plan="B") == found(owing=True) == ["qinghe"]
    assert found(before=other.pk) == ["yunshan"]


def test_the_list_asks_no_more_for_many_than_for_few(
    clerk: Clerk, chain: Chain, other_chain: Chain, django_assert_max_num_queries: Callable[..., object]
) -> None:
    li = clerk("li")
    with in_public():
        begin_missing()
    page_of(li, "chains/")
    with django_assert_max_num_queries(18) as asked:  # type: ignore[attr-defined]
        page = page_of(li, "chains/")
    assert "云杉汽车生活" in page
    assert "青禾洗车" in page
    for number in range(5):
        set_on(cast.request(f"more{number}"), state=ChainState.CLOSED)
    with django_assert_max_num_queries(len(asked)):
        page_of(li, "chains/")


def test_more_are_loaded_a_page_at_a_time(clerk: Clerk, database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        cast.request(f"chain{number}")
    monkeypatch.setattr("portal.platform.chain_views._A_PAGE", 2)
    li = clerk("li")
    page = page_of(li, "chains/?state=REQUESTED")
    assert ("chain2" in page, "chain0" in page) == (True, False)
    onward = page[page.index('hx-get="') + 8 :].partition('"')[0].replace("&amp;", "&")
    part = li.get(f"/platform/chains/{onward}", headers={"HX-Request": "true"}).content.decode()
    assert ("chain0" in part, "chain2" in part, "<html" in part) == (True, False, False)


def test_the_last_activity_is_that_of_the_chains_own_schema(chain: Chain) -> None:
    asked = cast.request("yet-to-come")
    with in_public():
        active = last_active([chain, asked])
    assert set(active) == {chain.pk}
    assert timedelta(0) <= clock.now() - active[chain.pk] < timedelta(minutes=5)


# ── One chain ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_chains_page_says_how_it_stands(clerk: Clerk, make_chain: Callable[..., Chain]) -> None:
    chain = make_chain("yunshan", plan="B")
    with in_public():
        begin_missing()
    li = clerk("li")
    page = page_of(li, "chains/of/yunshan/")
    with in_public():
        owed = standing_of(chain.pk).arrears_fen
    assert owed
    assert f'欠费</dt><dd class="text-bad-ink">{money(owed)}' in page, "the first month and set-ups"
    assert chain.owner.email in page
    assert "会员卡云端" in page
    assert "近 31 天 0 次" in page
    assert page_of(li, "adjustments/?chain=yunshan").count('value="yunshan"') == 1
    assert li.get("/platform/chains/of/nobody/").status_code == 404
    set_on(chain, state=ChainState.CLOSED, closed_at=clock.now())
    assert "已注销" in page_of(li, "chains/of/yunshan/"), "its schema is not asked"


def test_a_chain_that_was_given_up_is_tried_again(clerk: Clerk, database: None, sent_tasks: list[str]) -> None:
    chain = cast.request("yunshan")
    set_on(chain, state=ChainState.FAILED, attempts=5, error_code="worker_lost", step="schema")
    li = clerk("li")
    assert "worker_lost" in page_of(li, "chains/of/yunshan/")
    assert "worker_lost" in page_of(li, "health/")
    assert li.post("/platform/chains/of/yunshan/retry/")["Location"] == "/platform/chains/of/yunshan/"
    li.post("/platform/chains/of/yunshan/retry/")
    assert "只有开通失败的商户可以重试" in page_of(li, "chains/of/yunshan/")
    with in_public():
        assert Chain.objects.get(pk=chain.pk).state == ChainState.REQUESTED
        assert AuditEntry.objects.filter(act="chain.retry", actor__startswith="platform:").count() == 1
    assert sent_tasks.count("chains.provision") == 2


# ── Health ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_waits_too_long_is_named(chain: Chain, other_chain: Chain) -> None:
    now = clock.now()
    with in_chain(chain.schema_name):
        OutgoingMail.objects.update(state="SENT")
        OutgoingMail.objects.create(
            recipients=["a@example.cn"], subject="x", body="x", created_at=now, due_at=now - timedelta(minutes=11)
        )
    with in_chain(other_chain.schema_name):
        OutgoingMail.objects.update(state="SENT")
    with in_public():
        OutgoingMail.objects.update(state="SENT")
        mail = next(one for one in overdue() if one.task == "mail.deliver_due")
    assert (mail.due, mail.overdue) == (1, (chain.schema_name,))


def test_schemas_of_another_release_are_named(chain: Chain, other_chain: Chain) -> None:
    with in_public():
        assert late_schemas() == []
    with superuser() as connection:
        connection.execute(f"DELETE FROM {chain.schema_name}.django_migrations WHERE app = 'stores'")
    with in_public():
        assert late_schemas() == [chain.schema_name]
    with superuser() as connection:
        connection.execute(
            f"INSERT INTO {chain.schema_name}.django_migrations (app, name, applied)"
            f" SELECT app, name, applied FROM {other_chain.schema_name}.django_migrations WHERE app = 'stores'"
        )


def test_the_page_of_health(clerk: Clerk, chain: Chain, held_clock: datetime) -> None:
    with in_public():
        begin_missing()
        Subscription.objects.update(period_start="2026-01-01", anchor="2026-01-01", period_end="2026-02-01")
        PaymentEvent.objects.create(
            event_id="evt_1", type="x", object_id="pi_1", occurred_at=held_clock, received_at=held_clock,
            due_at=held_clock, state="ATTENTION",
        )  # fmt: skip
    workers.note(
        sender=type("Task", (), {"name": "billing.run"}), exception=ValueError("张三 13900001234"),
        kwargs={"schema_name": "public", "request_id": "r-1"},
    )  # fmt: skip
    page = page_of(clerk("li"), "health/")
    for said in ("数据库 · 有应答", "billing.run", "ValueError", "r-1", "PostgreSQL", "半分钟内没有"):
        assert said in page
    assert "张三" not in page, "what was raised may name people"
    assert page.count("text-bad-ink") == 3, "no worker, a subscription behind, a message nobody understood"
    assert "没有积压" in page_of(clerk("wang"), "health/chains/")


def test_the_page_stands_without_valkey(clerk: Clerk, chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise RedisError

    li = clerk("li")
    monkeypatch.setattr("portal.platform.health_views.workers.last_beat", silent)
    assert "Valkey 没有应答" in page_of(li, "health/")
