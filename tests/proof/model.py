"""What must be true of cards, in memory: small, slow and obvious. It knows nothing of the program's own code."""

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from kernel.clock import CHINA

CAP_FEN = 500_000
ALWAYS = datetime.max.replace(tzinfo=CHINA)


@dataclass(slots=True)
class ModelLot:
    """``number`` follows the order in which lots were opened."""

    kind: str
    original: int
    left: int
    expires_at: datetime | None
    opened_at: datetime
    number: int

    def over(self, at: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= at


@dataclass(slots=True)
class ModelCard:
    """A card: where it stands, and what is on it."""

    number: str
    status: str = "IDLE"
    before: str = ""
    locked: bool = False
    last_day: date | None = None
    lots: list[ModelLot] = field(default_factory=list)
    points: list[ModelLot] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots)

    @property
    def points_balance(self) -> int:
        return sum(lot.left for lot in self.points)

    def refusal(self, at: datetime) -> str | None:
        """The code with which a till refuses the card, or None."""
        if self.status == "IDLE":
            return "card_idle"
        if self.status != "ACTIVE":
            return f"card_{self.status.lower()}"
        if self.locked:
            return "card_locked"
        if self.last_day is None or at.astimezone(CHINA).date() > self.last_day:
            return "card_expired"
        return None

    def usable(self, at: datetime) -> list[ModelLot]:
        """What may be drawn, the earliest end first, then the oldest."""
        live = [lot for lot in self.lots if lot.left and not lot.over(at)]
        return sorted(live, key=lambda lot: (lot.expires_at or ALWAYS, lot.opened_at, lot.number))

    def draw(self, amount: int, *, policy: str, at: datetime) -> list[tuple[ModelLot, int]]:
        """Take ``amount``, which is there; the parts."""
        lots = self.usable(at)
        if policy == "BONUS_FIRST":
            return _take(sorted(lots, key=lambda lot: lot.kind != "BONUS"), amount)
        if policy == "PRO_RATA":
            shares = _shares(lots, amount)
            return [
                part for kind, share in shares.items() for part in _take([x for x in lots if x.kind == kind], share)
            ]
        return _take(lots, amount)


def _take(lots: list[ModelLot], amount: int) -> list[tuple[ModelLot, int]]:
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


@dataclass(slots=True)
class Done:
    """An act that moved value and stands, with what it did to the model. ``key`` and ``replay`` do it again."""

    act: str
    card: ModelCard
    record_id: object
    opened: list[ModelLot] = field(default_factory=list)
    taken: list[tuple[ModelLot, int]] = field(default_factory=list)
    undone: bool = False

    def undo_refusal(self) -> str | None:
        """The code with which its reversal is refused, or None."""
        if self.undone:
            return "already_reversed"
        if any(lot.left != lot.original for lot in self.opened):
            return "lots_already_drawn"
        return None

    def undo(self) -> None:
        self.undone = True
        for lot in self.opened:
            lot.left = 0
        for lot, part in self.taken:
            lot.left += part
