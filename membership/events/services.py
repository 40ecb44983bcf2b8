"""Announcing events. Requires the transaction of the act that is announced."""

from collections.abc import Mapping

from kernel import clock
from kernel.ids import uuid7
from membership.events.domain import EventKind
from membership.events.models import Event

Value = str | int | bool | None


def announce(kind: EventKind, payload: Mapping[str, Value]) -> Event:
    """Write an event to the outbox. ``payload``: numbers and stable names, nothing that names a person."""
    return Event.objects.create(id=uuid7(), kind=kind, payload=dict(payload), created_at=clock.now())
