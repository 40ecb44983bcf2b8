"""Schemas that hold a ledger and nothing else, made by its own migrations as the owner, with real commits."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from kernel.db import in_chain
from kernel.localservers import ensure
from tests.ledger.books import Books


@pytest.fixture(scope="session")
def addresses() -> dict[str, dict[str, Any]]:
    """How each role reaches the tests' database."""
    servers = ensure(settings.BASE_DIR, "test")
    assert servers.admin_url is not None
    admin = psycopg.conninfo.conninfo_to_dict(servers.admin_url)
    found = {"app": _address("default"), "owner": _address("owner")}
    found["admin"] = {**admin, "dbname": found["owner"]["dbname"]}
    return found


def _address(alias: str) -> dict[str, Any]:
    params = connections[alias].get_connection_params()
    return {key: params[key] for key in ("dbname", "user", "password", "host", "port") if params.get(key)}


@contextmanager
def _ledger_schema(addresses: dict[str, dict[str, Any]], blocker: DjangoDbBlocker) -> Iterator[Books]:
    schema = f"c_ledger_{secrets.token_hex(4)}"
    with psycopg.connect(**addresses["owner"]) as conn:
        conn.execute(f"CREATE SCHEMA {schema}")
        conn.execute(f"GRANT USAGE ON SCHEMA {schema} TO {settings.APP_ROLE}")
    books = Books(schema, addresses)
    try:
        with blocker.unblock(), in_chain(schema, using="owner"):
            MigrationExecutor(connections["owner"]).migrate([("ledger", "0002_rules")])
        yield books
    finally:
        books.close()
        with psycopg.connect(**addresses["owner"]) as conn:
            conn.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(scope="session")
def shared_books(addresses: dict[str, dict[str, Any]], django_db_blocker: DjangoDbBlocker) -> Iterator[Books]:
    """One ledger for all tests that keep to accounts of their own and leave it sound."""
    with _ledger_schema(addresses, django_db_blocker) as books:
        yield books


@pytest.fixture
def books(shared_books: Books) -> Books:
    """The shared ledger."""
    return shared_books


@pytest.fixture
def own_books(addresses: dict[str, dict[str, Any]], django_db_blocker: DjangoDbBlocker) -> Iterator[Books]:
    """A ledger of the test's own, for what looks at a whole schema or damages it."""
    with _ledger_schema(addresses, django_db_blocker) as books:
        yield books
