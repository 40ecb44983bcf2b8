"""Packages of counts or minutes: pure."""

from dataclasses import dataclass
from typing import Final

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
class Left:
    """What is left of a sale: counts or minutes, and what of its price is still owed as a service, in fen."""

    count: int
    fen: int


def account_kind(product_id: int) -> str:
    """The kind of the card's account of this product: one lot for each sale."""
    return f"{PACKAGE_ACCOUNT}{product_id}"


def worth_fen(left: Left, count: int) -> int:
    """The part of what is owed that so many of what is left come to; the last of them take the rest, to the fen."""
    return left.fen * count // left.count
