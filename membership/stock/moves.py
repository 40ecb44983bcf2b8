"""Moving many cards by few statements. Each requires a transaction in which their ranges are locked."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import connection

from membership.stock.domain import PlaceState, Run

_RUNS: Final = """
    FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS run (range_id, first, last)
    WHERE place.range_id = run.range_id AND place.position BETWEEN run.first AND run.last
        AND place.state = ANY(%s)"""
_IN_STORE: Final = " AND place.store_id IS NOT DISTINCT FROM %s"
_MARK: Final = "UPDATE stock_cardplace AS place SET state = %s" + _RUNS + _IN_STORE  # noqa: S608
_HAND: Final = "UPDATE stock_cardplace AS place SET state = %s, store_id = %s" + _RUNS + _IN_STORE  # noqa: S608
_SEND: Final = "UPDATE stock_cardplace AS place SET state = %s, store_id = %s, released_at = %s" + _RUNS  # noqa: S608
_PLACE: Final = """
    INSERT INTO stock_cardplace (card_id, range_id, position, state, store_id, released_at)
    SELECT card.id, %s, listed.position, %s, %s, %s
    FROM unnest(%s::text[]) WITH ORDINALITY AS listed (number, position)
    JOIN cards_card AS card ON card.number = listed.number"""


def place(
    numbers: Sequence[str], *, range_id: int, state: PlaceState, store_id: int | None, released_at: datetime | None
) -> int:
    """Put cards that were just made into a range, in the order given; how many there were."""
    return _run(_PLACE, [range_id, state.value, store_id, released_at, list(numbers)])


def send(
    runs: Iterable[Run],
    *,
    start: Sequence[PlaceState],
    to: PlaceState,
    store_id: int | None,
    released_at: datetime | None,
) -> int:
    """Move those of the cards that lie in one of the ``start`` states to another place; how many there were."""
    return _run(_SEND, [to.value, store_id, released_at, *_arrays(runs), _values(start)])


def mark(runs: Iterable[Run], *, start: Sequence[PlaceState], to: PlaceState, store_id: int | None) -> int:
    """Change the state of those of the cards that lie in that store in one of the ``start`` states; how many."""
    return _run(_MARK, [to.value, *_arrays(runs), _values(start), store_id])


def hand_over(
    runs: Iterable[Run], *, start: PlaceState, from_store_id: int | None, to: PlaceState, store_id: int | None
) -> int:
    """Move those of the cards that lie in that store in the ``start`` state to another store, with the day from which
    they may be issued; how many there were.
    """
    return _run(_HAND, [to.value, store_id, *_arrays(runs), [start.value], from_store_id])


def _arrays(runs: Iterable[Run]) -> tuple[list[int], list[int], list[int]]:
    given = list(runs)
    return [run.range_id for run in given], [run.first for run in given], [run.last for run in given]


def _values(states: Sequence[PlaceState]) -> list[str]:
    return [state.value for state in states]


def _run(sql: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)
