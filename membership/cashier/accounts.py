"""Accounts that are opened when first needed: what a member paid ahead, what she signed for, what a card has of a
product.
"""

from typing import Final

from django.db import IntegrityError, transaction

from ledger.domain import Unit
from ledger.models import Account
from ledger.services import open_account
from membership.members.locks import hold_member

PREPAYMENT: Final = "PREPAYMENT"
SIGNED_BILL: Final = "SIGNED_BILL"
"""Negative: what the member owes."""


def member_account(member_id: int, kind: str) -> int:
    """The key of the member's account of this kind, opened if she has none.

    Raises:
        MemberMerged: she has none, and never will: her record was merged into another.
    """
    found = find_member_account(member_id, kind)
    if found is not None:
        return found
    # A merge moves the accounts that it finds: none may appear behind its back.
    hold_member(member_id)
    return account_of(kind, member_id, Unit.CNY.value, allow_negative=kind == SIGNED_BILL)


def find_member_account(member_id: int, kind: str) -> int | None:
    """The key of the member's account of this kind, if she has one."""
    return Account.objects.filter(kind=kind, holder_id=member_id).values_list("pk", flat=True).first()


def account_of(kind: str, holder_id: int, unit: str, *, lotted: bool = False, allow_negative: bool = False) -> int:
    """The key of the holder's account of this kind, opened if there is none."""
    found = find_member_account(holder_id, kind)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return open_account(kind, holder_id, unit, lotted=lotted, allow_negative=allow_negative).pk
    except IntegrityError:
        # Somebody opened it since we looked; their transaction has ended.
        return Account.objects.values_list("pk", flat=True).get(kind=kind, holder_id=holder_id)
