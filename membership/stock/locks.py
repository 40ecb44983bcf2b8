"""Row locks of this app: ranges in the order of their keys, before any card or place of theirs.

What moves many places holds their ranges, so that two such acts never meet half-way. What moves one (an issue) holds
its card and then its place alone, and waits for nobody while it does. Destruction holds ranges, then cards by key, then
places.
"""

from collections.abc import Iterable

from membership.stock.models import CardRange


def lock_ranges(range_ids: Iterable[int]) -> list[CardRange]:
    """These ranges, locked, in the order of their keys."""
    found = CardRange.objects.select_for_update(no_key=True).filter(pk__in=sorted(set(range_ids)))
    return list(found.order_by("pk"))
