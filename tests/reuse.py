"""Chains' schemas used again: making one, and dropping it, took most of the time of the tests that need one.

A schema that a test has filled is emptied to what the template holds and becomes a spare, which the next sign-up
renames. Only what is known to be as it was made is kept: a schema whose catalog changed under a test is dropped, and so
is one that was filled with very many rows, whose remains would burden those after.
"""

import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from psycopg import Connection, sql

from tenants.chains.domain import CHAIN_PREFIX, SPARE_PREFIX

_MANY: Final = 5_000

# Every change of a schema's making (tables, columns, keys, triggers, functions, rights) leaves a younger row here.
_MAKING: Final = """
SELECT n.nspname, n.oid, concat_ws('/', n.nspacl::text,
    (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM pg_class WHERE relnamespace = n.oid),
    (SELECT concat(count(*), ':', sum(a.xmin::text::bigint))
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = n.oid),
    (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM pg_constraint WHERE connamespace = n.oid),
    (SELECT concat(count(*), ':', sum(t.xmin::text::bigint))
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = n.oid),
    (SELECT concat(count(*), ':', sum(xmin::text::bigint)) FROM pg_proc WHERE pronamespace = n.oid))
FROM pg_namespace n WHERE starts_with(n.nspname, %s)
"""
_COUNTERS: Final = "SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = %s ORDER BY 1"

Database = Connection[Any]


@dataclass(frozen=True, slots=True)
class Spares:
    """What a new chain's schema holds, and which schemas of this database were made so."""

    empty: tuple[str, ...]
    filled: dict[str, bytes]
    """The tables that are not empty from the start: their rows, as COPY writes them."""
    digests: dict[str, str]
    counters: dict[str, tuple[int, int | None]]
    makings: dict[int, str] = field(default_factory=dict)
    """By the schema's number in the catalog, which its names come and go with."""

    @classmethod
    def take(cls, connection: Database) -> "Spares":
        """Look at the spares as they are before the first test."""
        spare, *_ = _makings(connection, SPARE_PREFIX)
        names = tuple(
            name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [spare[0]])
        )
        filled = {name: _copied_out(connection, spare[0], name) for name in with_rows(connection, spare[0], names)}
        known = cls(
            empty=tuple(name for name in names if name not in filled),
            filled=filled,
            digests=_digests(connection, spare[0], tuple(filled)),
            counters={name: (start, last) for name, start, last in connection.execute(_COUNTERS, [spare[0]])},
        )
        known.note(connection)
        return known

    def note(self, connection: Database) -> int:
        """Remember how the spares there are were made; how many there are."""
        numbers = connection.execute("SELECT oid FROM pg_namespace WHERE starts_with(nspname, %s)", [SPARE_PREFIX])
        there = {number for (number,) in numbers.fetchall()}
        if not there <= self.makings.keys():
            self.makings.update((number, making) for _, number, making in _makings(connection, SPARE_PREFIX))
        return len(there)

    def take_back(self, connection: Database) -> None:
        """Make spares of the chains' schemas; drop those that are not as they were made. In a transaction, without
        triggers.
        """
        for name, number, making in _makings(connection, CHAIN_PREFIX):
            if self.makings.get(number) == making and self._emptied(connection, name):
                spare = SPARE_PREFIX + secrets.token_hex(6)
                connection.execute(
                    sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(spare))
                )
                connection.execute(
                    "INSERT INTO public.chains_spare (schema_name, fingerprint, made_at) "
                    "SELECT %s, fingerprint, now() FROM public.chains_schematemplate",
                    [spare],
                )
            else:
                connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))

    def _emptied(self, connection: Database, schema: str) -> bool:
        """Put the schema's rows and counters back; False where there were too many."""
        deleted = 0
        for name in with_rows(connection, schema, self.empty):
            deleted += connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(schema, name))).rowcount
            if deleted > _MANY:
                return False
        for name, digest in _digests(connection, schema, tuple(self.filled)).items():
            if digest != self.digests[name]:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(schema, name)))
                _copy_in(connection, schema, name, self.filled[name])
        for name, start, last in connection.execute(_COUNTERS, [schema]).fetchall():
            if last != (kept := self.counters[name][1]):
                place = sql.Literal(str(sql.Identifier(schema, name).as_string(connection)))
                value, called = (start, False) if kept is None else (kept, True)
                connection.execute(sql.SQL("SELECT setval({}, {}, {})").format(place, value, called))
        return True


def with_rows(connection: Database, schema: str, names: tuple[str, ...]) -> list[str]:
    """Those of the schema's tables that hold rows."""
    if not names:
        return []
    values = sql.SQL(", ").join(
        sql.SQL("({}, EXISTS (SELECT FROM {}))").format(sql.Literal(name), sql.Identifier(schema, name))
        for name in names
    )
    rows = connection.execute(sql.SQL("SELECT n FROM (VALUES {}) AS t (n, filled) WHERE filled").format(values))
    return [name for (name,) in rows.fetchall()]


def _makings(connection: Database, prefix: str) -> list[tuple[str, int, str]]:
    return connection.execute(_MAKING, [prefix]).fetchall()


def _digests(connection: Database, schema: str, names: tuple[str, ...]) -> dict[str, str]:
    values = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {} t").format(
            sql.Literal(name), sql.Identifier(schema, name)
        )
        for name in names
    )
    return dict(connection.execute(values).fetchall())


def _copied_out(connection: Database, schema: str, name: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(schema, name))) as copy:
        return b"".join(copy)


def _copy_in(connection: Database, schema: str, name: str, rows: bytes) -> None:
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(schema, name))) as copy:
        copy.write(rows)
