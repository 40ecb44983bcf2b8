"""What was signed for and what of it is settled: per member, per card, and for the desk's list (R-A03)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from membership.cards.domain import tidy_number
from membership.cashier.models import Settlement, SignedBill


@dataclass(frozen=True, slots=True)
class SignedTotals:
    """Amounts in fen. ``relieved_fen``: reversed, or returned goods."""

    signed_fen: int
    settled_fen: int
    relieved_fen: int

    @property
    def open_fen(self) -> int:
        """What is still owed."""
        return self.signed_fen - self.settled_fen - self.relieved_fen


def totals_of_member(member_id: int) -> SignedTotals:
    """What a member signed for and paid, in all."""
    return _totals(SignedBill.objects.filter(member_id=member_id))


def open_bills_of(member_id: int) -> list[SignedBill]:
    """What a member owes, bill by bill, the soonest due first, with the stores. One query; as many as there are."""
    found = SignedBill.objects.filter(member_id=member_id, open=True).select_related("store")
    return list(found.order_by("due_on", "pk"))


def bills_told_by(posting_ids: Collection[UUID]) -> dict[UUID, SignedBill]:
    """The bill that each of these postings signed or paid, by the posting's id. Two queries."""
    signed = {bill.pk: bill for bill in SignedBill.objects.filter(pk__in=posting_ids)}
    paid = Settlement.objects.filter(pk__in=posting_ids).select_related("bill")
    return signed | {settlement.pk: settlement.bill for settlement in paid}


def totals_of_bills(*, state: str, text: str, today: date) -> SignedTotals:
    """The totals of what the desk's list shows."""
    return _totals(_found(state, text, today))


def bill_of(bill_id: UUID) -> SignedBill | None:
    """A bill with its member, card (and its type) and store."""
    return SignedBill.objects.select_related("member", "card__type", "store").filter(pk=bill_id).first()


def bills_of_page(*, state: str, text: str, today: date, size: int, after: str = "") -> list[SignedBill]:
    """The latest ``size`` bills after that one, with member and card. Ids are ordered by time. One query."""
    found = _found(state, text, today)
    try:
        found = found.filter(pk__lt=UUID(after)) if after else found
    except ValueError:
        pass
    return list(found.select_related("member", "card", "store").order_by("-pk")[:size])


def _found(state: str, text: str, today: date) -> QuerySet[SignedBill]:
    found = SignedBill.objects.all()
    if state != "all":
        found = found.filter(open=True)
    if state == "overdue":
        found = found.filter(due_on__lt=today)
    text = text.strip()[:40]
    if text:
        by_card = Q(card__number__startswith=tidy_number(text))
        found = found.filter(Q(number=text.upper()) | by_card | Q(member__name__startswith=text))
    return found


def _totals(found: QuerySet[SignedBill]) -> SignedTotals:
    names = ("amount_fen", "settled_fen", "relieved_fen")
    sums = found.order_by().aggregate(**{f"all_{name}": Coalesce(Sum(F(name)), 0) for name in names})
    return SignedTotals(*(sums[f"all_{name}"] for name in names))
