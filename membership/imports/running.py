"""What a worker does with an import: stage, check, and after a person confirmed, take over. Opens its own transactions.

Every step commits with the counter that says it is done, under the import's row lock; so a worker that is killed is
followed by another that goes on, and two workers never do the same thing.
"""

import logging
from typing import Final

from django.conf import settings

from kernel import clock
from kernel.db import in_chain, selected
from kernel.files.services import FileGone
from kernel.sheets.errors import SheetError
from membership.imports.domain import ROW_BITS, ImportState
from membership.imports.errors import WorkBroken
from membership.imports.kinds import kind_of
from membership.imports.kinds.base import Span, fetch, run
from membership.imports.locks import hold
from membership.imports.models import Import
from membership.imports.reporting import keep_error_file
from membership.imports.staging import stage, unsealed
from tenants.audit.services import record
from tenants.people.domain import Act, Actor

_log = logging.getLogger(__name__)

ATTEMPTS_MAX: Final = 5
# Of a million faulty rows the page shows the first few; the file has them all.
_PROBLEMS_KEPT: Final = 50


def advance(schema_name: str, import_id: int) -> None:
    """Do whatever the import waits for."""
    with in_chain(schema_name):
        imported = Import.objects.select_related("file").filter(pk=import_id).first()
    if imported is None:
        return
    try:
        if imported.state == ImportState.CHECKING:
            check(schema_name, imported)
        elif imported.state == ImportState.APPLYING:
            take_over(schema_name, import_id)
    except (SheetError, FileGone) as error:
        _fail(schema_name, import_id, error if isinstance(error, SheetError) else WorkBroken())
    except Exception:
        _count_failure(schema_name, import_id)
        raise


def check(schema_name: str, imported: Import) -> None:
    """Stage the file and check the rows against each other and the database.

    Raises:
        SheetError: the file cannot be used as a whole.
    """
    with selected(schema_name), unsealed(imported.file) as stream:
        if not stage(schema_name, imported, stream):
            return
    with in_chain(schema_name):
        held = hold(imported.pk, ImportState.CHECKING)
        if held is not None:
            conclude_check(held)


def conclude_check(imported: Import) -> None:
    """Check all staged rows at once and say how they stand. In the chain's transaction, the import's row locked."""
    kind = kind_of(imported.kind)
    span = Span(imported, 0, (1 << ROW_BITS) - 1)
    run("ANALYZE imports_importrow", {})
    # To find what is twice in a million rows without going to the disk; until this transaction ends.
    run("SET LOCAL work_mem = '64MB'", {})
    kind.check(span)
    _count(imported)
    imported.totals = kind.totals(span)
    if imported.bad:
        imported.error_file = keep_error_file(imported)
    imported.state, imported.touched_at, imported.attempts = ImportState.CHECKED, clock.now(), 0
    imported.save()


def take_over(schema_name: str, import_id: int) -> None:
    """Take over the good rows, a batch in a transaction, from where it was left off."""
    while True:
        with in_chain(schema_name):
            imported = hold(import_id, ImportState.APPLYING)
            if imported is None:
                return
            kind = kind_of(imported.kind)
            if imported.applied >= imported.staged:
                _finish(imported)
                return
            upto = min(imported.applied + settings.IMPORT_BATCH_ROWS, imported.staged)
            imported.taken += kind.apply(Span(imported, imported.applied, upto))
            imported.applied, imported.touched_at, imported.attempts = upto, clock.now(), 0
            imported.save(update_fields=["taken", "applied", "touched_at", "attempts"])


def _finish(imported: Import) -> None:
    before = imported.bad
    _count(imported)
    if imported.bad != before:
        # Something had come into being between check and confirmation.
        imported.error_file = keep_error_file(imported)
    imported.state = ImportState.DONE
    imported.finished_at = imported.touched_at = clock.now()
    imported.save()
    forget_rows(imported)
    record(
        Actor.recalled(imported.confirmed_by, name=imported.confirmed_name),
        Act.DATA_IMPORT,
        object_type="import",
        object_id=imported.pk,
        store_id=imported.store_id,
        detail={"kind": imported.kind, "taken": imported.taken, "bad": imported.bad, "sha256": imported.file.sha256},
    )


def forget_rows(imported: Import) -> None:
    """Delete the staged rows with their ID documents, and the problems beyond those that the page shows."""
    params = Span(imported, 0, (1 << ROW_BITS) - 1).params
    for table in ("imports_importrow", "imports_stageddocument"):
        run(f"DELETE FROM {table} WHERE id > %(low)s AND id <= %(high)s", params)  # noqa: S608
    run(
        """
        DELETE FROM imports_importproblem WHERE row_id > %(low)s AND row_id <= %(high)s AND id NOT IN (
            SELECT id FROM imports_importproblem WHERE row_id > %(low)s AND row_id <= %(high)s
            ORDER BY row_id, id LIMIT %(kept)s)
        """,
        {**params, "kept": _PROBLEMS_KEPT},
    )


def _count(imported: Import) -> None:
    ((bad,),) = fetch(
        "SELECT count(DISTINCT row_id) FROM imports_importproblem WHERE row_id > %(low)s AND row_id <= %(high)s",
        Span(imported, 0, (1 << ROW_BITS) - 1).params,
    )
    imported.bad, imported.good = bad, imported.rows - bad


def _fail(schema_name: str, import_id: int, error: SheetError) -> None:
    with in_chain(schema_name):
        imported = hold(import_id, ImportState.CHECKING, ImportState.APPLYING)
        if imported is not None:
            imported.state, imported.error = ImportState.FAILED, {"code": error.code, "params": error.params}
            imported.finished_at = imported.touched_at = clock.now()
            imported.save()
            forget_rows(imported)


def _count_failure(schema_name: str, import_id: int) -> None:
    """What nobody foresaw is tried again by the sweeper, a few times."""
    with in_chain(schema_name):
        imported = hold(import_id, ImportState.CHECKING, ImportState.APPLYING)
        if imported is None:
            return
        imported.attempts += 1
        imported.touched_at = clock.now()
        imported.save(update_fields=["attempts", "touched_at"])
    if imported.attempts >= ATTEMPTS_MAX:
        _log.error("import given up: %s", import_id)
        _fail(schema_name, import_id, WorkBroken())
