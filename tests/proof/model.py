"""What must be true of cards, in memory: small, slow and obvious. It knows nothing of the program's own code."""

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from kernel.clock import CHINA

CAP_FEN, GIFT_CAP_FEN = 500_000, 100_000
ENDED = ("REPLACED", "WITHDRAWN", "COLLECTED", "DESTROYED")
MEANS = ("stored", "prepayment", "cash", "signed")
"""What pays, in the order in which the odd fen goes."""
ALWAYS = datetime.max.replace(tzinfo=CHINA)


def day_of(moment: datetime) -> date:
    return moment.astimezone(CHINA).date()


@dataclass(slots=True, eq=False)
class ModelSale:
    """A package that was sold: what of it is left, and what of its price is still owed for that."""

    record_id: object
    count: int
    fen: int

    def give(self, count: int) -> int:
        """Take so many; what they are worth. The last of them are worth all that is left."""
        worth = self.fen * count // self.count
        self.count, self.fen = self.count - count, self.fen - worth
        return worth


@dataclass(slots=True, eq=False)
class ModelLot:
    """``number`` follows the order in which lots were opened."""

    kind: str
    original: int
    left: int
    expires_at: datetime | None
    opened_at: datetime
    number: int
    heirs: "list[ModelLot]" = field(default_factory=list)
    """What went on from it to other cards."""
    sale: ModelSale | None = None
    """Of a package."""

    @property
    def left_anywhere(self) -> int:
        return self.left + sum(heir.left_anywhere for heir in self.heirs)

    def take_all(self) -> None:
        """Wherever it is."""
        self.left = 0
        for heir in self.heirs:
            heir.take_all()

    def over(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at

    @property
    def end_first(self) -> tuple[datetime, datetime, int]:
        return self.expires_at or ALWAYS, self.opened_at, self.number

    @property
    def opened_first(self) -> tuple[datetime, int]:
        return self.opened_at, self.number


@dataclass(slots=True, eq=False)
class ModelMember:
    """Somebody with cards: what she paid ahead, what she owes."""

    ahead: int = 0
    owed: int = 0
    has_prepaid: bool = False
    merged_into: "ModelMember | None" = None
    erased: bool = False

    @property
    def survivor(self) -> "ModelMember":
        return self if self.merged_into is None else self.merged_into.survivor


@dataclass(slots=True, eq=False)
class ModelCard:
    """A card: where it stands, and what is on it."""

    number: str
    gift: bool = False
    status: str = "IDLE"
    before: str = ""
    locked: bool = False
    pending: bool = False
    last_day: date | None = None
    account_last_day: date | None = None
    issued: date | None = None
    activated: date | None = None
    lots: list[ModelLot] = field(default_factory=list)
    points: list[ModelLot] = field(default_factory=list)
    packages: list[ModelLot] = field(default_factory=list)
    loaded: bool = False
    member: ModelMember | None = None
    heir: "ModelCard | None" = None
    wrong_pins: int = 0
    dormant: bool = False
    # Whether it was a fault form that froze it last.
    by_form: bool = False
    # Of its points: the last use of the card that counts for them, and the day that a notice names.
    points_used: date | None = None
    noticed_for: date | None = None

    @property
    def is_issued(self) -> bool:
        return self.issued is not None

    @property
    def bearer(self) -> bool:
        return self.is_issued and self.member is None

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots)

    @property
    def points_balance(self) -> int:
        return sum(lot.left for lot in self.points)

    @property
    def counts(self) -> int:
        return sum(lot.left for lot in self.packages)

    @property
    def cap(self) -> int:
        return GIFT_CAP_FEN if self.gift else CAP_FEN

    @property
    def last_heir(self) -> "ModelCard":
        """The card where its value is now."""
        return self if self.heir is None else self.heir.last_heir

    def refusal(self, at: datetime) -> str | None:
        """The code with which a till refuses the card, or None."""
        if not self.is_issued:
            return "card_idle"
        if self.status != "ACTIVE":
            return f"card_{self.status.lower()}"
        if self.locked:
            return "card_locked"
        if self.last_day is None or day_of(at) > self.last_day:
            return "card_expired"
        if self.account_last_day is None or day_of(at) > self.account_last_day:
            return "card_account_expired"
        return None

    def usable(self, at: datetime, kinds: tuple[str, ...] = ("PRINCIPAL", "BONUS")) -> list[ModelLot]:
        """What may be drawn, the earliest end first, then the oldest."""
        return live(self.lots, at, kinds)

    def can_pay(self, amount: int, at: datetime, kinds: tuple[str, ...] = ("PRINCIPAL", "BONUS")) -> bool:
        return sum(lot.left for lot in self.usable(at, kinds)) >= amount

    def draw(
        self, amount: int, *, policy: str, at: datetime, kinds: tuple[str, ...] = ("PRINCIPAL", "BONUS")
    ) -> list[tuple[ModelLot, int]]:
        """Take ``amount``, which is there in lots of these kinds; the parts."""
        lots = self.usable(at, kinds)
        if policy == "BONUS_FIRST":
            return take(sorted(lots, key=lambda lot: lot.kind != "BONUS"), amount)
        if policy == "PRO_RATA":
            shares = _shares(lots, amount)
            return [part for kind, share in shares.items() for part in take([x for x in lots if x.kind == kind], share)]
        return take(lots, amount)


def live(lots: list[ModelLot], at: datetime, kinds: tuple[str, ...]) -> list[ModelLot]:
    """Lots of these kinds with something in them that may be used now, the earliest end first, then the oldest."""
    found = [lot for lot in lots if lot.left and lot.kind in kinds and not lot.over(at)]
    return sorted(found, key=lambda lot: lot.end_first)


def take(lots: list[ModelLot], amount: int) -> list[tuple[ModelLot, int]]:
    """Take ``amount``, which is there, from the lots in their order; the parts."""
    parts = []
    for lot in lots:
        part = min(lot.left, amount)
        if part:
            lot.left -= part
            amount -= part
            parts.append((lot, part))
    assert amount == 0
    return parts


def _shares(lots: list[ModelLot], amount: int) -> dict[str, int]:
    """Principal and bonus in the ratio in which they stand, whole: the larger remainder gets the odd fen, a tie the
    principal.
    """
    held = {kind: sum(lot.left for lot in lots if lot.kind == kind) for kind in ("PRINCIPAL", "BONUS")}
    exact = {kind: Fraction(amount * left, sum(held.values())) for kind, left in held.items()}
    shares = {kind: int(share) for kind, share in exact.items()}
    if sum(shares.values()) < amount:
        shares[max(exact, key=lambda kind: (exact[kind] - shares[kind], kind == "PRINCIPAL"))] += 1
    return shares


def spread(amount: int, weights: list[int]) -> list[int]:
    """Whole shares in the ratio of the weights: the larger remainders get the odd fen, the earlier of equals first."""
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    shares = [int(share) for share in exact]
    order = sorted(range(len(weights)), key=lambda place: (shares[place] - exact[place], place))
    for place in order[: amount - sum(shares)]:
        shares[place] += 1
    return shares


@dataclass(slots=True, eq=False)
class Done:
    """An act that moved value and stands, with what it did to the model."""

    act: str
    card: ModelCard
    record_id: object
    opened: list[ModelLot] = field(default_factory=list)
    taken: list[tuple[ModelLot, int]] = field(default_factory=list)
    undone: bool = False
    member: ModelMember | None = None
    paid: dict[str, int] = field(default_factory=dict)
    """By means, of a consumption; ``back``: what of it came back."""
    back: dict[str, int] = field(default_factory=dict)
    returned: int = 0
    points_back: int = 0
    bill: int = 0
    """What is open of what was signed for."""
    settled: bool = False
    worth: list[tuple[ModelSale, int, int]] = field(default_factory=list)
    """Of the use of a package: from which sales, how many, and what they were worth."""

    @property
    def total(self) -> int:
        return sum(self.paid.values())

    @property
    def opened_left(self) -> int:
        """What is there of the lots it opened, on whichever card."""
        return sum(lot.left_anywhere for lot in self.opened)

    @property
    def is_sale(self) -> bool:
        """Something was bought, and nothing of it undone."""
        return self.act == "CONSUMPTION" and not self.undone

    def left(self) -> dict[str, int]:
        """What may still come back, by means. Cash given for a signed bill that was paid is part of what was signed."""
        left = {means: self.paid.get(means, 0) - self.back.get(means, 0) for means in MEANS}
        over = min(self.paid.get("cash", 0) - self.back.get("cash", 0), 0)
        if over:
            left["cash"] = 0
            left["signed"] = left.get("signed", 0) + over
        return {means: fen for means, fen in left.items() if fen > 0}

    def undo_refusal(self) -> str | None:
        """The code with which its reversal is refused, or None."""
        if self.act == "TOP_UP":
            return "fault_form_needed"
        if self.returned:
            return "not_reversible"
        if self.undone:
            return "already_reversed"
        if any(lot.left_anywhere != lot.original for lot in self.opened):
            return "lots_already_drawn"
        return "bill_already_settled" if self.settled else None

    def undo(self) -> None:
        self.undone = True
        if self.member is not None:
            self.member.survivor.ahead += self.paid.get("prepayment", 0)
            self.member.survivor.owed -= self.paid.get("signed", 0)
            self.bill = 0
        for lot in self.opened:
            lot.take_all()
            if lot.sale is not None:
                lot.sale.count = lot.sale.fen = 0
        for lot, part in self.taken:
            lot.left += part
        for sale, count, fen in self.worth:
            sale.count, sale.fen = sale.count + count, sale.fen + fen


@dataclass(slots=True, eq=False)
class Form:
    """A fault form that waits. ``card``: where the top-up's value was when it was filed, stopped as long as it waits;
    ``left``: what of the top-up was there.
    """

    number: str
    of: Done
    card: ModelCard
    left: int
