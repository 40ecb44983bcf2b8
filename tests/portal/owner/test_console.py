"""The owner's console: a new chain, how far it has come, and who may see what."""

from collections.abc import Callable

import pytest
from django.test import Client

from kernel.db import in_public
from tenants.audit.models import AuditEntry
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.chains.services import provision
from tests import cast

ClientOf = Callable[..., Client]
FIELDS = {"name": "云杉汽车生活", "slug": "yunshan", "plan": "B", "store_name": "总店"}


@pytest.fixture
def console(client_of: ClientOf, database: None) -> Client:
    """A new owner's browser."""
    browser = client_of(None)
    owner = cast.make_owner()
    with in_public():
        browser.force_login(owner)
    return browser


def test_an_owner_opens_a_chain(console: Client) -> None:
    assert "/console/chains/new/" in console.get("/console/").content.decode()
    assert console.get("/console/chains/new/").status_code == 200
    answer = console.post("/console/chains/new/", FIELDS)
    assert answer["Location"] == "/console/chains/yunshan/progress/"
    with in_public():
        chain = Chain.objects.get()
        assert (chain.name, chain.plan, chain.first_store_name) == ("云杉汽车生活", "B", "总店")
        assert AuditEntry.objects.get(act="chain.request").actor == f"owner:{chain.owner_id}"


def test_the_progress_is_seen_and_ends_at_the_desk(console: Client) -> None:
    console.post("/console/chains/new/", FIELDS)
    path = "/console/chains/yunshan/progress/"
    page = console.get(path).content.decode()
    assert f'hx-get="{path}"' in page
    assert "开通完成" not in page
    waiting = console.post("/console/chains/yunshan/desk/")
    assert waiting["Location"] == path
    with in_public():
        chain_id = Chain.objects.get().pk
    assert provision(chain_id) is ChainState.ACTIVE
    part = console.get(path, headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part
    assert "开通完成" in part
    assert 'value="100"' in part
    assert f'hx-get="{path}"' not in part
    assert console.post("/console/chains/yunshan/desk/").status_code == 303
    assert "http://yunshan.localhost/" in console.get("/console/").content.decode()


def test_half_way(console: Client) -> None:
    console.post("/console/chains/new/", FIELDS)
    with in_public():
        Chain.objects.update(state=ChainState.PROVISIONING, step="schema")
    page = console.get("/console/chains/yunshan/progress/").content.decode()
    assert 'value="33"' in page
    assert page.count("step-done") == 1
    assert page.count("step-active") == 1


def test_what_failed_is_said_and_can_be_tried_again(console: Client) -> None:
    console.post("/console/chains/new/", FIELDS)
    with in_public():
        Chain.objects.update(state=ChainState.FAILED, error_code="provisioning_failed")
    page = console.get("/console/chains/yunshan/progress/").content.decode()
    assert "provisioning_failed" in page
    assert "开通未成功" in console.get("/console/").content.decode()
    assert console.post("/console/chains/yunshan/retry/").status_code == 302
    with in_public():
        assert Chain.objects.get().state == ChainState.REQUESTED
    again = console.post("/console/chains/yunshan/retry/")
    assert again.status_code == 409
    assert "chain_not_failed" in again.content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"slug": "admin"}, "保留"),
        ({"slug": "1abc"}, "无效"),
        ({"slug": "a--b"}, "无效"),
        ({"slug": "云杉"}, "无效"),
        ({"slug": "taken"}, "已被使用"),
        ({"slug": "TAKEN"}, "已被使用"),
        ({"slug": "x' OR 1=1"}, "无效"),
        ({"name": ""}, "商户名称"),
        ({"store_name": ""}, "首家门店"),
        ({"plan": "Z"}, "Z"),
    ],
)
def test_a_bad_request_is_explained_and_nothing_is_made(console: Client, wrong: dict[str, str], said: str) -> None:
    cast.request("taken")
    answer = console.post("/console/chains/new/", {**FIELDS, **wrong})
    assert answer.status_code == 200
    assert said in answer.content.decode()
    with in_public():
        assert [chain.slug for chain in Chain.objects.all()] == ["taken"]
        assert not AuditEntry.objects.filter(act="chain.request").exists()


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("free-one", ""),
        ("taken", "slug_taken"),
        ("admin", "reserved_slug"),
        ("9", "invalid_slug"),
        # Emptied again: neither praise nor blame.
        ("", ""),
    ],
)
def test_a_slug_is_checked_as_it_is_typed(console: Client, slug: str, code: str) -> None:
    cast.request("taken")
    part = console.get("/console/chains/slug/", {"slug": slug}).content.decode()
    assert (f'data-code="{code}"' in part) is bool(code)
    assert ("这个网址名可以使用。" in part) is (slug == "free-one")
    assert ("free-one.localhost" in part) is (slug == "free-one")


def test_another_owners_chain_is_not_there(console: Client, chain: Chain) -> None:
    assert chain.name not in console.get("/console/").content.decode()
    for path in ("progress/",):
        assert console.get(f"/console/chains/{chain.slug}/{path}").status_code == 404
    for path in ("desk/", "retry/"):
        answer = console.post(f"/console/chains/{chain.slug}/{path}")
        assert answer.status_code == 404
        assert "not_found" in answer.content.decode()
    with in_public():
        assert not AuditEntry.objects.filter(act="desk.ticket").exists()


def test_whoever_is_not_logged_in_is_sent_to_log_in(client_of: ClientOf, chain: Chain) -> None:
    browser = client_of(None)
    for path in ("/console/", "/console/chains/new/", f"/console/chains/{chain.slug}/progress/"):
        assert browser.get(path)["Location"].startswith("/accounts/login/?next=/console/")
    assert browser.post(f"/console/chains/{chain.slug}/desk/").status_code == 302


def test_the_way_to_the_desk_is_not_a_link(console: Client) -> None:
    """A ticket is made only by a form of the console's own: no image on another site can ask for one."""
    console.post("/console/chains/new/", FIELDS)
    assert console.get("/console/chains/yunshan/desk/").status_code == 405
    strict = Client(headers={"host": "localhost"}, enforce_csrf_checks=True)
    strict.cookies = console.cookies
    answer = strict.post("/console/chains/yunshan/desk/")
    assert answer.status_code == 403
    assert "csrf_failed" in answer.content.decode()


def test_a_plan_that_is_none_is_named(console: Client) -> None:
    page = console.post("/console/chains/new/", {**FIELDS, "plan": "Z"}).content.decode()
    assert "没有“Z”版，请选择 A、B 或 C 版。" in page
    console.cookies["django_language"] = "en"
    page = console.post("/console/chains/new/", {**FIELDS, "plan": ""}).content.decode()
    assert "Choose plan A, B or C." in page
