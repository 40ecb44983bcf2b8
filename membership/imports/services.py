"""What people do with imports. Each requires a transaction of the chain; the work itself is a worker's."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Final

from kernel import clock
from kernel.clock import CHINA
from kernel.files.services import CSV, XLSX, delete, keep
from kernel.tasks import enqueue
from membership.imports.domain import ImportState
from membership.imports.errors import FileUploadedBefore, ImportNotFound, ImportStepForbidden, NothingToImport
from membership.imports.kinds import kind_of
from membership.imports.locks import lock
from membership.imports.models import Import
from membership.imports.reporting import KEPT_FOR
from membership.imports.running import forget_rows
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

TASK: Final = "imports.advance"
_COUNTS: Final = (ImportState.CHECKING, ImportState.CHECKED, ImportState.APPLYING, ImportState.DONE)


def upload(
    *,
    actor: Actor,
    kind_code: str,
    content: Iterable[bytes],
    filename: str,
    store_id: int,
    defaults: Mapping[str, str] | None = None,
    again: bool = False,
) -> Import:
    """Take a file in: it is kept for a month, encrypted, and a worker reads and checks it. Nothing is imported yet.

    ``defaults`` fill columns that are missing, by the column's code. ``again``: the person knows that the same file has
    been uploaded before.

    Raises:
        NotAllowed, KeyError
        FileUploadedBefore: the very same file, by its checksum; it was not kept a second time.
    """
    kind = kind_of(kind_code)
    require(actor, Act.DATA_IMPORT, store_id=store_id)
    require(actor, kind.act, store_id=store_id)
    now = clock.now()
    suffix = PurePath(filename).suffix.lower()
    kept = keep(
        content,
        filename=filename,
        content_type=XLSX if suffix == ".xlsx" else CSV,
        actor=str(actor),
        expires_at=now + KEPT_FOR,
    )
    if not again and (before := _uploaded_before(kind_code, kept.sha256)) is not None:
        delete(kept)
        raise FileUploadedBefore(
            actor_name=before.actor_name,
            uploaded_at=_minute(before.created_at),
            state_label=ImportState(before.state).label,
        )
    imported = Import.objects.create(
        kind=kind_code,
        file=kept,
        store_id=store_id,
        defaults={code: value for code, value in (defaults or {}).items() if value},
        actor=str(actor),
        actor_name=actor.name,
        created_at=now,
        touched_at=now,
    )
    record(
        actor, "import.upload", object_type="import", object_id=imported.pk, store_id=store_id,
        detail={"kind": kind_code, "sha256": kept.sha256, "size": kept.size},
    )  # fmt: skip
    enqueue(TASK, import_id=imported.pk)
    return imported


def confirm(*, actor: Actor, import_id: int) -> Import:
    """Have the good rows taken over: the person has seen the totals. Rows with problems are left out.

    Raises:
        NotAllowed, ImportNotFound, ImportStepForbidden, NothingToImport
    """
    imported = _locked(actor, import_id, ImportState.CHECKED)
    if not imported.good:
        raise NothingToImport
    imported.state, imported.touched_at = ImportState.APPLYING, clock.now()
    imported.confirmed_by, imported.confirmed_name = str(actor), actor.name
    imported.save(update_fields=["state", "touched_at", "confirmed_by", "confirmed_name"])
    record(
        actor, "import.confirm", object_type="import", object_id=import_id, store_id=imported.store_id,
        detail={"kind": imported.kind, "good": imported.good, "bad": imported.bad},
    )  # fmt: skip
    enqueue(TASK, import_id=import_id)
    return imported


def cancel(*, actor: Actor, import_id: int) -> Import:
    """End an import. Batches that were taken over stay; no further one is.

    Raises:
        NotAllowed, ImportNotFound, ImportStepForbidden
    """
    imported = _locked(actor, import_id, ImportState.CHECKING, ImportState.CHECKED, ImportState.APPLYING)
    imported.state = ImportState.CANCELLED
    imported.finished_at = imported.touched_at = clock.now()
    imported.save(update_fields=["state", "touched_at", "finished_at"])
    forget_rows(imported)
    record(
        actor, "import.cancel", object_type="import", object_id=import_id, store_id=imported.store_id,
        detail={"kind": imported.kind, "taken": imported.taken},
    )  # fmt: skip
    return imported


def _locked(actor: Actor, import_id: int, *states: ImportState) -> Import:
    imported = lock(import_id)
    if imported is None:
        raise ImportNotFound
    require(actor, Act.DATA_IMPORT, store_id=imported.store_id)
    require(actor, kind_of(imported.kind).act, store_id=imported.store_id)
    if imported.state not in states:
        raise ImportStepForbidden(state_label=ImportState(imported.state).label)
    return imported


def _uploaded_before(kind_code: str, sha256: str) -> Import | None:
    found = Import.objects.filter(kind=kind_code, file__sha256=sha256, state__in=_COUNTS)
    return found.order_by("-pk").first()


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"
