"""Celery's way to the imports."""

from kernel import clock
from kernel.db import in_chain
from kernel.tasks import schema_task
from membership.imports import running
from membership.imports.domain import RUNNING
from membership.imports.models import Import
from membership.imports.queries import PATIENCE


@schema_task("imports.advance")
def advance(schema_name: str, import_id: int) -> None:
    """Read and check an import, or take over its rows; goes on where it was left off."""
    running.advance(schema_name, import_id)


@schema_task("imports.advance_due")
def advance_due(schema_name: str) -> None:
    """Take up the imports of a chain that a worker left."""
    with in_chain(schema_name):
        silent = Import.objects.filter(led=False, state__in=RUNNING, touched_at__lte=clock.now() - PATIENCE)
        found = list(silent.order_by("touched_at").values_list("pk", flat=True))
    for import_id in found:
        running.advance(schema_name, import_id)
