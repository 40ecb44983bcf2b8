"""Celery's way to take-overs."""

from kernel import clock
from kernel.db import in_chain
from kernel.tasks import schema_task
from membership.takeover import running
from membership.takeover.domain import RUNNING
from membership.takeover.models import Takeover
from membership.takeover.queries import PATIENCE


@schema_task("takeover.advance")
def advance(schema_name: str, takeover_id: int) -> None:
    """Check, take over or undo; goes on where it was left off."""
    running.advance(schema_name, takeover_id)


@schema_task("takeover.advance_due")
def advance_due(schema_name: str) -> None:
    """Take up the take-overs of a chain that a worker left."""
    with in_chain(schema_name):
        silent = Takeover.objects.filter(state__in=RUNNING, touched_at__lte=clock.now() - PATIENCE)
        found = list(silent.order_by("touched_at").values_list("pk", flat=True))
    for takeover_id in found:
        running.advance(schema_name, takeover_id)
