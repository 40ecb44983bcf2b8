"""Cards into stock that were not made into it: those of a vendor's list, within the import that made them, and those
that were there before."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.db import connection

from kernel import clock
from membership.cards.domain import CardStatus
from membership.cards.models import Card
from membership.stock.domain import LARGEST_LIST, PlaceState, read_spans
from membership.stock.errors import ListTooLong, NothingListed, NothingToTakeIn, TooManyToTakeIn
from membership.stock.queries import policy, unplaced_in
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require
from tenants.stores.queries import open_stores

_MOST_NAMED: Final = 10_000
"""Cards taken in by one list."""

Lying = tuple[PlaceState, int | None, datetime | None]
"""Where new cards lie, in which store, and from when that store may issue them."""

# The internal codes of the ends stand for a series only where every card has one.
_PLACING: Final = """
    WITH taken AS ({taken}), series AS (
        SELECT type_id, level_id, min(number) AS first, max(number) AS last, count(*) AS quantity,
            count(internal_code) = count(*) AS coded
        FROM taken GROUP BY type_id, level_id
    ), made AS (
        INSERT INTO stock_cardrange
            (type_id, level_id, first, last, quantity, first_code, last_code, request, made_at, made_by_name)
        SELECT type_id, level_id, first, last, quantity,
            CASE WHEN coded THEN (SELECT internal_code FROM taken WHERE number = first) ELSE '' END,
            CASE WHEN coded THEN (SELECT internal_code FROM taken WHERE number = last) ELSE '' END,
            '', %(now)s, %(made_by_name)s
        FROM series RETURNING id, type_id, level_id
    )
    INSERT INTO stock_cardplace (card_id, range_id, position, state, store_id, released_at)
    SELECT taken.id, made.id, row_number() OVER (PARTITION BY made.id ORDER BY taken.number),
        %(state)s, %(lying_in)s, %(released)s
    FROM taken JOIN made USING (type_id, level_id)"""
_TAKEN: Final = "id, number, internal_code, type_id, level_id"


def where_made(store_id: int | None) -> Lying:
    """Where cards lie that are made now: in the central stock until they are delivered; where the chain has one store,
    or has chosen to release cards when they are made, in the store named, or with none named in every store.
    """
    stores = open_stores()
    only = stores[0].pk if len(stores) == 1 else None
    if only is None and not policy().release_when_made:
        return PlaceState.CENTRAL, None, None
    return PlaceState.STORE, store_id or only, clock.now()


def take_in_existing(*, actor: Actor, text: str, store_id: int | None) -> int:
    """Put blank cards that are under no stock control into stock: those whose numbers a typed or scanned list names;
    how many. They lie in that store, which may issue them at once as before, or with None in the central stock, until
    they are delivered.

    Raises:
        NotAllowed, NothingListed, ListTooLong, NothingToTakeIn, TooManyToTakeIn
    """
    require(actor, Act.CARD_MAKE)
    spans = read_spans(text)
    if not spans:
        raise NothingListed
    if len(spans) > LARGEST_LIST:
        raise ListTooLong(largest=LARGEST_LIST)
    named = unplaced_in(spans, limit=_MOST_NAMED + 1)
    if len(named) > _MOST_NAMED:
        raise TooManyToTakeIn(limit=_MOST_NAMED)
    # A card that is being issued or taken in this very moment is left to that.
    idle = Card.objects.select_for_update(no_key=True, of=("self",), skip_locked=True).filter(place__isnull=True)
    cards = list(idle.filter(pk__in=named, status=CardStatus.IDLE).order_by("pk").values_list("pk", "number"))
    if not cards:
        raise NothingToTakeIn
    lying: Lying = (PlaceState.CENTRAL, None, None) if store_id is None else (PlaceState.STORE, store_id, clock.now())
    named_cards = f"SELECT {_TAKEN} FROM cards_card WHERE id = ANY(%(cards)s)"  # noqa: S608
    keys = {"cards": [card_id for card_id, _number in cards]}
    taken = _place(taken=named_cards, params=keys, lying=lying, made_by_name=actor.name)
    first = min(number for _card_id, number in cards)
    record(actor, "stock.take_in", object_type="card", object_id=first, store_id=store_id, detail={"quantity": taken})
    return taken


def make_into_stock(*, making: str, params: Mapping[str, Any], store_id: int | None, made_by_name: str) -> int:
    """Make cards and put them into ranges, one for each type and level, in the order of their numbers; how many.

    ``making``: the SQL that inserts the cards, with its ``params`` and ``%(now)s``. Their numbers need not be
    consecutive: a range is counted by position. One statement for any number of cards.
    """
    made = f"{making} RETURNING {_TAKEN}"
    return _place(taken=made, params=params, lying=where_made(store_id), made_by_name=made_by_name)


def _place(*, taken: str, params: Mapping[str, Any], lying: Lying, made_by_name: str) -> int:
    state, store_id, released_at = lying
    placing: dict[str, Any] = {
        "now": clock.now(),
        "made_by_name": made_by_name,
        "state": state.value,
        "lying_in": store_id,
        "released": released_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLACING.format(taken=taken), {**params, **placing})
        return int(cursor.rowcount)
