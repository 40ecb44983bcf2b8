"""Clearing a chain's old records: decide, archive, prove, delete. Opens its own transactions, short ones.

Killed anywhere it is simply run again and goes on where it stopped. What stands in the database says where that is:

    decided, nothing written    the next archive is written
    an archive WRITTEN          it is read back; only then VERIFIED
    an archive VERIFIED         its records are deleted, those and no others; then CLEARED

Nothing is deleted that is not in a file that was read back. Where the table holds between the archive's first and last
moment exactly as many records as the archive, one statement deletes them. Where it does not, because a record was
written into the same days meanwhile, they are deleted by the ids of the file, and the newcomer waits for the next.

Two workers at one chain do no harm: each transaction begins with the chain's row, and who finds that another has begun
stops.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection, transaction

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

ARCHIVE_AT_MOST: Final = 5_000
"""Records of one archive: some tenths of a second, and a file of some hundred kilobytes."""
DELETE_AT_ONCE: Final = 2_000
RESTS: Final = 1.0
"""After each step, so many times as long as it took: the tills come first."""
_LONGEST_REST_S: Final = 0.5
_ACT: Final = "retention.clear"


class _TakenOver(Exception):
    """Another worker clears this chain now."""


class _OthersToo(Exception):
    """Between the times of an archive there is not exactly what it holds."""


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
        """A transaction of the chain in which nobody else clears.

        Its end does not wait for the disk: what a crash takes back is found and done again, in order, because a later
        transaction never outlives an earlier one. Only the file has to be safe first (``files.make_durable``).
        """
        with in_chain(self.schema_name):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO OFF")
            mine = Clearing.objects.filter(pk=Clearing.ONLY, turn=self.number, finished_at=None)
            if not mine.update(touched_at=clock.now()):
                raise _TakenOver
            yield

    def rest(self, began: float) -> None:
        """Leave the machine to others for as long as was worked since then."""
        time.sleep(min((time.monotonic() - began) * self.rests, _LONGEST_REST_S))


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
        began = time.monotonic()
        while _advance(turn):
            turn.rest(began)
            began = time.monotonic()
            if began >= turn.until:
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
        done = archive.state == ArchiveState.VERIFIED and _delete_at_once(turn, archive)
    if archive.state == ArchiveState.WRITTEN:
        done = _prove(turn, archive)
    if not done:
        _delete_by_id(turn, archive)
    return True


def _let_go() -> None:
    """The next run need not wait for this worker."""
    Clearing.objects.filter(pk=Clearing.ONLY).update(touched_at=None)


def _write_next(turn: _Turn) -> bool:
    """In an open step."""
    found = list(queries.expired(turn.before, limit=ARCHIVE_AT_MOST + 1))
    if not found:
        Clearing.objects.filter(pk=Clearing.ONLY).update(finished_at=clock.now())
        return False
    if len(found) > ARCHIVE_AT_MOST:
        # Whole moments, so that the archive's times say exactly what is in it.
        *found, following = found
        found = [row for row in found if row.occurred_at < following.occurred_at] or found
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


def _prove(turn: _Turn, archive: Archive) -> bool:
    """Read the file back, outside any transaction; then delete its records, if that can be done at once.

    Raises:
        ArchiveBroken
    """
    try:
        with selected(turn.schema_name):
            archives.verify(archive.file, records=archive.records, sha256=archive.sha256)
            files.make_durable(archive.file)
    except ArchiveBroken:
        _log.exception("an archive of records is broken: %s", archive.pk)
        with turn.step():
            Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.BROKEN)
            _let_go()
        raise
    with turn.step():
        Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.VERIFIED, verified_at=clock.now())
        return _delete_at_once(turn, archive)


def _delete_at_once(turn: _Turn, archive: Archive) -> bool:
    """In an open step: delete everything between the archive's first moment and its last, if that is exactly what is in
    the archive. Nobody else takes records away, so all of its records are there unless a step before this one deleted
    some; as many as it holds are therefore those it holds.
    """
    with suppress(_OthersToo), transaction.atomic(), connection.cursor() as cursor:
        times = [archive.first_at, archive.last_at]
        cursor.execute("DELETE FROM records_record WHERE occurred_at BETWEEN %s AND %s", times)
        if cursor.rowcount != archive.records:
            raise _OthersToo
        _close(archive)
        turn.cleared += archive.records
        return True
    return False


def _delete_by_id(turn: _Turn, archive: Archive) -> None:
    """Delete the records that the file holds and no others, some thousand at a time; with the last, it is done."""
    with selected(turn.schema_name):
        batches = archives.ids_in(archive.file, at_once=DELETE_AT_ONCE)
        ids = next(batches, None)
        while ids is not None:
            began, following = time.monotonic(), next(batches, None)
            with turn.step(), connection.cursor() as cursor:
                cursor.execute("DELETE FROM records_record WHERE id = ANY (%s)", [ids])
                deleted = cursor.rowcount
                if following is None:
                    _close(archive)
            turn.cleared += deleted
            turn.rest(began)
            ids = following


def _close(archive: Archive) -> None:
    Archive.objects.filter(pk=archive.pk).update(state=ArchiveState.CLEARED, cleared_at=clock.now())
    detail = {
        "records": archive.records,
        "first_at": archive.first_at.isoformat(),
        "last_at": archive.last_at.isoformat(),
    }
    record(SYSTEM, _ACT, object_type="archive", object_id=archive.pk, detail=detail)
