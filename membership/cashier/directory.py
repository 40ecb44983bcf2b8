"""What a process remembers of a chain so that a posting costs no look-up: cards and stores by what never changes of
them.
"""

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection

from kernel.db import qualified, quote_schema
from ledger.domain import DrawPolicy

# Some 150 bytes each: the cards of a busy day, in a few megabytes.
_CARDS_KEPT: Final = 50_000
# A chain's change of draw policy reaches the API of every process within this time.
_POLICY_LIVES_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Found:
    """A card's keys. ``account_id`` is None until it is issued; such a card is not remembered."""

    card_id: int
    account_id: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """What a batch needs to know of its chain."""

    cards: Mapping[str, Found]
    stores: frozenset[int]
    draw_policy: DrawPolicy


_cards: dict[tuple[str, str], Found] = {}
_stores: dict[str, frozenset[int]] = {}
_policies: dict[str, tuple[float, DrawPolicy]] = {}
_writing = threading.Lock()


def look_up(schema: str, *, numbers: Collection[str], store_ids: Collection[int]) -> Known:
    """The cards of these numbers, whichever of these stores exist, and the draw policy. No query when all is
    remembered.
    """
    found = {number: card for number in numbers if (card := _cards.get((schema, number))) is not None}
    missing = [number for number in numbers if number not in found]
    if missing:
        found.update(_read_cards(schema, missing))
    stores = _stores.get(schema, frozenset())
    if not stores.issuperset(store_ids):
        stores = _read_stores(schema)
    return Known(cards=found, stores=stores, draw_policy=_policy(schema))


def forget(schema: str, numbers: Iterable[str]) -> None:
    """Forget cards that proved stale, and with them everything else of a chain that was made anew."""
    with _writing:
        for number in numbers:
            _cards.pop((schema, number), None)
        _stores.pop(schema, None)
        _policies.pop(schema, None)


def _read_cards(schema: str, numbers: list[str]) -> dict[str, Found]:
    sql = f"SELECT number, id, stored_account_id FROM {quote_schema(schema)}.cards_card WHERE number = ANY (%s)"  # noqa: S608
    with qualified(), connection.cursor() as cursor:
        cursor.execute(sql, [numbers])
        found = {number: Found(card_id, account_id) for number, card_id, account_id in cursor.fetchall()}
    with _writing:
        for number, card in found.items():
            if card.account_id is not None:
                _cards[schema, number] = card
        while len(_cards) > _CARDS_KEPT:
            # The longest known goes first: dictionaries keep the order of insertion.
            del _cards[next(iter(_cards))]
    return found


def _read_stores(schema: str) -> frozenset[int]:
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {quote_schema(schema)}.stores_store")  # noqa: S608
        stores = frozenset(store_id for (store_id,) in cursor.fetchall())
    _stores[schema] = stores
    return stores


def _policy(schema: str) -> DrawPolicy:
    read_at, policy = _policies.get(schema, (-_POLICY_LIVES_S, DrawPolicy.EARLIEST_EXPIRY))
    if time.monotonic() - read_at < _POLICY_LIVES_S:
        return policy
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT draw_policy FROM {quote_schema(schema)}.cashier_chainpolicy WHERE id = 1")  # noqa: S608
        policy = DrawPolicy(cursor.fetchone()[0])
    _policies[schema] = (time.monotonic(), policy)
    return policy
