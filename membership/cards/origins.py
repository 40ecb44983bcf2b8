"""Where what is on a card that has another's place came from, and where what was on a replaced card has gone.

A posting that moves lots on says so in its memo (``told``), in the order in which it opens them: a card's end does
(``services.moving``), and a return of goods to a card that was replaced (``cashier.returning``). Lots' keys follow that
order.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from ledger.models import Draw, Lot, Posting

ORIGINS: Final = "origins"


def told(lots: Iterable[Lot]) -> dict[str, Any]:
    """For the memo of a posting that opens a lot for each of these, in their order: what each was, which posting opened
    it, how much it held at first.
    """
    return {ORIGINS: [{"lot": str(lot.pk), "posting": str(lot.posting_id), "original": lot.original} for lot in lots]}


def sources_of(lots: Iterable[Lot]) -> dict[UUID, UUID]:
    """By each lot's key the posting that first brought what is in it: the top-up, the sale. Two queries for each card
    between, one where there was none.
    """
    found = {lot.pk: (lot.pk, lot.posting_id) for lot in lots}
    while moved := _before([posting_id for _lot_id, posting_id in found.values()]):
        found = {pk: moved.get(lot_id, (lot_id, posting_id)) for pk, (lot_id, posting_id) in found.items()}
    return {pk: posting_id for pk, (_lot_id, posting_id) in found.items()}


def _before(posting_ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """By the key of each lot that was moved by one of these postings: the lot it had been, and that one's posting."""
    origins = _origins(Posting.objects.filter(pk__in=set(posting_ids), memo__has_key=ORIGINS).values_list("pk", "memo"))
    return {
        lot.pk: (UUID(origin["lot"]), UUID(origin["posting"]))
        for posting_id, lots in _opened_by(origins).items()
        for lot, origin in zip(lots, origins[posting_id], strict=True)
    }


def heirs_of(lots: Iterable[Lot]) -> list[Lot]:
    """What these lots have become on other cards, generation by generation; without themselves. Two queries for each
    card between, one where there is none.
    """
    found: list[Lot] = []
    before = {lot.pk for lot in lots}
    while before:
        moves = Draw.objects.filter(lot_id__in=before, amount__lt=0, posting__memo__has_key=ORIGINS)
        origins = _origins(moves.values_list("posting_id", "posting__memo").distinct())
        born = [
            lot
            for posting_id, opened in _opened_by(origins).items()
            for lot, origin in zip(opened, origins[posting_id], strict=True)
            if UUID(origin["lot"]) in before
        ]
        found += born
        before = {lot.pk for lot in born}
    return found


def _origins(memos: Iterable[tuple[UUID, Any]]) -> dict[UUID, Sequence[dict[str, Any]]]:
    return {posting_id: memo[ORIGINS] for posting_id, memo in memos}


def _opened_by(postings: Iterable[UUID]) -> dict[UUID, list[Lot]]:
    opened: dict[UUID, list[Lot]] = {}
    wanted = list(postings)
    for lot in Lot.objects.filter(posting_id__in=wanted).order_by("pk") if wanted else ():
        opened.setdefault(lot.posting_id, []).append(lot)
    return opened
