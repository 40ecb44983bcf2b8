"""Which chain a request is for is decided by its host, and by nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from kernel.db import in_public
from kernel.db.reaching import NotConnected
from tenants.chains import middleware
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.chains.queries import chain_at, forget_hosts


def who(request: HttpRequest) -> HttpResponse:
    chain = request.chain  # type: ignore[attr-defined]
    return HttpResponse(f"{chain.slug if chain else None} in {connection.schema_name}")  # type: ignore[attr-defined]


urlpatterns = [path("", who), path("api/x", who)]
handler400 = "portal.errors.bad_request"
handler404 = "portal.errors.not_found"


@pytest.fixture(autouse=True)
def _views_of_the_tests(settings: Settings) -> None:
    settings.ROOT_URLCONF = settings.PUBLIC_SCHEMA_URLCONF = __name__


def ask(host: str, address: str = "/") -> HttpResponse:
    return Client(headers={"host": host}).get(address)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "host", ["yunshan.localhost", "yunshan.localhost:8000", "YunShan.LocalHost", "yunshan.localhost."]
)
def test_a_chains_host(chain: Chain, host: str) -> None:
    assert ask(host).content == b"yunshan in c_yunshan"
    assert connection.schema_name == "public"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_the_base_host(chain: Chain, host: str) -> None:
    assert ask(host).content == b"None in public"


@pytest.mark.parametrize(
    "host", ["nobody.localhost", "www.localhost", "x.yunshan.localhost", "kayun-template.localhost"]
)
def test_an_unknown_host_is_told_so(chain: Chain, host: str) -> None:
    page = ask(host)
    assert page.status_code == 404
    assert "unknown_host" in page.content.decode()
    told = ask(host, "/api/x")
    assert told.status_code == 404
    assert told.json()["error"]["code"] == "unknown_host"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "yunshan.localhost@evil.example", "a b", ""]
)
def test_a_foreign_host_is_refused(database: None, host: str) -> None:
    assert ask(host).status_code == 400


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [
        (ChainState.REQUESTED, 503, "chain_not_ready"),
        (ChainState.PROVISIONING, 503, "chain_not_ready"),
        (ChainState.FAILED, 404, "unknown_host"),
        (ChainState.CLOSING, 410, "chain_closed"),
        (ChainState.CLOSED, 410, "chain_closed"),
    ],
)
def test_a_chain_that_is_not_in_use(chain: Chain, state: ChainState, status: int, code: str) -> None:
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(state=state)
    page = ask("yunshan.localhost")
    assert page.status_code == status
    assert code in page.content.decode()


def test_two_chains_in_turn(chain: Chain, other_chain: Chain, client_of: Callable[..., Client]) -> None:
    for which in (chain, other_chain, None, chain, None):
        said = client_of(which).get("/").content.decode()
        assert said == (f"{which.slug} in {which.schema_name}" if which else "None in public")


def test_active_chains_are_remembered_and_unknown_hosts_are_not(
    chain: Chain, django_assert_num_queries: Callable[..., object]
) -> None:
    forget_hosts()
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert chain_at("yunshan.localhost") == chain_at("yunshan.localhost")
    with django_assert_num_queries(2):  # type: ignore[attr-defined]
        assert chain_at("nobody.localhost") is chain_at("nobody.localhost") is None


def test_a_chain_that_was_moved_answers_under_the_base_it_has_now(chain: Chain, settings: Any) -> None:
    """Host names are kept whole; a database restored elsewhere has another base, and may still name the old one."""
    settings.BASE_DOMAIN = "kayun.example"
    forget_hosts()
    found = chain_at(f"{chain.slug}.kayun.example")
    assert found is not None
    assert found.schema_name == chain.schema_name
    assert chain_at(f"www.{chain.slug}.kayun.example") is None
    old = chain_at(f"{chain.slug}.localhost")
    assert old is not None, "by its whole name, as a host of the chain's own would be"
    assert old.id == chain.pk
    forget_hosts()


def test_what_an_earlier_request_left_chosen_is_undone(chain: Chain) -> None:
    connection.set_schema("c_yunshan")
    assert ask("localhost").content == b"None in public"


def test_a_database_that_is_gone_is_told_so_to_people_and_programs(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(host: str) -> None:
        raise OperationalError from NotConnected("couldn't get a connection after 2.00 sec")

    monkeypatch.setattr(middleware, "chain_at", gone)
    page = ask("yunshan.localhost")
    assert (page.status_code, "unavailable" in page.content.decode()) == (503, True)
    told = ask("yunshan.localhost", "/api/x")
    assert (told.status_code, told.json()["error"]["code"]) == (503, "unavailable")  # type: ignore[attr-defined]
