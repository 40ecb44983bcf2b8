"""Putting a test's database back without a flush: public as it was, and every chain's schema a spare again."""

from dataclasses import dataclass

import psycopg
from django.core.cache import cache
from django.db import connections
from psycopg import sql

from kernel.localservers import addresses
from tenants.chains import spares
from tests.databases import ROOT
from tests.reuse import Spares, with_rows

# What changes under the tests' hands by design, and is not theirs to leave alone.
_POOL = "chains_spare"


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a freshly migrated database looks like.

    ``tables``: those of public that are empty in it; they are emptied after each test. ``spares``: how chains begin.
    """

    tables: tuple[str, ...]
    spares: Spares

    @classmethod
    def take(cls) -> "Baseline":
        """Look at the database as it is before the first test."""
        with superuser() as connection:
            rows = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            ).fetchall()
            names = tuple(name for (name,) in rows)
            filled = set(with_rows(connection, "public", names))
            made = Spares.take(connection)
        return cls(tables=tuple(name for name in names if name not in filled and name != _POOL), spares=made)

    def restore(self) -> None:
        """Empty those tables again, and take every chain's schema back among the spares."""
        with superuser() as connection, connection.transaction():
            # Without triggers: books refuse to be changed, even by their owner.
            connection.execute("SET LOCAL session_replication_role = replica")
            for name in with_rows(connection, "public", self.tables):
                connection.execute(sql.SQL("DELETE FROM public.{}").format(sql.Identifier(name)))
            self.spares.take_back(connection)
            left = self.spares.note(connection)
        if left < spares.POOL:
            spares.refill()
            with superuser() as connection:
                self.spares.note(connection)


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
