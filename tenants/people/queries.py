"""Reads: what a person may do, and how a key is found."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from django.db.models import QuerySet

from kernel.db import quote_schema
from tenants.people.domain import Act, Actor
from tenants.people.models import ApiKey, Assignment, Role, User


def actor_of(user: User) -> Actor:
    """The user as an actor, all grants read by one query. Whoever is not active may do nothing."""
    cells: list[tuple[str, int | None]] = []
    if user.is_active:
        filled = Assignment.objects.filter(user_id=user.pk, role__acts__isnull=False)
        cells = list(filled.values_list("role__acts__act", "store_id"))
    return Actor.with_cells(kind=user.kind.lower(), pk=user.pk, name=str(user), cells=cells)


def staff() -> QuerySet[User]:
    """A chain's staff with their roles, those who still work here first."""
    return User.objects.prefetch_related("assignments__role").order_by("-is_active", "name", "pk")


def roles() -> QuerySet[Role]:
    """The chain's roles with their acts: the presets in their order, then the chain's own."""
    return Role.objects.prefetch_related("acts").order_by("-preset", "pk")


def api_keys() -> QuerySet[ApiKey]:
    """The chain's API keys, the newest first."""
    return ApiKey.objects.order_by("-created_at", "-pk")


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """The names of the staff and the API keys among ``actors``, which are as rows keep them (``staff:7``). A query for
    each of the two kinds that is there.
    """
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for actor in sorted(actors):
        kind, _, key = actor.partition(":")
        if kind in ("staff", "api"):
            wanted[kind].append(int(key))
    names: dict[str, str] = {}
    if wanted["staff"]:
        names |= {f"staff:{user.pk}": str(user) for user in User.objects.filter(pk__in=wanted["staff"])}
    if wanted["api"]:
        names |= {f"api:{key.pk}": key.name for key in ApiKey.objects.filter(pk__in=wanted["api"])}
    return names


def managers_left() -> bool:
    """Whether some active person may manage staff everywhere: without one, nobody could let the others in."""
    return Assignment.objects.filter(
        user__is_active=True, store_id__isnull=True, role__acts__act=Act.STAFF_MANAGE
    ).exists()


API_KEY_COLUMNS: Final = ("id", "name", "secret_sha256", "acts", "store_id")


def api_keys_by_prefix_sql(schema_name: str) -> str:
    """A statement for the API's fast path: takes an array of prefixes, gives prefix and ``API_KEY_COLUMNS`` of those
    keys that are not revoked.

    Names its table in full, so it may run outside the ORM and without a search path.
    """
    columns = ", ".join(API_KEY_COLUMNS)
    return (
        f"SELECT prefix, {columns} FROM {quote_schema(schema_name)}.people_apikey "  # noqa: S608  (the name is checked)
        # Hidden from the planner, which would otherwise plan anew for each length of the array.
        "WHERE prefix = ANY (ARRAY(SELECT unnest(%s::text[]))) AND revoked_at IS NULL"
    )
