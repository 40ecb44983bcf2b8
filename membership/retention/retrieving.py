"""What a worker does with a request for old records: read the archives, write the workbook. Opens its own transactions.

A killed worker leaves nothing but a row that nobody touches; the next begins anew. The request is delivered, and so
charged, by the one statement that makes it DONE.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import IO, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from kernel import clock
from kernel.calendar import span_of, start_of
from kernel.db import in_chain, selected
from kernel.files.services import XLSX, keep
from kernel.files.spooling import spool
from kernel.sheets import write_workbook
from membership.cards.models import Card
from membership.exports.kinds import kind_of
from membership.records.models import Record
from membership.retention import archives
from membership.retention.domain import RetrievalState
from membership.retention.models import Archive, Retrieval
from membership.retention.queries import archives_of
from membership.retention.services import KEPT_DAYS
from tenants.audit.services import record
from tenants.people.domain import Actor
from tenants.stores.models import Store

_log = logging.getLogger(__name__)

ATTEMPTS_MAX: Final = 5
KEPT_FOR: Final = timedelta(days=KEPT_DAYS)
_PIECE: Final = 1 << 18


class _TakenOver(Exception):
    """Another worker does this now."""


def advance(schema_name: str, retrieval_id: int) -> None:
    """Deliver the request, if it waits for that."""
    with in_chain(schema_name):
        retrieval = _begin(retrieval_id)
        if retrieval is None:
            return
        begin, end = start_of(retrieval.first_day), span_of(retrieval.last_day)[1]
        found = list(archives_of(begin, end))
        card = Card.objects.select_related("member").get(pk=retrieval.card_id)
        stores = Store.objects.in_bulk()
    try:
        with spool() as folder, selected(schema_name), override(retrieval.language):
            rows = _rows(schema_name, retrieval, found, card, stores)
            sheet = kind_of("RECORDS")
            count = write_workbook(folder, [(_("历史档案"), sheet.columns(), rows)])
            folder.seek(0)
            with in_chain(schema_name):
                _finish(retrieval, card, folder, count)
    except _TakenOver:
        return


def _begin(retrieval_id: int) -> Retrieval | None:
    locked = Retrieval.objects.select_for_update(no_key=True, skip_locked=True)
    retrieval = locked.filter(pk=retrieval_id, state=RetrievalState.WAITING).first()
    if retrieval is None:
        return None
    retrieval.attempts, retrieval.touched_at = retrieval.attempts + 1, clock.now()
    if retrieval.attempts > ATTEMPTS_MAX:
        _log.error("retrieval given up: %s", retrieval_id)
        retrieval.state = RetrievalState.FAILED
    retrieval.save(update_fields=["attempts", "touched_at", "state"])
    return retrieval if retrieval.state == RetrievalState.WAITING else None


def _still_mine(retrieval: Retrieval) -> None:
    mine = Retrieval.objects.filter(pk=retrieval.pk, state=RetrievalState.WAITING, attempts=retrieval.attempts)
    if not mine.update(touched_at=clock.now()):
        raise _TakenOver


def _rows(
    schema_name: str, retrieval: Retrieval, found: list[Archive], card: Card, stores: dict[int, Store]
) -> Iterator[list[Any]]:
    """The card's records of the days, the oldest first, as the list of records writes them."""
    begin, end = start_of(retrieval.first_day), span_of(retrieval.last_day)[1]
    sheet = kind_of("RECORDS")
    for archive in found:
        with in_chain(schema_name):
            _still_mine(retrieval)
        page = [
            _shown(line.restored(), card, stores)
            for line in archives.read(archive.file, card_id=card.pk)
            if begin <= line.at < end
        ]
        yield from sheet.rows(page, revealed=retrieval.revealed)


def _shown(old: Record, card: Card, stores: dict[int, Store]) -> Record:
    """With what the list shows beside it, so that no query is needed for each."""
    old.card = card
    old.store = stores.get(old.store_id) if old.store_id else None
    return old


def _finish(retrieval: Retrieval, card: Card, folder: IO[bytes], rows: int) -> None:
    _still_mine(retrieval)
    now = clock.now()
    if rows:
        retrieval.file = keep(
            iter(lambda: folder.read(_PIECE), b""),
            filename=f"{_('历史档案')}-{card.number}-{retrieval.first_day}-{retrieval.last_day}.xlsx",
            content_type=XLSX,
            actor=retrieval.actor,
            expires_at=now + KEPT_FOR,
        )
        retrieval.delivered_at = now
    retrieval.state = RetrievalState.DONE if rows else RetrievalState.EMPTY
    retrieval.rows, retrieval.touched_at = rows, now
    retrieval.save(update_fields=["file", "state", "rows", "delivered_at", "touched_at"])
    record(
        Actor.recalled(retrieval.actor, name=retrieval.actor_name),
        "retention.deliver",
        object_type="retrieval",
        object_id=retrieval.pk,
        store_id=retrieval.store_id,
        detail={"card": card.number, "rows": rows, "revealed": retrieval.revealed},
    )
