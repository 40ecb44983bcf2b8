"""Schemas that hold a ledger and nothing else, made by its own migrations as the owner, with real commits."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from kernel.db import in_chain
from kernel.localservers import addresses as local_addresses
from tests.ledger.books import Books


@pytest.fixture(scope="session")
def addresses(_own_database: object) -> dict[str, str]:
    """How each role reaches this process's own database."""
    name = connections["owner"].settings_dict["NAME"]
    servers = local_addresses(settings.BASE_DIR, "test").for_database(name)
    assert servers.admin_url is not None
    return {"app": servers.database_url, "owner": servers.owner_url, "admin": servers.admin_url}


@contextmanager
def _ledger_schema(addresses: dict[str, str], blocker: DjangoDbBlocker) -> Iterator[Books]:
    # Not a chain's name: other tests drop every chain behind them.
    schema = f"books_{secrets.token_hex(4)}"
    with psycopg.connect(addresses["owner"]) as conn:
        conn.execute(f"CREATE SCHEMA {schema}")
        conn.execute(f"GRANT USAGE ON SCHEMA {schema} TO {settings.APP_ROLE}")
    books = Books(schema, addresses)
    try:
        with blocker.unblock(), in_chain(schema, using="owner"):
            MigrationExecutor(connections["owner"]).migrate([("ledger", "0003_ending_lots")])
        yield books
    finally:
        books.close()
        with psycopg.connect(addresses["owner"]) as conn:
            conn.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(scope="session")
def shared_books(addresses: dict[str, str], django_db_blocker: DjangoDbBlocker) -> Iterator[Books]:
    """One ledger for all tests that keep to accounts of their own and leave it sound."""
    with _ledger_schema(addresses, django_db_blocker) as books:
        yield books


@pytest.fixture
def books(shared_books: Books) -> Iterator[Books]:
    """The shared ledger; connections made in the test are closed after it."""
    yield shared_books
    shared_books.close()


@pytest.fixture
def own_books(addresses: dict[str, str], django_db_blocker: DjangoDbBlocker) -> Iterator[Books]:
    """A ledger of the test's own, for what looks at a whole schema or damages it."""
    with _ledger_schema(addresses, django_db_blocker) as books:
        yield books


@pytest.fixture(scope="module")
def module_books(addresses: dict[str, str], django_db_blocker: DjangoDbBlocker) -> Iterator[Books]:
    """A ledger for the tests of one file."""
    with _ledger_schema(addresses, django_db_blocker) as books:
        yield books
