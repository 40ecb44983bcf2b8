"""Fixtures that every test shares: a database of the process's own, and the small cast of chains."""

import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from hypothesis import HealthCheck, settings

from billing.subscriptions.models import Subscription
from kernel import clock, tasks
from kernel.db import in_chain as in_chain_schema
from tenants.chains.models import Chain
from tenants.chains.queries import forget_hosts
from tests import cast, cleaning
from tests.databases import own_database

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""The moment of tests with a held clock: noon in China, Monday 2 March 2026."""


# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("kayun", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kayun")


@pytest.fixture(scope="session")
def _own_database(django_db_blocker: Any) -> Iterator[cleaning.Baseline]:
    with django_db_blocker.unblock(), own_database():
        yield cleaning.Baseline.take()


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """pytest-django's own databases are never made: a rolled-back or flushed test could not see real commits."""
    pytest.fail("use the fixtures `database` or `chain` instead of `db` or django_db")


@pytest.fixture
def database(_own_database: cleaning.Baseline, django_db_blocker: Any) -> Iterator[None]:
    """The database, with real commits. Afterwards public is as it was, and every chain is gone."""
    with django_db_blocker.unblock():
        yield
        left_open = _reset_connections()
        _own_database.restore()
        forget_hosts()
        cleaning.forget_cache()
    if left_open:
        pytest.fail(f"the test left a transaction open on {', '.join(left_open)}")


def _reset_connections() -> list[str]:
    """Every connection back in public; a transaction left open is broken off, and its alias returned."""
    left_open = []
    for connection in connections.all(initialized_only=True):
        connection.set_schema_to_public()  # type: ignore[attr-defined]
        if connection.in_atomic_block:
            left_open.append(connection.alias)
            connection.close()
            if connection.connection is not None:
                connection.connection.close()
            del connections[connection.alias]
    return left_open


@pytest.fixture
def make_chain(database: None) -> Callable[..., Chain]:
    """Make more chains: ``make_chain("slug", stores=2)``."""
    return cast.make_chain


@pytest.fixture
def chain(make_chain: Callable[..., Chain]) -> Chain:
    """云杉 (slug ``yunshan``): one store, its owner's account in it, made by provisioning itself."""
    return make_chain("yunshan")


@pytest.fixture
def other_chain(make_chain: Callable[..., Chain]) -> Chain:
    """青禾 (slug ``qinghe``), with another owner: what must not be touched by what is done in ``chain``."""
    return make_chain("qinghe", name="青禾洗车")


@pytest.fixture
def chain_of_6(make_chain: Callable[..., Chain]) -> Chain:
    """银杏 (slug ``yinxing``), plan B, with six stores, 001 to 006."""
    return make_chain("yinxing", name="银杏汽车服务", plan="B", stores=6)


@pytest.fixture
def in_chain(chain: Chain) -> Callable[..., AbstractContextManager[None]]:
    """``with in_chain(): …`` is one transaction in ``chain``; ``in_chain(other_chain)`` in another."""

    def enter(which: Chain = chain) -> AbstractContextManager[None]:
        return in_chain_schema(which.schema_name)

    return enter


@pytest.fixture
def client_of(database: None) -> Callable[..., Client]:
    """A browser at a chain's host: ``client_of(chain)``; at the base host: ``client_of(None)``."""

    def browser(which: Chain | None, **options: Any) -> Client:
        return Client(headers={"host": cast.host(which)}, **options)

    return browser


@pytest.fixture
def sent_tasks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that were enqueued, in order; none of them runs."""
    names: list[str] = []
    monkeypatch.setattr(tasks.app, "send_task", lambda name, **options: names.append(name))
    return names


@pytest.fixture
def held_clock() -> Iterator[datetime]:
    """The clock stands at ``NOON``; the moment."""
    with clock.frozen(NOON):
        yield NOON


@pytest.fixture
def no_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """For chains without a schema of their own: their stores are as many as the timer counted last."""

    def counted(schema_name: str) -> int:
        return Subscription.objects.get(chain__schema_name=schema_name).open_stores

    monkeypatch.setattr("portal.owner.subscriptions.count_open_stores_of", counted)


@pytest.fixture(scope="session", autouse=True)
def _payments_are_checked() -> Iterator[None]:
    """Whatever is asked of the simulated payment service is held against Stripe's own types."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.PAYMENT_SIMULATOR", "tests.billing.payments.typed.CheckedTransport")
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_sockets_outside() -> Iterator[None]:
    """Only unix sockets and this machine: a test that meets the outside world is not one."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise OSError(f"tests do not leave this machine: {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield
