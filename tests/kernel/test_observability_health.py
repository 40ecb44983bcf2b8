"""``/healthz`` and ``/readyz`` answer under any host, and tell which part is down."""

from typing import Any

import pytest
from django.db import connections
from django.test import Client
from redis import Redis

from kernel.observability import health, heartbeat


@pytest.fixture
def valkey(database: None, monkeypatch: pytest.MonkeyPatch) -> Redis:
    monkeypatch.setattr(heartbeat, "KEY", f"{heartbeat.KEY}:test:{connections['default'].settings_dict['NAME']}")
    return heartbeat.valkey()


def _ready() -> tuple[int, str, dict[str, str]]:
    response = Client(headers={"host": "10.1.2.3"}).get("/readyz")
    answer: dict[str, Any] = response.json()
    return response.status_code, answer["status"], answer["parts"]


UP = {"database": "up", "migrations": "up", "valkey": "up", "worker": "up"}


def test_alive_whatever_the_host(database: None) -> None:
    response = Client(headers={"host": "10.1.2.3"}).get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["X-Request-ID"]


def test_ready_when_every_part_is_up(valkey: Redis) -> None:
    heartbeat.beat()
    assert _ready() == (200, "ok", UP)


def test_a_silent_worker_degrades_but_tills_go_on(valkey: Redis) -> None:
    valkey.delete(heartbeat.KEY)
    assert _ready() == (200, "degraded", {**UP, "worker": "down"})


def test_valkey_down_is_named(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Redis.from_url("unix:///nonexistent/valkey.sock", socket_connect_timeout=0.1)
    monkeypatch.setattr(heartbeat, "valkey", lambda: nowhere)
    assert _ready() == (503, "down", {**UP, "valkey": "down", "worker": "down"})


def test_database_down_is_named_and_recovers(valkey: Redis) -> None:
    heartbeat.beat()
    connection = connections["default"]
    right = connection.settings_dict["NAME"]
    connection.close()
    try:
        connection.settings_dict["NAME"] = "kayun_no_such_database"
        assert _ready() == (503, "down", {**UP, "database": "down", "migrations": "down"})
    finally:
        connection.close()
        connection.settings_dict["NAME"] = right
    assert _ready() == (200, "ok", UP)


def test_a_pending_migration_is_named(valkey: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    heartbeat.beat()
    monkeypatch.setattr(health, "_shipped", lambda: frozenset({("cards", "9999_tomorrow")}))
    assert _ready() == (503, "down", {**UP, "migrations": "down"})
