"""What acts at a till post, as values: no database, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from kernel.calendar import add_months, start_of
from kernel.clock import CHINA
from kernel.money import Money
from ledger.domain import Contra, DrawPolicy, Guard, Line, LotKind, OpenLot, PostingRequest, Unit, request_hash
from tenants.people.domain import Actor

TOP_UP: Final = "TOP_UP"
CONSUMPTION: Final = "CONSUMPTION"


@dataclass(frozen=True, slots=True)
class CardRef:
    """What never changes of an issued card: enough to post on it."""

    card_id: int
    account_id: int
    number: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who acts, where, when, and under which key. Keys of different actors never meet."""

    actor: Actor
    store_id: int | None
    occurred_at: datetime
    key: str

    @property
    def ledger_key(self) -> str:
        """The key as the ledger keeps it. An empty key stays empty: the ledger refuses it."""
        return f"{self.actor}|{self.key}" if self.key else ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an act at a till did. ``replayed``: it was done before, under the same key, and was not done again.

    Amounts in fen; ``amount_fen`` is signed as the card sees it. ``drawn``: what left the card by kind of lot.
    """

    record_id: UUID
    replayed: bool
    kind: str
    card_number: str
    amount_fen: int
    balance_after_fen: int
    drawn: Mapping[str, int]


def top_up_request(
    card: CardRef, paid: Money, bonus: Money, occasion: Occasion, *, bonus_expires_at: datetime | None, guard: Guard
) -> PostingRequest:
    """A top-up: what was paid against cash, what was given against promotion, each its own lot."""
    lots = [OpenLot(LotKind.PRINCIPAL.value, paid.fen)]
    against = [Line(None, Contra.CASH.value, Unit.CNY.value, -paid.fen)]
    if bonus:
        lots.append(OpenLot(LotKind.BONUS.value, bonus.fen, bonus_expires_at))
        against.append(Line(None, Contra.PROMOTION.value, Unit.CNY.value, -bonus.fen))
    total = paid + bonus
    return PostingRequest(
        kind=TOP_UP,
        idempotency_key=occasion.ledger_key,
        request_hash=request_hash(TOP_UP, card.number, paid.fen, bonus.fen, occasion.store_id),
        actor=str(occasion.actor),
        occurred_at=occasion.occurred_at,
        lines=(Line(card.account_id, None, Unit.CNY.value, total.fen, tuple(lots)), *against),
        store_id=occasion.store_id,
        guard=guard,
    )


def consumption_request(
    card: CardRef, amount_fen: int, occasion: Occasion, *, note: str, policy: DrawPolicy, guard: Guard
) -> PostingRequest:
    """A consumption: from the card to revenue, drawing lots as the chain's policy says."""
    return PostingRequest(
        kind=CONSUMPTION,
        idempotency_key=occasion.ledger_key,
        request_hash=request_hash(CONSUMPTION, card.number, amount_fen, occasion.store_id, note),
        actor=str(occasion.actor),
        occurred_at=occasion.occurred_at,
        lines=(
            Line(card.account_id, None, Unit.CNY.value, -amount_fen),
            Line(None, Contra.REVENUE.value, Unit.CNY.value, amount_fen),
        ),
        store_id=occasion.store_id,
        policy=policy,
        guard=guard,
    )


def bonus_expiry(occurred_at: datetime, months: int | None) -> datetime | None:
    """The moment a bonus given then stops being usable: the end of the last day, in China; None for never."""
    if months is None:
        return None
    return start_of(add_months(occurred_at.astimezone(CHINA).date(), months))


_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_NUMBER_CHARACTERS: Final = 10


def receipt_number(record_id: UUID, occurred_at: datetime) -> str:
    """A number people can read out: the day in China and fifty random bits of the record's id,
    ``20260801-7K3QF-M2X9D``.
    """
    low, characters = record_id.int, []
    for _place in range(_NUMBER_CHARACTERS):
        low, index = divmod(low, 32)
        characters.append(_ALPHABET[index])
    text = "".join(reversed(characters))
    return f"{occurred_at.astimezone(CHINA):%Y%m%d}-{text[:5]}-{text[5:]}"
