"""Cards that came from a vendor's list into stock. Called within the import that made them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from kernel import clock
from membership.stock.domain import PlaceState
from membership.stock.queries import policy
from tenants.stores.queries import open_stores

Lying = tuple[PlaceState, int | None, datetime | None]
"""Where new cards lie, in which store, and from when that store may issue them."""

# The internal codes of the ends stand for a series only where every card has one.
_RANGES: Final = """
    INSERT INTO stock_cardrange
        (type_id, level_id, first, last, quantity, first_code, last_code, request, made_at, made_by_name)
    SELECT type_id, level_id, min(number), max(number), count(*),
        CASE WHEN count(internal_code) = count(*) THEN (array_agg(internal_code ORDER BY number))[1] ELSE '' END,
        CASE WHEN count(internal_code) = count(*) THEN (array_agg(internal_code ORDER BY number DESC))[1] ELSE '' END,
        '', %(now)s, %(name)s
    FROM cards_card WHERE id = ANY(%(cards)s) GROUP BY type_id, level_id
    RETURNING id, type_id, level_id"""
_PLACES: Final = """
    INSERT INTO stock_cardplace (card_id, range_id, position, state, store_id, released_at)
    SELECT card.id, made.id, row_number() OVER (PARTITION BY made.id ORDER BY card.number),
        %(state)s, %(store)s, %(released)s
    FROM cards_card card
    JOIN unnest(%(ranges)s::bigint[], %(types)s::bigint[], %(levels)s::bigint[]) AS made (id, type_id, level_id)
        ON made.type_id = card.type_id AND made.level_id = card.level_id
    WHERE card.id = ANY(%(cards)s)"""


def where_made(store_id: int | None) -> Lying:
    """Where cards lie that are made now: in the central stock until they are delivered; where the chain has one store,
    or has chosen to release cards when they are made, in the store named, or with none named in every store.
    """
    stores = open_stores()
    only = stores[0].pk if len(stores) == 1 else None
    if only is None and not policy().release_when_made:
        return PlaceState.CENTRAL, None, None
    return PlaceState.STORE, store_id or only, clock.now()


def take_in(*, card_ids: Sequence[int], store_id: int | None, made_by_name: str) -> int:
    """Put cards that were just made into ranges, one for each type and level, in the order of their numbers; how many.

    Their numbers need not be consecutive: a range is counted by position. Two statements for any number of cards.
    """
    state, store, released = where_made(store_id)
    cards = list(card_ids)
    with connection.cursor() as cursor:
        cursor.execute(_RANGES, {"now": clock.now(), "name": made_by_name, "cards": cards})
        made = cursor.fetchall()
        ranges, types, levels = zip(*made, strict=True) if made else ((), (), ())
        cursor.execute(
            _PLACES,
            {
                "cards": cards,
                "ranges": list(ranges),
                "types": list(types),
                "levels": list(levels),
                "state": state.value,
                "store": store,
                "released": released,
            },
        )
        return int(cursor.rowcount)
