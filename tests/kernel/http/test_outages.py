"""A part that does not answer is no fault of the program's: 503 soon, in words that fit, and nothing half done."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections
from django.test import Client
from psycopg import errors
from pytest_django import Settings
from redis import exceptions as valkey

from kernel.db import in_chain
from kernel.db.reaching import NotConnected, database_lost, never_reached
from kernel.outages import part_lost
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tenants.people.models import Role

ClientOf = Callable[..., Client]


@pytest.fixture
def no_database(database: None) -> Iterator[None]:
    """From now on the database cannot be reached; afterwards it can."""
    connection = connections["default"]
    right = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nonexistent"
    yield
    connection.close()
    connection.settings_dict["HOST"] = right


@pytest.fixture
def silent_valkey(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Valkey that takes connections and never says a word, as one that hangs."""
    monkeypatch.chdir(tmp_path)  # a socket's whole path may be too long for the system
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("valkey.sock")
        listening.listen(16)
        options = {"socket_timeout": 0.1, "socket_connect_timeout": 0.1}
        settings.CACHES = {
            "default": settings.CACHES["default"] | {"LOCATION": "unix://valkey.sock", "OPTIONS": options}
        }
        yield


@pytest.mark.parametrize("address", ["/", "/accounts/signup/", "/accounts/login/", "/console/", "/platform/"])
def test_the_public_site_without_a_database(no_database: None, client_of: ClientOf, address: str) -> None:
    chinese = client_of(None).get(address)
    assert (chinese.status_code, chinese["Retry-After"]) == (503, "5")
    page = chinese.content.decode()
    assert "系统暂时不可用" in page
    assert "unavailable" in page
    assert '<html lang="zh-Hans">' in page
    assert "/i18n/setlang/" not in page, "where nothing keeps a language, none is offered"
    english = client_of(None).get(address, headers={"accept-language": "en"}).content.decode()
    assert "The system is not available at the moment." in english
    assert '<html lang="en">' in english


def test_a_chains_pages_without_a_database(chain: Chain, request: pytest.FixtureRequest, client_of: ClientOf) -> None:
    browser = client_of(chain)
    browser.get("/desk/login/")  # the host is remembered now: the database is missed further in
    request.getfixturevalue("no_database")
    for address in ("/", "/desk/login/", "/desk/"):
        answer = browser.get(address)
        assert (answer.status_code, "unavailable" in answer.content.decode()) == (503, True)
    forget_hosts()
    unknown = browser.get("/api/v1/x")
    assert (unknown.status_code, unknown.json()["error"]["code"], unknown["Retry-After"]) == (503, "unavailable", "5")


def test_no_password_is_tried_where_nothing_counts_and_all_else_goes_on(
    chain: Chain, client_of: ClientOf, silent_valkey: None
) -> None:
    desk, site = client_of(chain), client_of(None)
    began = time.monotonic()
    for browser, address in ((desk, "/desk/login/"), (site, "/accounts/login/")):
        answer = browser.post(address, {"login": "lin", "password": "some-password"})
        assert (answer.status_code, "unavailable" in answer.content.decode()) == (503, True)
    assert time.monotonic() - began < 2
    for browser, address in ((desk, "/desk/login/"), (desk, "/"), (site, "/"), (site, "/accounts/signup/")):
        assert browser.get(address).status_code == 200
    wrong_pin = desk.post("/", {"number": "660800000011", "pin": "730281"})
    assert wrong_pin.status_code in {200, 403}, "PINs are counted in the database"


def test_a_connection_that_breaks_at_commit_leaves_people_in_no_doubt_that_there_is_doubt(
    chain: Chain, client_of: ClientOf, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ROOT_URLCONF = "tests.kernel.http.urls"
    browser = client_of(chain)

    def breaks(self: Any) -> None:
        raise OperationalError("lost") from psycopg.OperationalError("the connection is lost")

    with monkeypatch.context() as patch:
        patch.setattr("kernel.db.base.DatabaseWrapper._commit", breaks)
        sent, read = browser.post("/fine/"), browser.get("/fine/")
    assert (sent.status_code, "outcome_unknown" in sent.content.decode()) == (503, True)
    assert "没有更改任何内容" not in sent.content.decode()
    assert (read.status_code, "unavailable" in read.content.decode()) == (503, True)
    with in_chain(chain.schema_name):
        assert not Role.objects.filter(code="WRITTEN").exists()


def test_which_errors_mean_that_a_part_is_gone() -> None:
    def told(error: psycopg.Error) -> bool:
        wrapped = OperationalError("said by Django")
        wrapped.__cause__ = error
        assert database_lost(error) == database_lost(wrapped)
        return database_lost(wrapped)

    gone = [psycopg.OperationalError("the connection is lost"), NotConnected(), errors.AdminShutdown()]
    gone += [errors.CannotConnectNow(), errors.ConnectionFailure(), errors.TooManyConnections()]
    assert all(map(told, gone))
    of_the_statement = [errors.DeadlockDetected(), errors.QueryCanceled(), errors.LockNotAvailable()]
    assert not any(map(told, [*of_the_statement, errors.UniqueViolation(), psycopg.InterfaceError("closed")]))
    assert (never_reached(NotConnected()), never_reached(psycopg.OperationalError())) == (True, False)
    parts = [part_lost(e) for e in (valkey.TimeoutError(), valkey.ConnectionError(), NotConnected(), ValueError())]
    assert parts == ["valkey", "valkey", "database", ""]
