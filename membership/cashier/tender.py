"""How a bill is paid: stored value, prepayment, cash, and what is signed for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.domain import LotKind
from membership.cards.policy import PinProof
from membership.cashier.points import BillLine


class StoredScope(models.TextChoices):
    """Which of a card's lots may pay."""

    ANY = "ANY", _("按扣款顺序")
    """All, in the chain's draw order."""
    PRINCIPAL = "PRINCIPAL", _("仅用本金")
    BONUS = "BONUS", _("仅用赠送金额")


_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    StoredScope.ANY: (),
    StoredScope.PRINCIPAL: (LotKind.PRINCIPAL.value,),
    StoredScope.BONUS: (LotKind.BONUS.value,),
}


class Means(models.TextChoices):
    """What a bill or a settlement is paid with, as records and settlement queries name it (R-A03)."""

    STORED = "stored", _("储值")
    PREPAYMENT = "prepayment", _("预存")
    CASH = "cash", _("现金")
    SIGNED = "signed", _("签单")


@dataclass(frozen=True, slots=True)
class Tender:
    """The parts of a payment, in fen, each ≥ 0. ``cash_fen`` is all that is taken outside the books of members."""

    stored_fen: int = 0
    stored_scope: str = StoredScope.ANY.value
    prepayment_fen: int = 0
    cash_fen: int = 0
    signed_fen: int = 0

    @property
    def total_fen(self) -> int:
        """What the parts come to."""
        return self.stored_fen + self.prepayment_fen + self.cash_fen + self.signed_fen

    @property
    def takes_fen(self) -> int:
        """What is taken from the card, from its member's prepayment or on her word: all but the cash."""
        return self.total_fen - self.cash_fen

    @property
    def is_plain(self) -> bool:
        """Stored value by the chain's draw order, and nothing else."""
        return self.stored_fen == self.total_fen and self.stored_scope == StoredScope.ANY

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of lots that may pay; empty: all."""
        return _KINDS[self.stored_scope]

    def parts(self) -> dict[str, int]:
        """The parts that are there, by means."""
        parts = {
            Means.STORED.value: self.stored_fen,
            Means.PREPAYMENT.value: self.prepayment_fen,
            Means.CASH.value: self.cash_fen,
            Means.SIGNED.value: self.signed_fen,
        }
        return {means: fen for means, fen in parts.items() if fen}

    def is_sound(self) -> bool:
        """No part is negative and there is something."""
        return min(self.stored_fen, self.prepayment_fen, self.cash_fen, self.signed_fen) >= 0 and self.total_fen > 0


@dataclass(frozen=True, slots=True)
class Served:
    """The vehicle that is served, as typed or scanned; both empty: none was named."""

    plate: str = ""
    vin: str = ""


NOBODYS: Final = Served()
_VIN_LENGTH: Final = 17


def served_by(text: str) -> Served:
    """The vehicle by whatever of it was typed or scanned: its VIN if it is as long as one, else its plate."""
    text = text.strip()
    return Served(vin=text) if len(text) == _VIN_LENGTH else Served(plate=text)


@dataclass(frozen=True, slots=True)
class Bill:
    """What is to be paid: a total, by the parts of a tender, for lines that say what earns points.

    ``served`` and ``proof`` are what was shown with the card, where it asks for a vehicle or for its PIN.
    """

    total_fen: int
    tender: Tender
    lines: tuple[BillLine, ...] = ()
    note: str = ""
    served: Served = NOBODYS
    proof: PinProof | None = None

    @property
    def lines_or_one(self) -> Sequence[BillLine]:
        """The bill's lines; a bill without any is one line that earns."""
        return self.lines or (BillLine(self.total_fen),)


def plain(amount_fen: int, *, note: str = "", served: Served = NOBODYS, proof: PinProof | None = None) -> Bill:
    """A bill that is paid from the card alone."""
    return Bill(amount_fen, Tender(stored_fen=amount_fen), note=note, served=served, proof=proof)
