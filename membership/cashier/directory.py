"""What a process remembers of a chain so that a posting costs no look-up: cards and stores by what never changes of
them.
"""

import threading
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection

from billing.subscriptions.entitlements import module_on
from kernel.db import qualified, quote_schema
from ledger.domain import DrawPolicy
from membership.cashier.points import PointsBook, PointsTerm

# Some 150 bytes each: the cards of a busy day, in a few megabytes.
_CARDS_KEPT: Final = 50_000
# A chain's change of its rules reaches the API of every process within this time.
_RULES_LIVE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Found:
    """A card's keys. ``account_id`` is None until it is issued; such a card is not remembered."""

    card_id: int
    account_id: int | None
    points_account_id: int | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a chain has chosen for its tills."""

    draw_policy: DrawPolicy
    points: PointsBook


@dataclass(frozen=True, slots=True)
class Known:
    """What a batch needs to know of its chain."""

    cards: Mapping[str, Found]
    stores: frozenset[int]
    rules: Rules


_cards: dict[tuple[str, str], Found] = {}
_stores: dict[str, frozenset[int]] = {}
_rules: dict[str, tuple[float, Rules]] = {}
_writing = threading.Lock()


def look_up(schema: str, *, numbers: Collection[str], store_ids: Collection[int]) -> Known:
    """The cards of these numbers, whichever of these stores exist, and the chain's rules. No query when all is
    remembered.
    """
    found = {number: card for number in numbers if (card := _cards.get((schema, number))) is not None}
    missing = [number for number in numbers if number not in found]
    if missing:
        found.update(_read_cards(schema, missing))
    stores = _stores.get(schema, frozenset())
    if not stores.issuperset(store_ids):
        stores = _read_stores(schema)
    return Known(cards=found, stores=stores, rules=_rules_of(schema))


def forget(schema: str, numbers: Iterable[str]) -> None:
    """Forget cards that proved stale, and with them everything else of a chain that was made anew."""
    with _writing:
        for number in numbers:
            _cards.pop((schema, number), None)
        _stores.pop(schema, None)
        _rules.pop(schema, None)


def _read_cards(schema: str, numbers: list[str]) -> dict[str, Found]:
    columns = "number, id, stored_account_id, points_account_id"
    sql = f"SELECT {columns} FROM {quote_schema(schema)}.cards_card WHERE number = ANY (%s)"  # noqa: S608
    with qualified(), connection.cursor() as cursor:
        cursor.execute(sql, [numbers])
        found = {number: Found(*keys) for number, *keys in cursor.fetchall()}
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


def _rules_of(schema: str) -> Rules:
    read_at, rules = _rules.get(schema, (-_RULES_LIVE_S, None))
    if rules is not None and time.monotonic() - read_at < _RULES_LIVE_S:
        return rules
    with qualified(), connection.cursor() as cursor:
        cursor.execute(f"SELECT draw_policy FROM {quote_schema(schema)}.cashier_chainpolicy WHERE id = 1")  # noqa: S608
        draw_policy = cursor.fetchone()[0]
        cursor.execute(
            "SELECT fen_per_point, level_id, starts_on, ends_on"  # noqa: S608
            f" FROM {quote_schema(schema)}.cashier_pointsrule WHERE enabled"
        )
        terms = tuple(PointsTerm(*row) for row in cursor.fetchall())
    if not module_on("points", schema_name=schema):
        terms = ()
    rules = Rules(DrawPolicy(draw_policy), PointsBook(terms))
    _rules[schema] = (time.monotonic(), rules)
    return rules
