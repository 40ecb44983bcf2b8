"""Reads of stores."""

from django.db.models import QuerySet

from tenants.people.domain import EVERYWHERE, Actor
from tenants.stores.models import Store


def stores() -> QuerySet[Store]:
    """All stores, closed ones included, by code."""
    return Store.objects.order_by("code", "pk")


def open_stores(*, for_actor: Actor | None = None) -> list[Store]:
    """The stores that are open, by code; with an actor, only those where he may do anything."""
    rows = stores().filter(closed_on__isnull=True)
    if for_actor is not None and EVERYWHERE not in for_actor.grants.values():
        mine: set[int] = set()
        for granted in for_actor.grants.values():
            mine.update(granted)  # type: ignore[arg-type]  # no "all" among them
        rows = rows.filter(pk__in=sorted(mine))
    return list(rows)


def count_open() -> int:
    """How many stores are open: the floor of the plan depends on it (R-A17, R-A18)."""
    return stores().filter(closed_on__isnull=True).count()
