"""What a worker does with a take-over: read and check the workbook, take it over, or undo it.

Opens its own transactions, each of which commits with what says that it is done.
"""

import logging
from typing import Final

from kernel import clock
from kernel.db import in_chain, selected
from kernel.files.services import FileGone
from kernel.sheets import sheet_names
from kernel.sheets.errors import SheetError, SheetMissing
from membership.imports import running as importing
from membership.imports.domain import ROW_BITS, ImportState
from membership.imports.kinds.base import Span
from membership.imports.models import Import
from membership.imports.staging import stage, unsealed
from membership.takeover.domain import SUMS, TakeoverState
from membership.takeover.errors import RowsFaulty
from membership.takeover.locks import hold
from membership.takeover.models import Takeover, TakeoverSheet
from membership.takeover.queries import booked, sheets_of
from membership.takeover.sheets import CardsSheet, MembersSheet, Sheet, VehiclesSheet
from membership.takeover.undoing import undo
from membership.takeover.value_sheets import PointsSheet, PrepaymentSheet, StoredSheet
from tenants.audit.services import record
from tenants.people.domain import SYSTEM, Act

_log = logging.getLogger(__name__)

SHEETS: Final[tuple[type[Sheet], ...]] = (
    MembersSheet,
    VehiclesSheet,
    CardsSheet,
    StoredSheet,
    PointsSheet,
    PrepaymentSheet,
)
"""In the order in which they are taken over."""


def advance(schema_name: str, takeover_id: int) -> None:
    """Do whatever the take-over waits for."""
    with in_chain(schema_name):
        takeover = Takeover.objects.select_related("file").filter(pk=takeover_id).first()
    if takeover is None:
        return
    if takeover.state == TakeoverState.CHECKING:
        try:
            _check(schema_name, takeover)
        except (SheetError, FileGone) as error:
            _fail(schema_name, takeover_id, {"code": error.code, "params": error.params})
    elif takeover.state == TakeoverState.APPLYING:
        _take_over(schema_name, takeover)
    elif takeover.state == TakeoverState.UNDOING:
        undo(schema_name, takeover_id)


def _check(schema_name: str, takeover: Takeover) -> None:
    with selected(schema_name), unsealed(takeover.file) as stream:
        names = sheet_names(stream)
        for each in SHEETS:
            if each.required and each.title not in names:
                raise SheetMissing(sheet=each.title, found=names or ["—"])
        for imported in _sheets(schema_name, takeover, [each for each in SHEETS if each.title in names]):
            if not stage(schema_name, imported, stream):
                return
    with in_chain(schema_name):
        held = hold(takeover.pk, TakeoverState.CHECKING)
        if held is not None:
            _conclude_check(held)


def _sheets(schema_name: str, takeover: Takeover, kinds: list[type[Sheet]]) -> list[Import]:
    """The imports of the sheets, made when they are first needed."""
    with in_chain(schema_name):
        if hold(takeover.pk, TakeoverState.CHECKING) is None:
            return []
        now = clock.now()
        for place, each in enumerate(kinds):
            if not TakeoverSheet.objects.filter(takeover=takeover, place=place).exists():
                imported = Import.objects.create(
                    kind=each.code,
                    file=takeover.file,
                    sheet=each.title,
                    store_id=takeover.store_id,
                    led=True,
                    actor=takeover.actor,
                    actor_name=takeover.actor_name,
                    created_at=now,
                    touched_at=now,
                )
                TakeoverSheet.objects.create(takeover=takeover, place=place, imported=imported)
        return sheets_of(takeover)


def _conclude_check(takeover: Takeover) -> None:
    sums = dict.fromkeys(SUMS, 0)
    bad = 0
    for imported in sheets_of(takeover):
        importing.conclude_check(imported)
        bad += imported.bad
        kind = _KINDS[imported.kind]
        sums |= kind.sums(Span(imported, 0, (1 << ROW_BITS) - 1))
    takeover.sums, takeover.touched_at = sums, clock.now()
    takeover.state = TakeoverState.CHECKED
    if bad:
        # The lists of errors are written; what waits for nobody is forgotten.
        _end_failed(takeover, {"code": RowsFaulty.code, "params": {"bad": bad}})
    takeover.save()


def _take_over(schema_name: str, takeover: Takeover) -> None:
    with in_chain(schema_name):
        sheets = sheets_of(takeover)
    for imported in sheets:
        importing.take_over(schema_name, imported.pk)
        with in_chain(schema_name):
            if Import.objects.get(pk=imported.pk).state != ImportState.DONE:
                # Another worker is at it.
                return
            Takeover.objects.filter(pk=takeover.pk).update(touched_at=clock.now())
    with in_chain(schema_name):
        held = hold(takeover.pk, TakeoverState.APPLYING)
        if held is not None:
            held.booked = booked(held)
            same = held.booked == {name: held.sums.get(name, 0) for name in SUMS}
            held.state = TakeoverState.DONE if same else TakeoverState.DIFFERS
            held.finished_at = held.touched_at = clock.now()
            held.save()
            _noted(held, Act.DATA_IMPORT)


def _fail(schema_name: str, takeover_id: int, error: dict[str, object]) -> None:
    with in_chain(schema_name):
        takeover = hold(takeover_id, TakeoverState.CHECKING)
        if takeover is not None:
            _end_failed(takeover, error)
            takeover.save()


def _end_failed(takeover: Takeover, error: dict[str, object]) -> None:
    takeover.state, takeover.error = TakeoverState.FAILED, error
    takeover.finished_at = takeover.touched_at = clock.now()
    for imported in sheets_of(takeover):
        importing.forget_rows(imported)
        imported.state = ImportState.CANCELLED
        imported.save(update_fields=["state"])


def _noted(takeover: Takeover, act: str) -> None:
    record(
        SYSTEM, act, object_type="takeover", object_id=takeover.pk, store_id=takeover.store_id,
        detail={"booked": takeover.booked, "signed": [takeover.first_signer, takeover.second_signer]},
    )  # fmt: skip


_KINDS: Final = {each.code: each() for each in SHEETS}
