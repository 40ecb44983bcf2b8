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


def record_alike(
    actor: Actor, act: str, *, object_type: str, store_id: int | None, details: Mapping[str, Mapping[str, Any]]
) -> None:
    """As ``record``, one entry for each of many objects of a kind, by id; one statement."""
    now, request_id = clock.now(), current().request_id
    AuditEntry.objects.bulk_create(
        AuditEntry(
            actor=str(actor),
            actor_name=actor.name,
            act=act,
            object_type=object_type,
            object_id=object_id,
            store_id=store_id,
            request_id=request_id,
            detail=dict(detail),
            occurred_at=now,
        )
        for object_id, detail in details.items()
    )
