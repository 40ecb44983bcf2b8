"""The accounts a member has beside her cards': what she paid ahead, what she signed for. Opened when first needed."""

from typing import Final

from django.db import IntegrityError, transaction

from ledger.domain import Unit
from ledger.models import Account
from ledger.services import open_account

PREPAYMENT: Final = "PREPAYMENT"
SIGNED_BILL: Final = "SIGNED_BILL"
"""Negative: what the member owes."""


def member_account(member_id: int, kind: str) -> int:
    """The key of the member's account of this kind, opened if she has none."""
    found = find_member_account(member_id, kind)
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return open_account(kind, member_id, Unit.CNY, allow_negative=kind == SIGNED_BILL).pk
    except IntegrityError:
        # Somebody opened it since we looked; their transaction has ended.
        return Account.objects.values_list("pk", flat=True).get(kind=kind, holder_id=member_id)


def find_member_account(member_id: int, kind: str) -> int | None:
    """The key of the member's account of this kind, if she has one."""
    return Account.objects.filter(kind=kind, holder_id=member_id).values_list("pk", flat=True).first()
