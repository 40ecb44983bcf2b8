"""Clearing a chain's old records: decide, archive, prove, delete. Opens its own transactions, short ones.

Killed anywhere it is simply run again and goes on where it stopped. What stands in the database says where that is:

    decided, nothing written    the next archive is written
    an archive WRITTEN          it is read back; only then VERIFIED
    an archive VERIFIED         its records are deleted, those of its file and no others; then CLEARED

A record is deleted by its id out of a file that was read back, never by a condition on its time: one that was written
into the same days meanwhile stays for the next archive. Two workers at one chain do no harm: each transaction
begins with the chain's row, and who finds that another has begun stops.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from billing.pricebook.domain import PLANS, Plan
from kernel import clock
from kernel.db import in_chain, in_public, selected
from kernel.files import services as files
from membership.records.queries import kept_since
from membership.retention import archives, queries
from membership.retention.domain import ArchiveState
from membership.retention.errors import ArchiveBroken
from membership.retention.models import Archive, Clearing
from tenants.audit.services import record
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM

_log = logging.getLogger(__name__)

ARCHIVE_AT_MOST: Final = 20_000
"""Records of one archive: a second's work, and some megabytes."""
DELETE_AT_ONCE: Final = 2_000
RESTS: Final = 1.0
"""After each statement that deletes, so many times as long as it took: the tills come first."""
_LONGEST_REST_S: Final = 0.5
_ACT: Final = "retention.clear"


class _TakenOver(Exception):
    """Another worker clears this chain now."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What one run did. ``finished`` False: its time was up, and there is more."""

    records: int
    finished: bool


@dataclass(slots=True)
class _Turn:
    """One worker's time with a chain."""

    schema_name: str
    number: int
    before: datetime
    until: float
    rests: float
    cleared: int = 0

    @contextmanager
    def step(self) -> Iterator[None]:
        """A transaction of the chain in which nobody else clears."""
        with in_chain(self.schema_name):
            mine = Clearing.objects.filter(pk=Clearing.ONLY, turn=self.number, finished_at=None)
            if not mine.update(touched_at=clock.now()):
                raise _TakenOver
            yield


def run(schema_name: str, *, seconds: float, rests: float = RESTS) -> Cleared:
    """Do today's clearing of a chain, or what of it can be done within so many seconds, an archive at least. Nothing is
    done where another worker is at it.

    Raises:
        ArchiveBroken: a file could not be read back. Nothing was deleted for it; it is written again the next time.
    """
    turn = _begin(schema_name, seconds=seconds, rests=rests)
    if turn is None:
        return Cleared(0, finished=True)
    try:
        while _advance(turn):
            if time.monotonic() >= turn.until:
                break
        else:
            return Cleared(turn.cleared, finished=True)
        with turn.step():
            _let_go()
    except _TakenOver:
        return Cleared(turn.cleared, finished=True)
    return Cleared(turn.cleared, finished=False)


def _begin(schema_name: str, *, seconds: float, rests: float) -> _Turn | None:
    """Decide from which day on records are kept, if that is not decided yet, and take the chain."""
    with in_public():
        plan = Chain.objects.values_list("plan", flat=True).get(schema_name=schema_name)
    now = clock.now()
    kept = kept_since(clock.today(), PLANS[Plan(plan)].records_kept_months)
    with in_chain(schema_name):
        row = Clearing.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=Clearing.ONLY).first()
        if row is None:
            return None
        if row.finished_at is None and row.touched_at is not None and row.touched_at > now - queries.PATIENCE:
            return None
        if row.cleared_before is None or row.cleared_before < kept:
            row.cleared_before, row.decided_at, row.finished_at = kept, now, None
        if row.finished_at is not None:
            return None
        row.turn, row.touched_at = row.turn + 1, now
        row.save()
        return _Turn(schema_name, row.turn, row.cleared_before, time.monotonic() + seconds, rests)


def _advance(turn: _Turn) -> bool:
    """One archive's way to its end, or the beginning of the next; False when nothing is left."""
    with turn.step():
        archive = queries.unfinished_archive()
    if archive is None:
        return _write_next(turn)
    if archive.state == ArchiveState.WRITTEN:
        _prove(turn, archive)
    _delete(turn, archive)
    return True


def _let_go() -> None:
    """The next run need not wait for this worker."""
    Clearing.objects.filter(pk=Clearing.ONLY).update(touched_at=None)


def _write_next(turn: _Turn) -> bool:
    with turn.step():
        found = list(queries.expired(turn.before, limit=ARCHIVE_AT_MOST))
        if not found:
            Clearing.objects.filter(pk=Clearing.ONLY).update(finished_at=clock.now())
            return False
        packing = archives.Packing(found)
        now, first, last = clock.now(), found[0].occurred_at, found[-1].occurred_at
        kept = files.keep(
            packing,
            filename=f"records-{first:%Y%m%d}-{last:%Y%m%d}.jsonl.gz",
            content_type=archives.CONTENT_TYPE,
            actor=str(SYSTEM),
        )
        Archive.objects.create(
            first_at=first, last_at=last, records=packing.records, sha256=packing.sha256, file=kept, created_at=now
        )
    return True


def _prove(turn: _Turn, archive: Archive) -> None:
    """Read the file back, outside any transaction.

    Raises:
        ArchiveBroken
    """
    with turn.step():
        kept = files.find(archive.file_id)
    try:
        with selected(turn.schema_name):
            archives.verify(kept, records=archive.records, sha256=archive.sha256)
    except ArchiveBroken:
        _log.exception("an archive of records is broken: %s", archive.pk)
        with turn.step():
            Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.BROKEN)
            _let_go()
        raise
    with turn.step():
        Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.VERIFIED, verified_at=clock.now())


def _delete(turn: _Turn, archive: Archive) -> None:
    """Delete the records of a file that was read back, some thousand at a time."""
    with selected(turn.schema_name):
        for ids in archives.ids_in(archive.file, at_once=DELETE_AT_ONCE):
            began = time.monotonic()
            with turn.step(), connection.cursor() as cursor:
                cursor.execute("DELETE FROM records_record WHERE id = ANY (%s)", [ids])
                turn.cleared += cursor.rowcount
            time.sleep(min((time.monotonic() - began) * turn.rests, _LONGEST_REST_S))
    with turn.step():
        Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.CLEARED, cleared_at=clock.now())
        detail = {
            "records": archive.records,
            "first_at": archive.first_at.isoformat(),
            "last_at": archive.last_at.isoformat(),
        }
        record(SYSTEM, _ACT, object_type="archive", object_id=archive.pk, detail=detail)
