"""Reading the trail."""

from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from kernel.clock import CHINA
from tenants.audit.models import AuditEntry


def entries(
    *,
    act: str = "",
    actor: str = "",
    day: date | None = None,
    stores: frozenset[int] | None = None,
    about: tuple[str, str] | None = None,
) -> QuerySet[AuditEntry]:
    """The trail, the latest first.

    Args:
        act: only this act.
        actor: only actors whose name or reference holds this text.
        day: only that day, in China.
        stores: only acts in these stores; None for all.
        about: only what was done to this object, by type and key.
    """
    rows = AuditEntry.objects.order_by("-occurred_at", "-id")
    if act:
        rows = rows.filter(act=act)
    if actor:
        rows = rows.filter(actor_name__icontains=actor) | rows.filter(actor=actor)
    if day is not None:
        start = datetime.combine(day, time.min, tzinfo=CHINA)
        rows = rows.filter(occurred_at__gte=start, occurred_at__lt=start + timedelta(days=1))
    if about is not None:
        rows = rows.filter(object_type=about[0], object_id=about[1])
    if stores is not None:
        rows = rows.filter(store_id__in=sorted(stores))
    return rows
