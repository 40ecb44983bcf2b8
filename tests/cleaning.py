"""Putting a test's database back without a flush: chains dropped, public as it was."""

from dataclasses import dataclass

import psycopg
from django.core.cache import cache
from django.db import connections
from psycopg import sql

from kernel.localservers import addresses
from tests.databases import ROOT

# What changes under the tests' hands by design, and is not theirs to leave alone.
_POOL = "chains_spare"


@dataclass(frozen=True, slots=True)
class Baseline:
    """The tables of public that are empty in a freshly migrated database: they are emptied after each test."""

    tables: tuple[str, ...]

    @classmethod
    def take(cls) -> "Baseline":
        """Look at the database as it is before the first test."""
        with superuser() as connection:
            rows = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            ).fetchall()
            names = tuple(name for (name,) in rows)
            filled = set(_with_rows(connection, names))
        return cls(tables=tuple(name for name in names if name not in filled and name != _POOL))

    def restore(self) -> None:
        """Empty those tables again and drop every chain's schema."""
        with superuser() as connection, connection.transaction():
            chains = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ '^c_'").fetchall()
            for (name,) in chains:
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
            # Without triggers: books refuse to be changed, even by their owner.
            connection.execute("SET LOCAL session_replication_role = replica")
            for name in _with_rows(connection, self.tables):
                connection.execute(sql.SQL("DELETE FROM public.{}").format(sql.Identifier(name)))


def forget_cache() -> None:
    """This session's keys only: ``cache.clear()`` would also empty what the sessions beside it are counting."""
    valkey = cache._cache.get_client(None, write=True)  # type: ignore[attr-defined]
    keys = list(valkey.scan_iter(match=f"*:{cache.key_prefix}:*"))  # type: ignore[attr-defined]
    if keys:
        valkey.delete(*keys)


def superuser() -> "psycopg.Connection[tuple[str, ...]]":
    """A connection to the test database as its administrator."""
    name = connections["default"].settings_dict["NAME"]
    url = addresses(ROOT, "test").for_database(name).admin_url
    assert url, "tests need an administrator of the database"
    return psycopg.connect(url, autocommit=True)


def _with_rows(connection: "psycopg.Connection[tuple[str, ...]]", names: tuple[str, ...]) -> list[str]:
    if not names:
        return []
    values = sql.SQL(", ").join(
        sql.SQL("({}, EXISTS (SELECT FROM public.{}))").format(sql.Literal(name), sql.Identifier(name))
        for name in names
    )
    rows = connection.execute(sql.SQL("SELECT n FROM (VALUES {}) AS t (n, filled) WHERE filled").format(values))
    return [name for (name,) in rows.fetchall()]
