"""Who tops a card up for its member, and who buys bearer cards for much at once (单用途商业预付卡管理办法 15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel.money import Money
from ledger.models import Posting
from membership.buyers.domain import AT_ONCE, BEARER_REGISTERED_FROM_FEN, Buyer, BuyerRole, Deed
from membership.buyers.errors import BuyerUnregistered
from membership.buyers.models import BuyerRegistration
from membership.buyers.services import Purchase, check_buyer, register_buyer
from membership.cards.models import Card
from membership.cashier.domain import CardRef, Occasion, Receipt
from membership.members.models import Member
from membership.members.services import check_registration
from membership.records.domain import RecordKind
from membership.records.models import Record


@dataclass(frozen=True, slots=True)
class Customer:
    """Who pays a top-up, where that is not the member herself. ``several``: the cashier knows that the bearer cards
    sold lately went to different people.
    """

    buyer: Buyer | None = None
    several: bool = False


HERSELF: Final = Customer()


@dataclass(frozen=True, slots=True)
class Known:
    """A customer as she will be registered with her purchase; nobody where the law asks for none."""

    buyer: Buyer | None
    role: BuyerRole
    sold_before: Sequence[tuple[UUID, int]] = ()


def know(customer: Customer, card: CardRef, paid: Money, occasion: Occasion) -> Known:
    """Who is to be registered with a top-up that is about to be made.

    Raises:
        BuyerIncomplete, InvalidIdNumber, BuyerPhoneInvalid, BuyerIsMember
        BuyerUnregistered: bearer cards for CNY 10,000 or more at once, and nobody named.
        RegistrationIncomplete: her agent is known, the member is not, and the card's type wants her to be.
    """
    columns = ("bearer", "member_id", "type__real_name")
    bearer, member_id, real_name = Card.objects.values_list(*columns).get(pk=card.card_id)
    role = BuyerRole.BUYER if bearer else BuyerRole.AGENT
    if customer.buyer is not None:
        buyer = check_buyer(customer.buyer, member_id=member_id)
        if real_name and member_id is not None:
            check_registration(Member(pk=member_id), real_name=True)
        return Known(buyer, role, _sold_lately(occasion) if bearer else ())
    if bearer and not customer.several:
        _check_sum(paid, occasion)
    return Known(None, role)


def keep(known: Known, receipt: Receipt, card: CardRef, paid: Money, occasion: Occasion) -> None:
    """Register who came, with the purchase that was made; what was made before is not registered again."""
    if known.buyer is None or receipt.replayed or occasion.store_id is None:
        return
    purchase = Purchase(
        deed=Deed.TOP_UP,
        card_id=card.card_id,
        card_number=card.number,
        store_id=occasion.store_id,
        amount_fen=paid.fen + sum(fen for _record_id, fen in known.sold_before),
        record_id=receipt.record_id,
        covers=[record_id for record_id, _fen in known.sold_before],
    )
    register_buyer(actor=occasion.actor, buyer=known.buyer, role=known.role, purchase=purchase)


def _check_sum(paid: Money, occasion: Occasion) -> None:
    sold_fen = sum(fen for _record_id, fen in _sold_lately(occasion))
    total_fen = sold_fen + paid.fen
    if total_fen < BEARER_REGISTERED_FROM_FEN:
        return
    if Posting.objects.filter(idempotency_key=occasion.ledger_key).exists():
        # Done before; the ledger will say so.
        return
    raise BuyerUnregistered(sold=Money(sold_fen), total=Money(total_fen), limit=Money(BEARER_REGISTERED_FROM_FEN))


def _sold_lately(occasion: Occasion) -> list[tuple[UUID, int]]:
    """What this cashier put on bearer cards in the last while: records, and fen paid; without what a buyer was
    registered for already. Two queries.
    """
    if occasion.store_id is None:
        return []
    since = occasion.occurred_at - AT_ONCE
    done = BuyerRegistration.objects.filter(
        actor=str(occasion.actor),
        store_id=occasion.store_id,
        role=BuyerRole.BUYER,
        seen_at__gt=since,
        record_id__isnull=False,
    )
    covered = {
        str(one) for record_id, covers in done.values_list("record_id", "covers") for one in (record_id, *covers)
    }
    found = Record.objects.filter(
        kind=RecordKind.TOP_UP,
        actor=str(occasion.actor),
        store_id=occasion.store_id,
        occurred_at__gt=since,
        occurred_at__lte=occasion.occurred_at,
        card__bearer=True,
    )
    rows = found.order_by("occurred_at", "id").values_list("id", "detail")
    return [(record_id, detail["paid_fen"]) for record_id, detail in rows if str(record_id) not in covered]
