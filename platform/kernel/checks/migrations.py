"""Rules on migrations: linear, complete, reversible, and none that holds a table while it reads or rewrites it.

A schema is migrated in one transaction (``tenants.chains.schemas``), which keeps every lock it takes until its end, and
every chain has the same tables: one slow step is slow as many times as there are chains, while its tills wait.
A migration may take a finding upon itself by saying why: ``accepted = {"K305": "the table is empty until release 2"}``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from django.apps import apps
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.utils import translation

from kernel.checks.findings import Finding
from kernel.checks.models import is_ours
from kernel.checks.sql import sql_findings

_WRITES_WAIT: Final = "its index is built while the table's writes wait; say in `accepted` why that is short"
_CONCURRENT: Final = (AddIndexConcurrently, RemoveIndexConcurrently)
_VOLATILE_DEFAULTS: Final = ("Random", "RandomUUID", "ClockTimestamp")


def migration_findings(loader: MigrationLoader) -> Iterator[Finding]:
    """Every broken rule in our apps' migrations."""
    labels = sorted(app.label for app in apps.get_app_configs() if is_ours(app.name))
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    for label in labels:
        names = sorted(name for app, name in loader.disk_migrations if app == label)
        found = {name: loader.disk_migrations[label, name] for name in names}
        yield from linearity_findings(label, found)
        for name, migration in found.items():
            state = _state_before(loader, label, name)
            yield from one_migration_findings(migration, before=state, tables=tables)


def linearity_findings(label: str, found: Mapping[str, migrations.Migration]) -> Iterator[Finding]:
    """K301, K302: numbered without gaps, each upon the one before."""
    for position, name in enumerate(found, start=1):
        if not name.startswith(f"{position:04d}_"):
            yield Finding(
                "K301", f"{label}.{name}", f"should be number {position:04d}: migrations are linear, without gaps"
            )
    for before, after in pairwise(found):
        parents = [parent for app, parent in found[after].dependencies if app == label]
        if parents != [before]:
            yield Finding("K302", f"{label}.{after}", f"should depend on {before} and no other of its app")


def missing_findings() -> Iterator[Finding]:
    """K303: models that have changed since the last migration."""
    loader = MigrationLoader(None)
    # As makemigrations does: a translated label is no change.
    with translation.override(None):
        changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(
            graph=loader.graph
        )
    for label in sorted(changes):
        if is_ours(apps.get_app_config(label).name):
            yield Finding("K303", label, "models and migrations differ: run `manage.py makemigrations`")


def one_migration_findings(
    migration: migrations.Migration, *, before: ProjectState, tables: Collection[str] = ()
) -> Iterator[Finding]:
    """Every broken rule in one migration. Tables that it creates itself are empty, so nothing waits for them."""
    where = f"{migration.app_label}.{migration.name}"
    accepted: Mapping[str, str] = getattr(migration, "accepted", {})
    if not migration.atomic:
        yield Finding(
            "K310", where, "atomic = False: a schema is migrated in one transaction, on the old version or the new"
        )
    fresh: set[str] = set()
    for operation in _flattened(migration.operations):
        if isinstance(operation, migrations.CreateModel):
            fresh.add(operation.name_lower)
        # An app whose models point at each other gets several initial migrations; all of them run on empty tables.
        on_fresh = bool(migration.initial) or getattr(operation, "model_name_lower", None) in fresh
        for finding in _operation(
            operation, where, before, on_fresh=on_fresh, label=migration.app_label, tables=tables
        ):
            if finding.code not in accepted:
                yield finding


def _state_before(loader: MigrationLoader, label: str, name: str) -> ProjectState:
    return loader.project_state((label, name), at_end=False)


def _flattened(operations: Iterable[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _flattened(operation.database_operations)
        else:
            yield operation


def _operation(
    operation: Operation, where: str, before: ProjectState, *, on_fresh: bool, label: str, tables: Collection[str]
) -> Iterator[Finding]:
    if isinstance(operation, migrations.RunSQL):
        yield from _run_sql(operation, where, tables)
    elif isinstance(operation, migrations.RunPython) and operation.reverse_code is None:
        yield Finding(
            "K304", where, "RunPython has no way back: give reverse_code, RunPython.noop if nothing is to be undone"
        )
    if isinstance(operation, _CONCURRENT):
        yield Finding(
            "K310", where, f"{operation.describe()}: cannot run in the one transaction of a schema's migration"
        )
        return
    if isinstance(operation, migrations.RenameField | migrations.RenameModel | migrations.AlterModelTable):
        yield Finding(
            "K308", where, f"{operation.describe()}: while it rolls out, old code meets the new name; add, copy, drop"
        )
    if on_fresh:
        return
    if isinstance(operation, migrations.AddField):
        yield from _add_field(operation, where)
    elif isinstance(operation, migrations.AlterField):
        yield from _alter_field(operation, where, before, label)
    elif isinstance(operation, migrations.AddIndex):
        yield Finding("K305", where, f"{operation.describe()}: {_WRITES_WAIT}")
    elif isinstance(operation, migrations.AddConstraint) and not isinstance(operation, AddConstraintNotValid):
        yield Finding(
            "K306", where, f"{operation.describe()}: reads the whole table; use AddConstraintNotValid, then validate"
        )


def _run_sql(operation: migrations.RunSQL, where: str, tables: Collection[str]) -> Iterator[Finding]:
    if operation.reverse_sql is None:
        yield Finding("K304", where, "RunSQL has no way back: give reverse_sql, RunSQL.noop if nothing is to be undone")
    statements = [operation.sql] if isinstance(operation.sql, str) else list(operation.sql)
    for statement in statements:
        text = statement if isinstance(statement, str) else statement[0]
        yield from sql_findings(text, where=where, tables=tables)


def _add_field(operation: migrations.AddField, where: str) -> Iterator[Finding]:
    field: Any = operation.field
    if field.has_db_default() and _is_volatile(field.db_default):
        yield Finding(
            "K307", where, f"{operation.describe()}: a volatile default rewrites the table; add it null, then fill"
        )
    if field.unique or field.db_index:
        yield Finding("K305", where, f"{operation.describe()}: {_WRITES_WAIT}")


def _alter_field(operation: migrations.AlterField, where: str, before: ProjectState, label: str) -> Iterator[Finding]:
    model = before.models.get((label, operation.model_name_lower))
    old: Any = model.fields.get(operation.name) if model else None
    new: Any = operation.field
    if old is None:
        return
    if old.get_internal_type() != new.get_internal_type() or _narrows(old, new):
        yield Finding(
            "K309", where, f"{operation.describe()}: another type rewrites the table; add a new column instead"
        )
    if old.null and not new.null:
        yield Finding(
            "K306", where, f"{operation.describe()}: NOT NULL reads the whole table; add a CHECK NOT VALID first"
        )
    if (new.unique or new.db_index) and not (old.unique or old.db_index):
        yield Finding("K305", where, f"{operation.describe()}: {_WRITES_WAIT}")


def _narrows(old: "models.Field[Any, Any]", new: "models.Field[Any, Any]") -> bool:
    if old.max_length is None or new.max_length is None:
        return False
    return new.max_length < old.max_length


def _is_volatile(default: Any) -> bool:
    expressions = [default, *getattr(default, "get_source_expressions", list)()]
    return any(type(expression).__name__ in _VOLATILE_DEFAULTS for expression in expressions)
