"""Two roles: one owns, one works. What the application may not do is tried, not read from a catalog."""

import psycopg
import pytest
from django.db import connections, transaction
from psycopg import errors

from kernel.db import in_chain
from tenants.chains.models import Chain
from tenants.stores.models import Store

BOOKS = [
    "c_yunshan.ledger_posting",
    "c_yunshan.ledger_entry",
    "c_yunshan.ledger_draw",
    "c_yunshan.audit_auditentry",
    "public.ledger_posting",
    "public.ledger_entry",
    "public.ledger_draw",
    "public.audit_auditentry",
]

FORBIDDEN = [
    "CREATE TABLE c_yunshan.x (id int)",
    "CREATE TABLE public.x (id int)",
    "CREATE TABLE ext.x (id int)",
    "CREATE FUNCTION ext.x() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TEMPORARY TABLE stores_store (id int)",
    "CREATE SCHEMA c_mine",
    "CREATE INDEX ON c_yunshan.stores_store (name)",
    "DROP TABLE c_yunshan.stores_store CASCADE",
    "DROP SCHEMA c_yunshan CASCADE",
    "DROP SCHEMA ext CASCADE",
    "ALTER SCHEMA c_yunshan RENAME TO c_other",
    "ALTER TABLE c_yunshan.stores_store ADD COLUMN x int",
    "ALTER TABLE c_yunshan.ledger_entry DISABLE TRIGGER ALL",
    "TRUNCATE c_yunshan.stores_store CASCADE",
    "TRUNCATE public.chains_chain CASCADE",
    "SET ROLE kayun_owner",
    "SET session_replication_role = replica",
    "ALTER ROLE kayun_app CREATEDB",
    "COPY c_yunshan.stores_store TO '/tmp/x'",
    *(f"TRUNCATE {book} CASCADE" for book in BOOKS),
    *(f"UPDATE {book} SET id = id" for book in BOOKS),
    *(f"DELETE FROM {book}" for book in BOOKS),
]


@pytest.fixture
def application(chain: Chain) -> psycopg.Connection:
    """A connection as the application's role, without anything of ours in between."""
    connections["default"].ensure_connection()
    raw: psycopg.Connection = connections["default"].connection
    assert raw.info.user == "kayun_app"
    return raw


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_application_may_not(application: psycopg.Connection, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege), application.transaction():
        application.execute(statement.encode())


@pytest.mark.parametrize("book", BOOKS)
def test_the_application_reads_the_books_and_may_add_to_them(application: psycopg.Connection, book: str) -> None:
    application.execute(f"SELECT FROM {book}".encode())
    allowed = application.execute(
        "SELECT has_table_privilege(%s, 'INSERT'), has_table_privilege(%s, 'UPDATE, DELETE, TRUNCATE, TRIGGER')",
        [book, book],
    ).fetchone()
    assert allowed == (True, False)


def test_the_application_works_in_a_chain(chain: Chain) -> None:
    with in_chain(chain.schema_name):
        store = Store.objects.create(code="002", name="二号店", opened_on="2026-01-01")
        Store.objects.filter(pk=store.pk).update(name="新二号店")
        store.delete()


def test_the_owner_is_another_role(database: None) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("kayun_owner", False, False)


def test_the_application_owns_nothing(application: psycopg.Connection) -> None:
    owned = application.execute(
        "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'kayun_app'"
        " UNION ALL SELECT nspname FROM pg_namespace WHERE pg_get_userbyid(nspowner) = 'kayun_app'"
        " UNION ALL SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) = 'kayun_app'"
    ).fetchall()
    assert owned == []
