"""Packages of counts or minutes: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.domain import Unit

SALE: Final = "PACKAGE_SALE"
USE: Final = "PACKAGE_USE"
PACKAGE_ACCOUNT: Final = "PACKAGE:"
"""How the kinds of accounts of packages begin; their product follows."""


class PackageUnit(models.TextChoices):
    """What a package holds (R-P24)."""

    CNT = Unit.CNT.value, _("次")
    """Counts: ten washes."""
    MIN = Unit.MIN.value, _("分钟")
    """Time: five hundred minutes."""


@dataclass(frozen=True, slots=True)
class SoldLot:
    """A package as it was sold: what it cost and how many it held."""

    lot_id: UUID
    price_fen: int
    quantity: int
    used: int


def account_kind(product_id: int) -> str:
    """The kind of the card's account of this product: one lot for each sale."""
    return f"{PACKAGE_ACCOUNT}{product_id}"


def worth_fen(lots: Iterable[tuple[SoldLot, int]]) -> int:
    """What the money for so many of each lot comes to: all uses of a lot sum to its price, to the fen."""
    return sum(
        lot.price_fen * (lot.used + count) // lot.quantity - lot.price_fen * lot.used // lot.quantity
        for lot, count in lots
    )
