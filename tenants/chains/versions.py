"""Which migrations each schema has, and which it should have."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from kernel.db import PUBLIC_SCHEMA, in_public, quote_schema

OWNER: Final = "owner"
"""The database alias of the role that owns schemas: direct, never pooled, never through a pooler."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The migrations on disk for one kind of schema."""

    targets: tuple[Key, ...]
    """The last migration of each app: what an executor is told to reach."""
    names: frozenset[str]
    """All of them, as ``app.name``."""


def wanted(schema_name: str) -> Wanted:
    """The migrations that a schema of this kind (public, or a chain's) should have."""
    return _wanted(schema_name == PUBLIC_SCHEMA, tuple(settings.MIGRATION_MODULES.items()))


@cache
def _wanted(public: bool, modules: tuple[tuple[str, str | None], ...]) -> Wanted:
    installed = settings.SHARED_APPS if public else settings.TENANT_APPS
    labels = {config.label for config in apps.get_app_configs() if config.name in installed}
    # Without a connection: what is on disk, whatever has been applied.
    graph = MigrationLoader(None).graph
    targets = tuple(key for key in graph.leaf_nodes() if key[0] in labels)
    reached = {key for target in targets for key in graph.forwards_plan(target)}
    return Wanted(targets=targets, names=frozenset(".".join(key) for key in reached))


def schemas_with_migrations() -> list[str]:
    """Every schema of this database that has ever been migrated by us."""
    with in_public(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relname = 'django_migrations' AND c.relkind = 'r' ORDER BY n.nspname"
        )
        return [row[0] for row in cursor.fetchall()]


def pending(schema_names: Iterable[str], *, using: str = OWNER) -> list[str]:
    """Those of the schemas that lack a migration, decided with one query over all of them."""
    names = list(schema_names)
    if not names:
        return []
    public_names, chain_names = sorted(wanted(PUBLIC_SCHEMA).names), sorted(wanted("").names)
    rows = ", ".join(f"('{name}', ({_count_in(name)}))" for name in names)
    with in_public(using=using), connections[using].cursor() as cursor:
        cursor.execute(
            "WITH wanted AS MATERIALIZED (SELECT %s::text[] AS pub, %s::text[] AS chain)"  # noqa: S608
            f" SELECT schema_name FROM (VALUES {rows}) AS found (schema_name, has)"
            " WHERE has < CASE schema_name WHEN 'public' THEN %s ELSE %s END",
            [public_names, chain_names, len(public_names), len(chain_names)],
        )
        late = {row[0] for row in cursor.fetchall()}
    return [name for name in names if name in late]


def _count_in(schema_name: str) -> str:
    column = "pub" if schema_name == PUBLIC_SCHEMA else "chain"
    return (
        f"SELECT count(*) FROM {quote_schema(schema_name)}.django_migrations"  # noqa: S608 - the name is checked
        f" WHERE app || '.' || name = ANY ((SELECT {column} FROM wanted)::text[])"
    )
