"""Registering whoever buys for others, reading a number, forgetting. Each requires a transaction of the chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kernel import clock
from kernel.clock import CHINA
from kernel.crypto import blind_index, blind_indexes, encrypt
from membership.buyers.domain import Buyer, BuyerRole, Deed, checked, kept_until
from membership.buyers.errors import BuyerIsMember, BuyerNotFound
from membership.buyers.models import BUYER_NUMBER, BuyerRegistration
from membership.members.domain import masked_number
from membership.members.models import ID_NUMBER, IdDocument
from membership.members.services.reasons import checked_reason
from tenants.audit.services import record
from tenants.people.domain import Act, Actor, require


@dataclass(frozen=True, slots=True)
class Purchase:
    """What somebody came for. ``amount_fen``: what was paid in all, with the earlier records that it ``covers``."""

    deed: Deed
    card_id: int
    card_number: str
    store_id: int
    amount_fen: int = 0
    record_id: UUID | None = None
    covers: Sequence[UUID] = ()


def check_buyer(buyer: Buyer, *, member_id: int | None) -> Buyer:
    """The buyer, tidied; before anything is sold. ``member_id``: the member whose card it is, None for a bearer card.

    Raises:
        BuyerIncomplete, InvalidIdNumber, BuyerPhoneInvalid
        BuyerIsMember: the document is on the member's own record.
    """
    tidy = checked(buyer, today=clock.today())
    if member_id is not None:
        indexes = blind_indexes(tidy.number, purpose=ID_NUMBER)
        if IdDocument.objects.filter(member_id=member_id, kind=tidy.kind, number_index__in=indexes).exists():
            raise BuyerIsMember
    return tidy


def register_buyer(*, actor: Actor, buyer: Buyer, role: BuyerRole, purchase: Purchase) -> BuyerRegistration:
    """Keep who came for a purchase that was just made; ``buyer`` as ``check_buyer`` gave it. The act that sells has
    asked for its own right.
    """
    now = clock.now()
    registration = BuyerRegistration.objects.create(
        role=role,
        deed=purchase.deed,
        card_id=purchase.card_id,
        record_id=purchase.record_id,
        covers=[str(record_id) for record_id in purchase.covers],
        amount_fen=purchase.amount_fen,
        name=buyer.name,
        phone=buyer.phone,
        kind=buyer.kind,
        number=encrypt(buyer.number, purpose=BUYER_NUMBER),
        number_index=blind_index(buyer.number, purpose=BUYER_NUMBER),
        masked=masked_number(buyer.number),
        store_id=purchase.store_id,
        seen_at=now,
        seen_by=actor.name or str(actor),
        actor=str(actor),
        kept_until=kept_until(now.astimezone(CHINA).date()),
    )
    detail = {"registration": registration.pk, "document": buyer.kind.value}
    record(
        actor,
        "buyer.register",
        object_type="card",
        object_id=purchase.card_number,
        store_id=purchase.store_id,
        detail=detail,
    )
    return registration


def get_buyer(registration_id: int) -> BuyerRegistration:
    """A registration, with its card and store.

    Raises:
        BuyerNotFound
    """
    found = BuyerRegistration.objects.select_related("card__member", "store").filter(pk=registration_id).first()
    if found is None:
        raise BuyerNotFound
    return found


def reveal_buyer(*, actor: Actor, registration_id: int, reason: str, store_id: int) -> str:
    """The whole number of the document that was shown. Every reading is in the trail, with its reason (R-M08).

    Raises:
        NotAllowed, BuyerNotFound, InvalidReason
        Undecryptable: its key is not in the settings; nothing is noted.
    """
    require(actor, Act.MEMBER_REVEAL, store_id=store_id)
    reason = checked_reason(reason)
    registration = get_buyer(registration_id)
    number = registration.plain_number()
    record(
        actor,
        "buyer.reveal",
        object_type="card",
        object_id=registration.card.number,
        store_id=store_id,
        detail={"registration": registration.pk, "document": registration.kind, "reason": reason},
    )
    return number


def forget_buyers(*, actor: Actor) -> int:
    """Delete the registrations that the law no longer asks for; how many."""
    count, _by_model = BuyerRegistration.objects.filter(kept_until__lt=clock.today()).delete()
    if count:
        record(actor, "buyer.forget", object_type="buyer", object_id=clock.today().isoformat(), detail={"count": count})
    return count
