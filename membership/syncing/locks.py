"""Locks of this app: one batch of a chain at a time, then the members it names, in the order of their keys."""

from collections.abc import Collection

from django.db import connection

from membership.members.models import Member


def take_turn() -> None:
    """Wait until no other batch of this chain is being taken; held until the transaction ends.

    So a key that is sent twice at once is taken once, and no two batches file one new person. There is no row to lock
    for what is not here yet.
    """
    with connection.cursor() as cursor:
        name = f"syncing:{connection.schema_name}"  # type: ignore[attr-defined]
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def lock_members(ids: Collection[int]) -> dict[int, Member]:
    """The members, by key, locked for a change of what is known of them."""
    locked = Member.objects.select_for_update(no_key=True, of=("self",)).select_related("merged_into")
    found = locked.filter(pk__in=ids).order_by("pk")
    return {member.pk: member for member in found}
