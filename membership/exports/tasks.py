"""Celery's way to the exports."""

from kernel import clock
from kernel.db import in_chain
from kernel.tasks import schema_task
from membership.exports import running
from membership.exports.domain import ExportState
from membership.exports.models import Export
from membership.exports.queries import PATIENCE


@schema_task("exports.advance")
def advance(schema_name: str, export_id: int) -> None:
    """Write an export."""
    running.advance(schema_name, export_id)


@schema_task("exports.advance_due")
def advance_due(schema_name: str) -> None:
    """Take up the exports of a chain that a worker left."""
    with in_chain(schema_name):
        silent = Export.objects.filter(state=ExportState.WRITING, touched_at__lte=clock.now() - PATIENCE)
        found = list(silent.order_by("touched_at").values_list("pk", flat=True))
    for export_id in found:
        running.advance(schema_name, export_id)
