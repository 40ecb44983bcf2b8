"""What a worker does with a take-over: read and check the workbook, take it over, or undo it.

Opens its own transactions, each of which commits with what says that it is done.
"""

import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import CASCADE, Model

from kernel import clock
from kernel.db import in_chain, selected
from kernel.files.services import FileGone
from kernel.sheets import sheet_names
from kernel.sheets.errors import SheetError, SheetMissing
from ledger.domain import Refused
from ledger.errors import error_of
from ledger.services import post_within, reversal_of
from membership.cards.models import Card
from membership.imports import running as importing
from membership.imports.domain import ROW_BITS, ImportState
from membership.imports.kinds.base import Span, fetch, run
from membership.imports.models import Import
from membership.imports.staging import stage, unsealed
from membership.members.models import Member
from membership.takeover.domain import SUMS, TakeoverState
from membership.takeover.errors import RowsFaulty
from membership.takeover.locks import hold
from membership.takeover.models import TakenCard, TakenMember, Takeover, TakeoverSheet
from membership.takeover.queries import booked, sheets_of
from membership.takeover.sheets import CardsSheet, MembersSheet, Sheet, VehiclesSheet
from membership.takeover.value_sheets import PointsSheet, PrepaymentSheet, StoredSheet
from membership.vehicles.models import Vehicle
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

_UNDONE_AT_ONCE: Final = 1_000
_REMOVED_AT_ONCE: Final = 5_000


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
        _undo(schema_name, takeover_id)


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


def _undo(schema_name: str, takeover_id: int) -> None:
    """Reverse the postings by the thousand, then remove what was filed. Nobody can use the cards meanwhile."""
    reversed_to = UUID(int=0)
    while True:
        with in_chain(schema_name):
            takeover = hold(takeover_id, TakeoverState.UNDOING)
            if takeover is None:
                return
            takeover.touched_at = clock.now()
            takeover.save(update_fields=["touched_at"])
            last = _reverse_some(takeover, after=reversed_to)
            reversed_to = last or reversed_to
            if last is None and not _remove_some(takeover):
                takeover.state, takeover.finished_at = TakeoverState.UNDONE, clock.now()
                takeover.save()
                _noted(takeover, "takeover.undone")
                return


def _reverse_some(takeover: Takeover, *, after: UUID) -> UUID | None:
    """Reverse the next postings behind that one, which spares looking through what is done; the last of them."""
    rows = fetch(
        """
        SELECT p.id FROM ledger_posting p
        WHERE p.id > %(after)s AND p.kind = 'OPENING' AND starts_with(p.idempotency_key, %(prefix)s)
            AND NOT EXISTS (SELECT FROM ledger_posting r WHERE r.reverses_id = p.id)
        ORDER BY p.id LIMIT %(most)s
        """,
        {"prefix": takeover.key_prefix, "most": _UNDONE_AT_ONCE, "after": after},
    )
    requests = [
        reversal_of(
            posting_id,
            idempotency_key=f"{takeover.key_prefix}undo|{posting_id}",
            actor=takeover.undone_by,
            occurred_at=takeover.touched_at,
            store_id=takeover.store_id,
            memo={"takeover": takeover.pk},
        )
        for (posting_id,) in rows
    ]
    for outcome in post_within(requests):
        if isinstance(outcome, Refused):
            raise error_of(outcome)
    return rows[-1][0] if rows else None


def _remove_some(takeover: Takeover) -> int:
    """Remove some cards, and when none is left some members, as if they had never been: their numbers are free for a
    better workbook. The books keep the accounts, the postings and their reversals.
    """
    cards = _taken(TakenCard, takeover, "card_id")
    if cards:
        _delete(TakenCard, "card_id", cards)
        _delete_with_parts(Card, cards)
        return len(cards)
    members = _taken(TakenMember, takeover, "member_id")
    vehicles = list(Vehicle.objects.filter(owner_id__in=members).values_list("pk", flat=True))
    _delete_with_parts(Vehicle, vehicles)
    _delete(TakenMember, "member_id", members)
    _delete_with_parts(Member, members)
    return len(members)


def _taken(model: type[TakenCard | TakenMember], takeover: Takeover, column: str) -> list[int]:
    found = model._default_manager.filter(takeover=takeover).order_by("pk")
    return list(found.values_list(column, flat=True)[:_REMOVED_AT_ONCE])


def _delete_with_parts(model: type[Model], keys: Sequence[int]) -> None:
    """Delete rows and what is a part of them (CASCADE), a statement for each table; nothing is fetched. What is not a
    part keeps its row from being deleted: the database refuses at the end of the transaction.
    """
    for relation in model._meta.related_objects:
        if relation.on_delete is CASCADE:
            _delete(relation.related_model, str(relation.field.column), keys)
    _delete(model, str(model._meta.pk.column), keys)


def _delete(model: type[Model], column: str, keys: Sequence[int]) -> None:
    name = connection.ops.quote_name
    run(f"DELETE FROM {name(model._meta.db_table)} WHERE {name(column)} = ANY(%(keys)s)", {"keys": list(keys)})  # noqa: S608


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
