"""What a worker does with an export: write the file and keep it. Opens its own transactions, one for each page.

A killed worker leaves nothing but a row that nobody touches; the next begins anew. One that was only slow finds, at
its next page, that another has begun, and stops.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Final

from django.utils.translation import override

from kernel import clock
from kernel.db import in_chain
from kernel.files.services import XLSX, keep
from kernel.files.spooling import spool
from membership.exports.domain import ExportState
from membership.exports.kinds import kind_of
from membership.exports.models import Export
from membership.exports.writing import write_list
from tenants.audit.services import record
from tenants.people.domain import Act, Actor

_log = logging.getLogger(__name__)

ATTEMPTS_MAX: Final = 5
KEPT_FOR: Final = timedelta(days=3)
"""How long the file can be fetched: it holds personal data and is made again in a minute."""

_PIECE: Final = 1 << 18


class _TakenOver(Exception):
    """Another worker writes this export now."""


def advance(schema_name: str, export_id: int) -> None:
    """Write the export, if it waits for that."""
    with in_chain(schema_name):
        export = _begin(export_id)
    if export is None:
        return

    @contextmanager
    def turn() -> Iterator[None]:
        with in_chain(schema_name):
            _still_mine(export)
            yield

    try:
        with spool() as folder, override(export.language):
            rows = write_list(folder, kind_of(export.kind), export.filters, revealed=export.revealed, turn=turn)
            folder.seek(0)
            with turn():
                _finish(export, folder, rows)
    except _TakenOver:
        return
    except ValueError:
        # More rows than a sheet holds: no further attempt would mend that.
        _log.warning("export too long: %s", export_id)
        with in_chain(schema_name):
            Export.objects.filter(pk=export_id).update(state=ExportState.FAILED, finished_at=clock.now())


def _begin(export_id: int) -> Export | None:
    locked = Export.objects.select_for_update(no_key=True, skip_locked=True)
    export = locked.filter(pk=export_id, state=ExportState.WRITING).first()
    if export is None:
        return None
    export.attempts, export.touched_at = export.attempts + 1, clock.now()
    if export.attempts > ATTEMPTS_MAX:
        _log.error("export given up: %s", export_id)
        export.state, export.finished_at = ExportState.FAILED, clock.now()
    export.save(update_fields=["attempts", "touched_at", "state", "finished_at"])
    return export if export.state == ExportState.WRITING else None


def _still_mine(export: Export) -> None:
    mine = Export.objects.filter(pk=export.pk, state=ExportState.WRITING, attempts=export.attempts)
    if not mine.update(touched_at=clock.now()):
        raise _TakenOver


def _finish(export: Export, folder: IO[bytes], rows: int) -> None:
    now = clock.now()
    export.file = keep(
        iter(lambda: folder.read(_PIECE), b""),
        filename=f"{kind_of(export.kind).label}-{clock.today().isoformat()}.xlsx",
        content_type=XLSX,
        actor=export.actor,
        expires_at=now + KEPT_FOR,
    )
    export.state, export.rows, export.finished_at, export.touched_at = ExportState.DONE, rows, now, now
    export.save(update_fields=["file", "state", "rows", "finished_at", "touched_at"])
    record(
        Actor.recalled(export.actor, name=export.actor_name),
        Act.DATA_EXPORT,
        object_type="export",
        object_id=export.pk,
        store_id=export.store_id,
        detail={"kind": export.kind, "filters": export.filters, "rows": rows, "revealed": export.revealed},
    )
