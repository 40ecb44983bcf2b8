"""What a member paid ahead and what she owes goes with her when her record is merged into another, and afterwards:
what comes back from a bill of the old record belongs to the one that survives; and what comes back to a card that was
replaced, to the card that has its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q

from kernel import clock
from ledger.domain import Line, PostingRequest, request_hash
from ledger.locks import lock_accounts
from ledger.models import Account, Entry, Lot, Posting
from ledger.services import post
from membership.cards.domain import ENDED
from membership.cards.errors import not_usable
from membership.cards.locks import accounts_of
from membership.cards.models import Card
from membership.cards.queries import last_of
from membership.cards.services.moving import MOVE, call_home, move_value
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL, member_account
from membership.cashier.acting import ref_of
from membership.cashier.domain import CardRef, Occasion
from membership.cashier.guards import StaleCard
from membership.members.models import Member
from membership.records.domain import RecordKind
from tenants.people.domain import Actor

MEMBERS_OWN: Final = (PREPAYMENT, SIGNED_BILL)


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


@dataclass(frozen=True, slots=True)
class Heirs:
    """Who and what stands where a bill's payers stood: cards that were replaced, members whose records were merged.

    ``members``: by the key of the old record that of the survivor.
    """

    card: Card
    heir: Card
    members: Mapping[int, int]

    @property
    def ref(self) -> CardRef:
        """The card that was used."""
        return ref_of(self.card)

    @property
    def heir_ref(self) -> CardRef:
        """The card where its value is now; the same, unless it was replaced."""
        return ref_of(self.heir)


def hold_heirs(posting_id: UUID, card: Card) -> Heirs:
    """Lock every account that a bill of the card touched and every one that may inherit from it, in the ledger's order.

    Raises:
        StaleCard: a replacement or a merge ended just now; nothing has been done.
    """
    found = heirs_of(posting_id, card)
    touched = Q(pk__in=Entry.objects.filter(posting_id=posting_id, account__isnull=False).values("account_id"))
    survivors = Q(kind__in=MEMBERS_OWN, holder_id__in=found.members.values())
    wanted = touched | survivors | accounts_of({card.pk, found.heir.pk})
    lock_accounts(Account.objects.filter(wanted).values_list("pk", flat=True))
    if heirs_of(posting_id, card) != found:
        raise StaleCard
    return found


def refuse_ended(heirs: Heirs, *, key: str) -> None:
    """Nothing comes back to a card that has ended for good: nobody could have it. Its account is locked, so it stays as
    it is found. What was done under this ``key`` before is told again all the same.

    Raises:
        CardNotUsable
    """
    status = Card.objects.values_list("status", flat=True).get(pk=heirs.heir.pk)
    if status in ENDED and not Posting.objects.filter(idempotency_key=key).exists():
        raise not_usable(f"card_{status.lower()}", card_number=heirs.heir.number)


def heirs_of(posting_id: UUID, card: Card) -> Heirs:
    """Who and what inherits from a bill, as it is now."""
    return Heirs(card, last_of(card), _merged_payers(posting_id))


def pass_on(heirs: Heirs, posting_id: UUID, *, actor: Actor, store_id: int | None) -> None:
    """Give the survivors what a posting brought back to the accounts of their old records."""
    for source_id, target_id in sorted(heirs.members.items()):
        follow(source_id, target_id, actor=actor, store_id=store_id, cause=str(posting_id))


def pass_card_on(heirs: Heirs, posting_id: UUID, occasion: Occasion) -> None:
    """Move what a posting brought back to a card that was replaced to the one that has its place (R-J03)."""
    if heirs.heir == heirs.card:
        return
    move_value(
        actor=occasion.actor,
        old=heirs.card,
        new=heirs.heir,
        store_id=occasion.store_id,
        occurred_at=occasion.occurred_at,
        reason=RecordKind.REVERSAL.value,
        cause=str(posting_id),
    )


def bring_home(heirs: Heirs, posting_id: UUID, occasion: Occasion) -> None:
    """Before a posting is reversed: what it gave to a card that was replaced, points and packages, comes back onto its
    own lots from the card that has its place now (R-J03). What was used of it makes the reversal refused, as on a card
    that was not replaced.
    """
    if heirs.heir == heirs.card:
        return
    call_home(
        actor=occasion.actor,
        home=heirs.card,
        away=heirs.heir,
        lots=list(Lot.objects.filter(posting_id=posting_id).order_by("pk")),
        store_id=occasion.store_id,
        occurred_at=occasion.occurred_at,
        reason=RecordKind.REVERSAL.value,
    )


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
