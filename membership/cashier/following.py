"""What a member paid ahead and what she owes goes with her when her record is merged into another, and afterwards:
what comes back from a bill of the old record belongs to the one that survives.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db.models import Q

from kernel import clock
from ledger.domain import Line, PostingRequest, request_hash
from ledger.locks import lock_accounts
from ledger.models import Account, Entry
from ledger.services import post
from membership.cards.services.moving import MOVE
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL, member_account
from membership.cashier.domain import CardRef
from membership.cashier.guards import StaleCard
from membership.cashier.tender import Means
from membership.members.models import Member
from tenants.people.domain import Actor

MEMBERS_OWN: Final = (PREPAYMENT, SIGNED_BILL)
_PAID_BY_MEMBER: Final = frozenset({Means.PREPAYMENT.value, Means.SIGNED.value})


def follow(source_id: int, target_id: int, *, actor: Actor, store_id: int | None, cause: str) -> dict[str, int]:
    """Move what is on one member's accounts to the other's, each by one posting; what was moved, in fen, by the kind of
    the account. What the other needs for it is opened, also for later. ``cause`` makes the postings' keys unique.

    Raises:
        MemberMerged: the other is merged herself.
    """
    for kind in Account.objects.filter(kind__in=MEMBERS_OWN, holder_id=source_id).values_list("kind", flat=True):
        member_account(target_id, kind)
    wanted = Account.objects.filter(kind__in=MEMBERS_OWN, holder_id__in=(source_id, target_id))
    held = lock_accounts(wanted.values_list("pk", flat=True)).values()
    own = {account.kind: account for account in held if account.holder_id == target_id}
    moving = [account for account in held if account.holder_id == source_id and account.balance]
    for account in moving:
        post(_move(account, own[account.kind], actor=actor, store_id=store_id, cause=cause))
    return {account.kind: account.balance for account in moving}


def hold_payers(posting_id: UUID, card: CardRef, parts: Mapping[str, int]) -> dict[int, int]:
    """Lock every account that a bill of the card touched, and tell whose records were merged since: by the key of the
    old record that of the survivor, whose accounts are locked too. A bill of whose ``parts`` no member paid any is not
    looked at.

    Raises:
        StaleCard: such a merge ended just now; nothing has been done.
    """
    if not _PAID_BY_MEMBER & parts.keys():
        return {}
    payers = _merged_payers(posting_id)
    touched = Q(pk__in=Entry.objects.filter(posting_id=posting_id, account__isnull=False).values("account_id"))
    touched |= Q(pk__in=(card.account_id, card.points_account_id))
    survivors = Q(kind__in=MEMBERS_OWN, holder_id__in=payers.values())
    lock_accounts(Account.objects.filter(touched | survivors).values_list("pk", flat=True))
    if _merged_payers(posting_id) != payers:
        raise StaleCard
    return payers


def pass_on(payers: Mapping[int, int], posting_id: UUID, *, actor: Actor, store_id: int | None) -> None:
    """Give the survivors what a posting brought back to the accounts of their old records."""
    for source_id, target_id in sorted(payers.items()):
        follow(source_id, target_id, actor=actor, store_id=store_id, cause=str(posting_id))


def _merged_payers(posting_id: UUID) -> dict[int, int]:
    own = Entry.objects.filter(posting_id=posting_id, account__kind__in=MEMBERS_OWN)
    merged = Member.objects.filter(pk__in=own.values("account__holder_id"), merged_into__isnull=False)
    return {pk: into for pk, into in merged.values_list("pk", "merged_into_id") if into is not None}


def _move(source: Account, target: Account, *, actor: Actor, store_id: int | None, cause: str) -> PostingRequest:
    return PostingRequest(
        kind=MOVE,
        idempotency_key=f"follow|{cause}|{source.pk}|{target.pk}",
        request_hash=request_hash(MOVE, source.pk, target.pk, source.balance),
        actor=str(actor),
        occurred_at=clock.now(),
        lines=(
            Line(source.pk, None, source.unit, -source.balance),
            Line(target.pk, None, target.unit, source.balance),
        ),
        store_id=store_id,
        memo={"merged": source.holder_id, "into": target.holder_id},
    )
