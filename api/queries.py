"""What the API reads, in the shape it answers. Runs in the request's transaction."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from api.errors import NotFound
from api.v1.shapes import Balance, CardState, Drawn, PastConsumption
from ledger.domain import LotKind
from ledger.queries import split
from membership.cards.domain import CardStanding, refusal, tidy_number
from membership.cards.errors import CardNotFound
from membership.cards.models import Card
from membership.cards.queries import pin_free_of
from membership.devices.services.codes import is_code, present
from membership.members.domain import masked_name
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.people.domain import Actor


def card_state(*, number: str, on: date, reader: Actor | None = None, store_id: int | None = None) -> CardState:
    """A card as a till needs to see it on that day. With a ``reader`` given, ``number`` may be the code that a member
    shows, which is used up by that.

    Raises:
        CardNotFound, CardCodeRefused
    """
    if reader is not None and is_code(number):
        number = present(actor=reader, text=number, store_id=store_id)
    # A path may hold what no card number does, NUL among it, which PostgreSQL refuses as text.
    asked = tidy_number(number)
    cards = Card.objects.select_related("type", "level", "member")
    card = cards.filter(number=asked).first() if asked.isprintable() else None
    if card is None:
        raise CardNotFound(card_number=number)
    standing = CardStanding(
        status=card.status,
        locked=card.locked,
        valid_until=card.valid_until,
        account_valid_until=card.account_valid_until,
    )
    reason = refusal(standing, on=on)
    return CardState(
        number=card.number,
        status=card.status,
        usable=reason is None,
        refusal_code=reason,
        holder=masked_name(card.member.name) if card.member else "",
        level=card.level.name,
        valid_until=_iso(card.valid_until),
        account_valid_until=_iso(card.account_valid_until),
        pin_above_fen=pin_free_of(card),
        vehicle_bound=card.bound_vehicle_id is not None,
        balance=_balance(card.stored_account_id),
    )


def past_consumption(*, posting_id: UUID) -> PastConsumption:
    """A consumption by its id, for as long as the chain's plan keeps records.

    Raises:
        NotFound
    """
    found = Record.objects.select_related("card", "store").filter(id=posting_id, kind=RecordKind.CONSUMPTION).first()
    if found is None:
        raise NotFound
    return PastConsumption(
        id=found.id,
        card_number=found.card.number,
        amount_fen=-found.amount_fen,
        balance_after_fen=found.balance_after_fen or 0,
        drawn=drawn_of(found.detail.get("drawn", {})),
        store_code=found.store.code if found.store else "",
        reference=found.detail.get("note", ""),
        occurred_at=found.occurred_at,
    )


def drawn_of(kinds: Mapping[str, int]) -> Drawn:
    """What left a card, from amounts by kind of lot."""
    return Drawn(principal_fen=kinds.get(LotKind.PRINCIPAL.value, 0), bonus_fen=kinds.get(LotKind.BONUS.value, 0))


def _balance(account_id: int | None) -> Balance:
    kinds = split(account_id) if account_id is not None else {}
    principal, bonus = kinds.get(LotKind.PRINCIPAL.value, 0), kinds.get(LotKind.BONUS.value, 0)
    return Balance(total_fen=sum(kinds.values()), principal_fen=principal, bonus_fen=bonus)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
