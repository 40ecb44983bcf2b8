"""What happens to prepayment and signed bills when members are merged, told or forgotten. Registered when Django
starts.
"""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kernel.money import Money
from ledger.locks import lock_accounts
from ledger.models import Account
from membership.cards.member_hooks import kept_after
from membership.cashier import locks
from membership.cashier.accounts import PREPAYMENT
from membership.cashier.following import MEMBERS_OWN, follow
from membership.cashier.models import MemberTerms, SignedBill
from membership.members import merging, rights
from membership.members.models import Member


@merging.register
def move_value(merge: merging.Merge) -> dict[str, Any]:
    """What she paid ahead and what she owes are the other's from now on, and so are the bills that she signed."""
    bills = locks.lock_bills_of(merge.source.pk)
    SignedBill.objects.filter(member=merge.source).update(member=merge.target)
    cause = f"merge{merge.source.pk}"
    moved = follow(merge.source.pk, merge.target.pk, actor=merge.actor, store_id=merge.store_id, cause=cause)
    _move_terms(merge.source, merge.target)
    told: dict[str, Any] = {"signed_bills": [bill.number for bill in bills if bill.open_fen]}
    if moved.get(PREPAYMENT):
        told["prepayment"] = Money(moved[PREPAYMENT]).format()
    return told


def _move_terms(source: Member, target: Member) -> None:
    """The survivor's own terms stand; who works here on either record works here."""
    gone = MemberTerms.objects.filter(member=source).first()
    if gone is None:
        return
    kept, is_new = MemberTerms.objects.get_or_create(
        member=target, defaults={"signed_limit_fen": gone.signed_limit_fen, "is_staff": gone.is_staff}
    )
    if not is_new and gone.is_staff and not kept.is_staff:
        kept.is_staff = True
        kept.save(update_fields=["is_staff"])
    gone.delete()


@rights.tells
def told_value(member: Member) -> dict[str, Any]:
    """What she paid ahead, and every bill that she signed. Amounts in fen."""
    bills = SignedBill.objects.filter(member=member).order_by("signed_at", "pk")
    held = Account.objects.filter(kind=PREPAYMENT, holder_id=member.pk).values_list("balance", flat=True).first()
    return {
        "prepayment_fen": held or 0,
        "signed_bills": [
            {
                "number": bill.number,
                "signed_at": bill.signed_at.isoformat(),
                "amount_fen": bill.amount_fen,
                "open_fen": bill.open_fen,
            }
            for bill in bills
        ],
    }


@rights.obstructs
def value_left(member: Member) -> list[str]:
    """Prepayment that is hers, and bills that she has not paid. No till moves either until the transaction ends."""
    unpaid = [bill for bill in locks.lock_bills_of(member.pk) if bill.open_fen]
    said = [
        _("签单 %(number)s 还有 %(amount)s 未结清") % {"number": bill.number, "amount": Money(bill.open_fen).format()}
        for bill in unpaid
    ]
    accounts = Account.objects.filter(kind__in=MEMBERS_OWN, holder_id=member.pk)
    ahead = [account.balance for account in _locked(accounts) if account.kind == PREPAYMENT and account.balance]
    return said + [_("还有预存 %(amount)s") % {"amount": Money(fen).format()} for fen in ahead]


def _locked(accounts: QuerySet[Account]) -> list[Account]:
    return list(lock_accounts(accounts.values_list("pk", flat=True)).values())


@rights.retains
def identity_kept(member: Member) -> date | None:
    """Until when the law wants to know who paid ahead."""
    return kept_after(Account.objects.filter(kind__in=MEMBERS_OWN, holder_id=member.pk).values("pk"))


@rights.erases
def forget_terms(member: Member) -> None:
    """Her own limit, and whether she works here."""
    MemberTerms.objects.filter(member=member).delete()
