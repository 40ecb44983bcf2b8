"""Asking for a list as a workbook. Each requires a transaction of the chain."""

import io
from collections.abc import Mapping
from typing import Final

from django.utils.translation import get_language

from kernel import clock
from kernel.tasks import enqueue
from membership.exports.domain import AT_ONCE
from membership.exports.errors import ExportNotFound
from membership.exports.kinds import kind_of
from membership.exports.models import Export
from membership.exports.writing import write_list
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, NotAllowed, require

TASK: Final = "exports.advance"


def export_list(
    *, actor: Actor, kind_code: str, filters: Mapping[str, str], store_id: int, at_once: int | None = None
) -> Export | bytes:
    """A list under its filters: written now when it has ``at_once`` rows at most (``AT_ONCE``), by a worker when it is
    longer.

    Who may not reveal personal data gets it masked. It is in the trail either way: who, what, under which filters, how
    many rows and whether unmasked.

    Raises:
        NotAllowed, ExportNotFound
    """
    try:
        kind = kind_of(kind_code)
    except KeyError as error:
        raise ExportNotFound from error
    require(actor, Act.DATA_EXPORT, store_id=store_id)
    if not any(actor.may(act, store_id=store_id) for act in kind.acts):
        raise NotAllowed(act=kind.acts[0].label)
    revealed = actor.may(Act.MEMBER_REVEAL, store_id=store_id)
    kept = {name: value for name, value in filters.items() if value}
    most = AT_ONCE if at_once is None else at_once
    # Counted no further than it matters.
    if kind.found(kept).order_by()[: most + 1].count() > most:
        return _ask(actor, kind_code, kept, store_id, revealed=revealed)
    book = io.BytesIO()
    rows = write_list(book, kind, kept, revealed=revealed)
    note_export(actor=actor, kind_code=kind_code, filters=kept, rows=rows, store_id=store_id, revealed=revealed)
    return book.getvalue()


def note_export(
    *,
    actor: Actor,
    kind_code: str,
    filters: Mapping[str, str],
    rows: int,
    store_id: int | None,
    revealed: bool = False,
    export_id: int | None = None,
) -> None:
    """Put into the trail that a list has left the house.

    Raises:
        NotAllowed
    """
    require(actor, Act.DATA_EXPORT, store_id=store_id)
    record(
        actor, Act.DATA_EXPORT, object_type="export", object_id=export_id or "", store_id=store_id,
        detail={"kind": kind_code, "filters": dict(filters), "rows": rows, "revealed": revealed},
    )  # fmt: skip


def _ask(actor: Actor, kind_code: str, filters: dict[str, str], store_id: int, *, revealed: bool) -> Export:
    now = clock.now()
    export = Export.objects.create(
        kind=kind_code,
        filters=filters,
        revealed=revealed,
        language=get_language() or "zh-hans",
        store_id=store_id,
        actor=str(actor),
        actor_name=actor.name,
        created_at=now,
        touched_at=now,
    )
    record(
        actor, "export.ask", object_type="export", object_id=export.pk, store_id=store_id,
        detail={"kind": kind_code, "filters": filters, "revealed": revealed},
    )  # fmt: skip
    enqueue(TASK, export_id=export.pk)
    return export
