"""What people do with a take-over. Each requires a transaction of the chain; the work itself is a worker's."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from kernel import clock
from kernel.files.services import XLSX, keep
from kernel.tasks import enqueue
from membership.imports.domain import ImportState
from membership.imports.models import Import
from membership.imports.running import forget_rows
from membership.takeover import locks
from membership.takeover.domain import SUMS, TakeoverState, shown_sum
from membership.takeover.errors import (
    SignedAlready,
    SumsDiffer,
    TakeoverNotFound,
    TakeoverOpen,
    TakeoverStepForbidden,
)
from membership.takeover.models import Takeover
from membership.takeover.queries import sheets_of
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require

TASK: Final = "takeover.advance"
_KEPT_FOR: Final = timedelta(days=365)
_OPEN: Final = (TakeoverState.CHECKING, TakeoverState.CHECKED, TakeoverState.APPLYING, TakeoverState.UNDOING)


def upload(*, actor: Actor, content: Iterable[bytes], filename: str, store_id: int) -> Takeover:
    """Take the workbook in; a worker reads and checks it. Nothing is taken over before two people have signed.

    ``store_id``: the store that the members and cards are filed under.

    Raises:
        NotAllowed, TakeoverOpen
    """
    require(actor, Act.DATA_IMPORT)
    if Takeover.objects.filter(state__in=_OPEN).exists():
        raise TakeoverOpen
    now = clock.now()
    kept = keep(content, filename=filename, content_type=XLSX, actor=str(actor), expires_at=now + _KEPT_FOR)
    takeover = Takeover.objects.create(
        file=kept, store_id=store_id, actor=str(actor), actor_name=actor.name, created_at=now, touched_at=now
    )
    _noted(actor, takeover, "takeover.upload", {"sha256": kept.sha256})
    enqueue(TASK, takeover_id=takeover.pk)
    return takeover


def sign(*, actor: Actor, takeover_id: int, sums: Mapping[str, int]) -> Takeover:
    """Sign that the file's sums are those of the old system's print, typed from it (fen, points, counts).

    The second signature, by another person, begins the taking over.

    Raises:
        NotAllowed, TakeoverNotFound, TakeoverStepForbidden, SignedAlready
        SumsDiffer: names the first sum that differs; nothing was signed.
    """
    require(actor, Act.DATA_SIGN)
    takeover = _locked(takeover_id, TakeoverState.CHECKED)
    if takeover.first_signer == str(actor):
        raise SignedAlready
    for name, label in SUMS.items():
        given, found = sums.get(name, 0), takeover.sums.get(name, 0)
        if given != found:
            raise SumsDiffer(name=label, found=shown_sum(name, found), given=shown_sum(name, given))
    now = clock.now()
    if not takeover.first_signer:
        takeover.first_signer, takeover.first_name, takeover.first_at = str(actor), actor.name, now
    else:
        takeover.second_signer, takeover.second_name, takeover.second_at = str(actor), actor.name, now
        takeover.state, takeover.touched_at = TakeoverState.APPLYING, now
        Import.objects.filter(takeoversheet__takeover=takeover).update(
            state=ImportState.APPLYING, touched_at=now, confirmed_by=str(actor), confirmed_name=actor.name
        )
        enqueue(TASK, takeover_id=takeover_id)
    takeover.save()
    _noted(actor, takeover, Act.DATA_SIGN, dict(takeover.sums))
    return takeover


def cancel(*, actor: Actor, takeover_id: int) -> Takeover:
    """Give up a take-over before anything was taken over.

    Raises:
        NotAllowed, TakeoverNotFound, TakeoverStepForbidden
    """
    require(actor, Act.DATA_IMPORT)
    takeover = _locked(takeover_id, TakeoverState.CHECKING, TakeoverState.CHECKED)
    takeover.state = TakeoverState.CANCELLED
    takeover.finished_at = takeover.touched_at = clock.now()
    takeover.save()
    for imported in sheets_of(takeover):
        forget_rows(imported)
        imported.state = ImportState.CANCELLED
        imported.save(update_fields=["state"])
    _noted(actor, takeover, "takeover.cancel", {})
    return takeover


def undo(*, actor: Actor, takeover_id: int) -> Takeover:
    """Have everything taken back as one act: reversal postings, then cards, members and vehicles are removed.

    A worker does it. It first holds every card, so that no till can use any; where something has happened on one since
    it was taken over it lets go of them again, undoes nothing, and the take-over says why (``TakeoverInUse``).

    Raises:
        NotAllowed, TakeoverNotFound, TakeoverStepForbidden
    """
    require(actor, Act.DATA_SIGN)
    takeover = _locked(takeover_id, TakeoverState.DONE, TakeoverState.DIFFERS)
    takeover.state, takeover.touched_at = TakeoverState.UNDOING, clock.now()
    takeover.undone_by, takeover.undone_name = str(actor), actor.name
    takeover.error, takeover.undo_sure_at = {}, None
    takeover.undo_done = takeover.undo_total = 0
    takeover.save()
    _noted(actor, takeover, "takeover.undo", dict(takeover.booked))
    enqueue(TASK, takeover_id=takeover_id)
    return takeover


def _locked(takeover_id: int, *states: TakeoverState) -> Takeover:
    takeover = locks.lock(takeover_id)
    if takeover is None:
        raise TakeoverNotFound
    if takeover.state not in states:
        raise TakeoverStepForbidden(state_label=TakeoverState(takeover.state).label)
    return takeover


def _noted(actor: Actor, takeover: Takeover, act: str, detail: Mapping[str, object]) -> None:
    record(actor, act, object_type="takeover", object_id=takeover.pk, store_id=takeover.store_id, detail=dict(detail))
