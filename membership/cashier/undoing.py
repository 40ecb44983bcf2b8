"""What keeps a receipt from being undone, known before anybody tries: a page offers what would be accepted, and says
why the rest is not. The acts decide themselves, under their locks.
"""

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.errors import DomainError
from ledger.errors import LotsAlreadyDrawn
from ledger.models import Lot
from membership.cards import origins
from membership.cards.domain import ENDED
from membership.cards.errors import not_usable
from membership.cards.queries import last_of, why_unusable
from membership.cashier.errors import (
    AllReturned,
    BillAlreadySettled,
    FaultNotSameDay,
    NothingToTakeBack,
    NotReturnable,
    NotReversible,
    PartlyReturned,
)
from membership.cashier.models import GoodsReturn, SignedBill
from membership.cashier.reversing import plan_reverse_top_up
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.people.domain import Act, Actor


class GainsUsed(LotsAlreadyDrawn):
    """The points that a payment earned are not all there any more."""

    message = _("这一笔得的积分已有使用或到期，不能冲正；请改做退货。未作任何更改。")


class PackageUsed(LotsAlreadyDrawn):
    """Of the package that was sold some has been used."""

    message = _("这份套餐已有使用或到期：有使用的，请先冲正各次使用，再冲正售出。未作任何更改。")


def why_not_reversed(record: Record) -> DomainError | None:
    """What would refuse the reversal of a payment, or of a sale or a use of a package, as it is now. Six queries at
    most, and one for each card that has had the place of another.
    """
    if record.kind not in (RecordKind.CONSUMPTION, RecordKind.PACKAGE) or record.posting_id is None:
        return NotReversible()
    if GoodsReturn.objects.filter(consumption=record.pk).exists():
        return PartlyReturned()
    last = last_of(record.card)
    if last.status in ENDED:
        return not_usable(f"card_{last.status.lower()}", card_number=last.number)
    opened = list(Lot.objects.filter(posting_id=record.pk))
    if opened and sum(lot.remaining for lot in (*opened, *origins.heirs_of(opened))) < sum(x.original for x in opened):
        return PackageUsed() if record.kind == RecordKind.PACKAGE else GainsUsed()
    bill = SignedBill.objects.filter(pk=record.pk).first()
    if bill is not None and (bill.settled_fen or bill.relieved_fen):
        return BillAlreadySettled(number=bill.number)
    return None


def why_not_returned(record: Record) -> DomainError | None:
    """What would refuse goods of this bill that come back now: nothing is left of it, or the card may not be used."""
    if record.kind != RecordKind.CONSUMPTION:
        return NotReturnable()
    back = GoodsReturn.objects.filter(consumption=record.pk).aggregate(fen=Sum("amount_fen"))["fen"] or 0
    if back >= record.detail.get("total_fen", -record.amount_fen):
        return AllReturned()
    return why_unusable(last_of(record.card))


def why_not_reported(record: Record, *, actor: Actor, store_id: int | None) -> DomainError | None:
    """What would refuse a fault form about this top-up, filed by this person now."""
    if record.kind != RecordKind.TOP_UP:
        return NotReversible()
    same_day = record.occurred_at.astimezone(clock.CHINA).date() == clock.today()
    if not same_day and not actor.may(Act.VALUE_REVERSE, store_id=store_id):
        return FaultNotSameDay()
    return None if plan_reverse_top_up(record_id=record.pk).is_there else NothingToTakeBack()
