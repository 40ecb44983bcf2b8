"""Roles and rights: the owner owns, the application reads and writes, and nobody else does anything."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kernel.localservers import Servers, ServersError, create_database, drop_database, ensure, prepare_database
from tests.kernel.localservers.conftest import discard


@pytest.fixture(scope="module")
def local() -> Iterator[Servers]:
    folder = Path(tempfile.mkdtemp(prefix="kayun-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield ensure(folder, "test")
    discard(folder)


@pytest.fixture
def servers(local: Servers) -> Iterator[Servers]:
    """A database of its own for each test."""
    drop_database(local, "rights")
    yield create_database(local, "rights")
    drop_database(local, "rights")


def test_the_application_reads_and_writes_what_the_owner_makes(servers: Servers) -> None:
    with psycopg.connect(servers.owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE in_public (id bigint GENERATED ALWAYS AS IDENTITY, note text)")
        owner.execute("CREATE SCHEMA c_demo")
        owner.execute("CREATE TABLE c_demo.books (id bigserial, note text)")
    with psycopg.connect(servers.database_url) as app:
        for table in ("in_public", "c_demo.books"):
            app.execute(f"INSERT INTO {table} (note) VALUES ('a')")
            app.execute(f"UPDATE {table} SET note = 'b'")
            assert app.execute(f"SELECT id, note FROM {table}").fetchall() == [(1, "b")]
            app.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE public.mine (id int)",
        "CREATE TABLE ext.mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE TEMPORARY TABLE mine (id int)",
        "TRUNCATE theirs",
        "ALTER TABLE theirs ADD COLUMN more int",
        "DROP TABLE theirs",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
    ],
)
def test_the_application_owns_nothing(servers: Servers, statement: str) -> None:
    with psycopg.connect(servers.owner_url, autocommit=True) as owner:
        owner.execute("CREATE TABLE theirs (id int)")
    with (
        psycopg.connect(servers.database_url, autocommit=True) as app,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        app.execute(statement)
    with psycopg.connect(servers.owner_url) as owner:
        assert owner.execute("SELECT count(*) FROM theirs").fetchone() == (0,)


def test_both_roles_look_in_public_and_in_ext(servers: Servers) -> None:
    for url in (servers.database_url, servers.owner_url):
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW search_path").fetchone() == ("public, ext",)
    with psycopg.connect(servers.owner_url) as owner:
        owners = owner.execute(
            "SELECT n.nspowner::regrole::text, d.datdba::regrole::text "
            "FROM pg_namespace n, pg_database d WHERE nspname = 'ext' AND datname = current_database()"
        ).fetchone()
    assert owners == ("kayun_owner", "kayun_owner")


def test_the_owner_can_create_the_extensions_that_are_trusted(servers: Servers) -> None:
    with psycopg.connect(servers.owner_url) as owner:
        owner.execute("CREATE EXTENSION btree_gist SCHEMA ext")
        owner.execute("CREATE EXTENSION pg_trgm SCHEMA ext")


def test_another_role_cannot_connect(servers: Servers) -> None:
    assert servers.admin_url is not None
    with psycopg.connect(servers.admin_url, autocommit=True) as admin:
        admin.execute("DROP ROLE IF EXISTS stranger")
        admin.execute("CREATE ROLE stranger LOGIN")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(servers.database_url.replace("kayun_app@", "stranger@"))


def test_a_database_can_be_copied_with_what_is_in_it(servers: Servers) -> None:
    with psycopg.connect(servers.owner_url) as owner:
        owner.execute("CREATE TABLE migrated (id int)")
        owner.execute("INSERT INTO migrated VALUES (1)")
    drop_database(servers, "copy")
    copy = create_database(servers, "copy", template="rights")
    with psycopg.connect(copy.database_url) as app:
        assert app.execute("SELECT id FROM migrated").fetchall() == [(1,)]
    drop_database(servers, "copy")


def test_dropping_ends_the_sessions_in_it(servers: Servers) -> None:
    create_database(servers, "busy")
    with psycopg.connect(servers.for_database("busy").database_url):
        drop_database(servers, "busy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(servers.for_database("busy").database_url)


def test_creating_databases_on_a_named_server_needs_an_administrator() -> None:
    named = Servers("postgresql://app@db/kayun", "postgresql://owner@db/kayun", None, "redis://cache/0")
    with pytest.raises(ServersError, match="DATABASE_ADMIN_URL"):
        create_database(named, "any")


def test_a_real_server_is_prepared_by_an_administrator_who_is_no_superuser(root: Path) -> None:
    servers = ensure(root, "test")
    assert servers.admin_url is not None
    postgres = servers.for_database("postgres")
    assert postgres.admin_url is not None
    drop_database(servers, "kayun")
    with psycopg.connect(postgres.admin_url, autocommit=True) as admin:
        admin.execute("DROP ROLE kayun_app, kayun_owner")
        admin.execute("CREATE ROLE cloud_admin LOGIN CREATEROLE CREATEDB")
    cloud_url = postgres.admin_url.replace("postgres@", "cloud_admin@")

    for _ in range(2):
        prepare_database(cloud_url, name="kayun", owner_password="owner-secret", app_password="app-secret")

    with psycopg.connect(servers.owner_url) as owner:
        owner.execute("CREATE TABLE public.things (id int)")
        assert owner.execute("SELECT rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
    with psycopg.connect(servers.database_url) as app:
        assert app.execute("SELECT count(*) FROM things").fetchone() == (0,)
    with psycopg.connect(postgres.admin_url) as admin:
        stored = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'kayun%'").fetchall()
    assert all(str(password).startswith("SCRAM-SHA-256$") for (password,) in stored)
