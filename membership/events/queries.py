"""Reading events."""

from membership.events.models import Event


def waiting(*, limit: int) -> list[Event]:
    """The events that were not delivered yet, the oldest first."""
    return list(Event.objects.filter(delivered_at__isnull=True).order_by("pk")[:limit])
