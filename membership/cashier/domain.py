"""What acts at a till post, as values: no database, no clock."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from kernel.calendar import add_months, start_of
from kernel.clock import CHINA
from kernel.money import Money
from ledger.domain import Contra, DrawPolicy, Guard, Line, LotKind, OpenLot, PostingRequest, Sequel, Unit, request_hash
from ledger.domain.requests import Drawn
from membership.cashier.points import PointsBook, earned
from membership.cashier.tender import NOBODYS, Bill
from tenants.people.domain import Actor

TOP_UP: Final = "TOP_UP"
CONSUMPTION: Final = "CONSUMPTION"


@dataclass(frozen=True, slots=True)
class CardRef:
    """What never changes of an issued card: enough to post on it."""

    card_id: int
    account_id: int
    number: str
    points_account_id: int


@dataclass(frozen=True, slots=True)
class MemberAccounts:
    """The accounts of the member behind a card; ``None``, and member 0: not needed by this bill."""

    member_id: int = 0
    prepayment_id: int | None = None
    signed_id: int | None = None


NO_MEMBER: Final = MemberAccounts()


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


Row = tuple[Any, ...]


class PointsFacts(NamedTuple):
    """What decides a card's points, as the guard found it under the lock."""

    level_id: int
    earns: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an act at a till did. ``replayed``: it was done before, under the same key, and was not done again.

    Amounts in fen; ``amount_fen`` is signed as the card sees it. ``drawn``: what left the card by kind of lot.
    ``points``: earned (or, negative, taken back). ``parts``: what a bill was paid with, by means.
    """

    record_id: UUID
    replayed: bool
    kind: str
    card_number: str
    amount_fen: int
    balance_after_fen: int
    drawn: Mapping[str, int]
    points: int = 0
    parts: Mapping[str, int] = field(default_factory=dict)


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
    card: CardRef,
    bill: Bill,
    occasion: Occasion,
    *,
    policy: DrawPolicy,
    guard: Guard,
    member: MemberAccounts = NO_MEMBER,
    points: Sequel | None = None,
) -> PostingRequest:
    """A consumption: from the card, from the member's accounts and from the till to revenue, in one posting.

    The card's lots are drawn as the chain's policy says. The card's account is locked even when nothing is drawn from
    it: its lock is what keeps the card's state still.
    """
    tender = bill.tender
    against = [
        (card.account_id, None, tender.stored_fen),
        (member.prepayment_id, None, tender.prepayment_fen),
        (None, Contra.CASH.value, tender.cash_fen),
        # A member who never signed has no account yet; only a preview meets her so.
        (member.signed_id, None if member.signed_id else "SIGNED_BILL", tender.signed_fen),
    ]
    lines = [
        Line(account, contra, Unit.CNY.value, -fen, kinds=tender.kinds if account == card.account_id else ())
        for account, contra, fen in against
        if fen
    ]
    return PostingRequest(
        kind=CONSUMPTION,
        idempotency_key=occasion.ledger_key,
        request_hash=_bill_hash(card, bill, occasion),
        actor=str(occasion.actor),
        occurred_at=occasion.occurred_at,
        lines=(*lines, Line(None, Contra.REVENUE.value, Unit.CNY.value, bill.total_fen)),
        store_id=occasion.store_id,
        policy=policy,
        guard=guard,
        sequel=points,
        looks_at=() if tender.stored_fen else (card.account_id,),
    )


def _bill_hash(card: CardRef, bill: Bill, occasion: Occasion) -> bytes:
    parts: list[Any] = [CONSUMPTION, card.number, bill.total_fen, occasion.store_id, bill.note]
    if not bill.tender.is_plain or bill.lines:
        lines = [[line.amount_fen, line.earns] for line in bill.lines]
        parts.append([bill.tender.stored_scope, bill.tender.parts(), lines])
    if bill.served != NOBODYS:
        parts.append([bill.served.plate, bill.served.vin])
    return request_hash(*parts)


def points_sequel(
    card: CardRef, bill: Bill, occasion: Occasion, book: PointsBook, facts: Callable[[Row], PointsFacts]
) -> Sequel | None:
    """The lines that put the points of a bill on its card; None for a chain that gives none.

    Points are earned on what is really paid: not on what is drawn from a bonus, nor on what is only signed for (R-I09).
    """
    if not book.terms or not card.points_account_id:
        return None
    day = occasion.occurred_at.astimezone(CHINA).date()

    def lines(drawn: Drawn, row: Row | None) -> Sequence[Line]:
        if row is None:
            return ()
        known = facts(row)
        rate = book.fen_per_point(level_id=known.level_id, day=day) if known.earns else None
        if rate is None:
            return ()
        given = drawn.get(card.account_id, {}).get(LotKind.BONUS.value, 0)
        paid = bill.total_fen - bill.tender.signed_fen - given
        count = earned(lines=bill.lines_or_one, paid_fen=paid, fen_per_point=rate)
        if not count:
            return ()
        return points_lines(card.points_account_id, count)

    return Sequel(accounts=(card.points_account_id,), lines=lines)


def points_lines(account_id: int, count: int) -> tuple[Line, Line]:
    """Points given: a lot of their own against the points' contra account."""
    lot = OpenLot(LotKind.POINTS.value, count)
    return (
        Line(account_id, None, Unit.PTS.value, count, (lot,)),
        Line(None, Contra.POINTS.value, Unit.PTS.value, -count),
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


_NUMBER: Final = re.compile(rf"\A(\d{{8}})-([{_ALPHABET}]{{5}})-([{_ALPHABET}]{{5}})\Z", re.ASCII)
_READ_BITS: Final = 48


class ReadNumber(NamedTuple):
    """What a receipt's number tells: its day in China, and the twelve digits with which the record's id ends."""

    day: date
    ends_with: str


def read_receipt_number(text: str) -> ReadNumber | None:
    """What the number on a receipt tells of its record; None for anything that is none."""
    found = _NUMBER.match(text.upper())
    if found is None:
        return None
    low = 0
    for character in found[2] + found[3]:
        low = low * len(_ALPHABET) + _ALPHABET.index(character)
    try:
        return ReadNumber(date.fromisoformat(found[1]), f"{low % 2**_READ_BITS:012x}")
    except ValueError:
        return None
