"""Schemas as things: making, renaming, dropping them. All of it as the owner, in the caller's transaction."""

from django.apps import apps
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.models.signals import post_migrate

from kernel.db import PUBLIC_SCHEMA, in_public, in_schema, quote_schema
from tenants.chains.versions import OWNER, wanted


def exists(schema_name: str) -> bool:
    """Whether there is such a schema."""
    with in_public(using=OWNER), connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", [schema_name])
        return cursor.fetchone() is not None


def rename(old: str, new: str) -> None:
    """Give a schema its new name; everything in it follows."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA {quote_schema(old)} RENAME TO {quote_schema(new)}")


def drop(schema_name: str) -> None:
    """Drop a schema and all that is in it; it need not exist.

    Raises:
        ValueError: ``public`` was named.
    """
    if schema_name == PUBLIC_SCHEMA:
        raise ValueError("public is not to be dropped")
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {quote_schema(schema_name)} CASCADE")


def migrate(schema_name: str) -> list[str]:
    """Bring one schema up to date in one transaction, making it first where it is missing; the names of what was
    applied.

    Whatever goes wrong, the schema is left as it was. A migration therefore cannot be ``atomic = False``.
    """
    with in_schema(schema_name, using=OWNER):
        if schema_name != PUBLIC_SCHEMA:
            with connections[OWNER].cursor() as cursor:
                cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_schema(schema_name)}")
        executor = MigrationExecutor(connections[OWNER], _settle_constraints)  # type: ignore[arg-type]
        executor.loader.check_consistent_history(connections[OWNER])
        targets = wanted(schema_name).targets
        plan = executor.migration_plan(targets)
        if plan:
            executor.migrate(targets, plan)
            _announce(plan)
        return [str(migration) for migration, _ in plan]


def _settle_constraints(action: str, migration: Migration | None = None, fake: bool = False) -> None:
    """Check deferred keys after each migration: the next could not alter a table whose rows still wait for a check."""
    if action == "apply_success":
        with connections[OWNER].cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _announce(plan: list[tuple[Migration, bool]]) -> None:
    """Django's signal, which makes content types and permissions, for the apps that stand in this schema only."""
    for config in apps.get_app_configs():
        if config.models_module is not None and router.allow_migrate(OWNER, config.label):
            post_migrate.send(
                sender=config, app_config=config, verbosity=0, interactive=False, using=OWNER, apps=apps, plan=plan
            )
