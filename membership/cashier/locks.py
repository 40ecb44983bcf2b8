"""Every row lock of this app. Order: the member, a signed bill, then accounts by key (the ledger's)."""

from uuid import UUID

from membership.cashier.models import SignedBill
from membership.members.models import Member


def lock_member(member_id: int) -> None:
    """Lock a member: what she is given in a day is counted by one till at a time."""
    Member.objects.select_for_update(no_key=True).values_list("pk").get(pk=member_id)


def lock_bill(bill_id: UUID) -> SignedBill | None:
    """A signed bill, locked; None where there is none."""
    return SignedBill.objects.select_for_update(no_key=True, of=("self",)).filter(pk=bill_id).first()


def lock_bills_of(member_id: int) -> list[SignedBill]:
    """Every signed bill of a member, locked, by key. The member is held by the caller: she signs none meanwhile."""
    return list(SignedBill.objects.select_for_update(no_key=True).filter(member_id=member_id).order_by("pk"))
