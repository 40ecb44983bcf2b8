"""Writing the trail."""

from collections.abc import Mapping
from typing import Any

from kernel import clock
from kernel.observability.context import current
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor


def record(
    actor: Actor,
    act: str,
    *,
    object_type: str = "",
    object_id: object = "",
    store_id: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Note an act in the trail of the schema at hand, in the transaction of the act itself: both are kept, or neither.

    ``detail`` is JSON and holds no PIN, key, password or ID number. The request's id is taken from the work at hand.
    """
    return AuditEntry.objects.create(
        actor=str(actor),
        actor_name=actor.name,
        act=act,
        object_type=object_type,
        object_id=str(object_id),
        store_id=store_id,
        request_id=current().request_id,
        detail=dict(detail or {}),
        occurred_at=clock.now(),
    )
