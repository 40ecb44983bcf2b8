"""Printing receipts and counting drawers. Each requires a transaction of the chain."""

from datetime import date
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from kernel.money import LARGEST_FEN, Money
from membership.tills.domain import SlipWidth, total_of
from membership.tills.locks import lock_record
from membership.tills.models import ReceiptPrint, ShiftClose
from membership.tills.queries import day_takings
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, NotAllowed

PRINTERS: Final = (Act.CARD_VIEW, Act.VALUE_CONSUME, Act.VALUE_TOP_UP)
CASHIERS: Final = (Act.VALUE_CONSUME, Act.VALUE_TOP_UP)


class CountInvalid(DomainError):
    """A drawer holds nothing less than nothing."""

    code = "count_invalid"
    status = 400
    message = _("清点金额无效：不能小于零。没有保存。")


class CountConflict(DomainError):
    """The same form was sent before, with another count."""

    code = "count_conflict"
    status = 409
    message = _("这份清点已经保存过，内容不同。要重新清点，请打开一份新的。")


def note_print(*, actor: Actor, record_id: UUID, width: SlipWidth, store_id: int | None) -> ReceiptPrint:
    """Write down that a receipt is printed now: the first time the original, afterwards numbered copies (R-L12).

    Raises:
        NotAllowed, RecordNotFound
    """
    if not any(actor.may(act, store_id=store_id) for act in PRINTERS):
        raise NotAllowed(act=Act.CARD_VIEW.label)
    lock_record(record_id)
    copy_no = ReceiptPrint.objects.filter(record_id=record_id).count()
    printed = ReceiptPrint.objects.create(
        record_id=record_id,
        copy_no=copy_no,
        width=width,
        store_id=store_id,
        actor=str(actor),
        actor_name=actor.name,
        printed_at=clock.now(),
    )
    if copy_no:
        record(
            actor,
            "receipt.reprint",
            object_type="record",
            object_id=record_id,
            store_id=store_id,
            detail={"copy": copy_no},
        )
    return printed


def close_shift(
    *, actor: Actor, store_id: int, day: date, float_in: Money, counted: Money, note: str, idempotency_key: str
) -> ShiftClose:
    """Write down what lies in one's own drawer, beside what the books expect there now (R-K04). Counting again makes a
    new one; the same form sent twice makes one.

    ``float_in``: what lay there before the first customer.

    Raises:
        NotAllowed, CountInvalid, CountConflict
    """
    if not any(actor.may(act, store_id=store_id) for act in CASHIERS):
        raise NotAllowed(act=Act.VALUE_CONSUME.label)
    if not 0 <= float_in.fen <= LARGEST_FEN or not 0 <= counted.fen <= LARGEST_FEN:
        raise CountInvalid
    key = f"{actor}|{idempotency_key}"
    asked = {"store_id": store_id, "day": day, "float_fen": float_in.fen, "counted_fen": counted.fen, "note": note}
    mine = day_takings(day=day, store_id=store_id, actor=str(actor)).get(str(actor), {})
    close, created = ShiftClose.objects.get_or_create(
        idempotency_key=key,
        defaults={
            **asked,
            "actor": str(actor),
            "actor_name": actor.name,
            "expected_fen": total_of(mine.values()).cash_fen,
            "closed_at": clock.now(),
        },
    )
    if any(getattr(close, name) != value for name, value in asked.items()):
        raise CountConflict
    if created:
        detail = {"counted_fen": close.counted_fen, "difference_fen": close.difference_fen}
        record(actor, "till.count", object_type="shift", object_id=close.pk, store_id=store_id, detail=detail)
    return close
