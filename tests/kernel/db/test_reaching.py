"""While the database is down one caller at a time finds out; when it is back, so is the pool."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import ConnectionHandler, DatabaseError, OperationalError, connections

from kernel.db import reaching
from kernel.db.base import DatabaseWrapper
from kernel.db.reaching import NotConnected
from tests import cleaning

ALIAS = "default"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "_down", {})


@pytest.fixture
def pooled(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatabaseWrapper]:
    """A connection out of a pool of two, as web processes have them."""
    monkeypatch.setattr(DatabaseWrapper, "_connection_pools", {})
    settings = deepcopy(connections[ALIAS].settings_dict)
    settings["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 2, "timeout": 0.3, "reconnect_timeout": 0.3}
    settings["CONN_MAX_AGE"] = 0
    connection: DatabaseWrapper = ConnectionHandler({ALIAS: settings})[ALIAS]  # type: ignore[assignment]
    yield connection
    connection.close()
    connection.close_pool()


def asked(connection: DatabaseWrapper) -> tuple[int]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            answer: tuple[int] = cursor.fetchone()
            return answer
    finally:
        connection.close()


def test_one_tries_while_the_others_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(reaching, "monotonic", lambda: now)
    reaching.ask_leave("a", patience_s=2)
    reaching.note_down("a")
    with pytest.raises(NotConnected):
        reaching.ask_leave("a", patience_s=2)
    reaching.ask_leave("b", patience_s=2)
    now += reaching.PAUSE_S
    reaching.ask_leave("a", patience_s=2)
    with pytest.raises(NotConnected):
        reaching.ask_leave("a", patience_s=2)
    reaching.note_up("a")
    reaching.ask_leave("a", patience_s=2)


def test_a_database_that_cannot_be_reached_is_noticed_once(pooled: DatabaseWrapper) -> None:
    pooled.pool.kwargs["host"] = "/nonexistent"
    for _ in range(2):
        with pytest.raises(OperationalError) as failure:
            asked(pooled)
        assert reaching.never_reached(failure.value)
    assert "a moment ago" in str(failure.value)


def test_after_a_restart_one_request_fails_and_not_one_for_each_connection(pooled: DatabaseWrapper) -> None:
    pooled.pool.open(wait=True)
    assert asked(pooled) == (1,)
    with cleaning.superuser() as connection:
        mine = "pid <> pg_backend_pid() AND datname = current_database()"
        connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}")
    connections.close_all()
    with pytest.raises(DatabaseError) as failure:
        asked(pooled)
    assert reaching.database_lost(failure.value)
    assert [asked(pooled) for _ in range(3)] == [(1,)] * 3
