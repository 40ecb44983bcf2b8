"""What packages there are, and what is left of them on a card."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ledger.models import Lot
from membership.packages.domain import account_kind
from membership.packages.models import PackageDraw, PackageProduct, PackageSale


@dataclass(frozen=True, slots=True)
class Holding:
    """What a card has left of one product that may still be used, and when the first of it ends."""

    product: PackageProduct
    left: int
    first_end: datetime | None


def products(*, on_sale: bool = False) -> list[PackageProduct]:
    """The products by name; with ``on_sale`` only those that are sold."""
    found = PackageProduct.objects.order_by("name", "pk")
    return list(found.filter(enabled=True) if on_sale else found)


def holdings_of(card_id: int, *, now: datetime) -> list[Holding]:
    """What the card has left, by product. Two queries."""
    return holdings_of_cards([card_id], now=now).get(card_id, [])


def holdings_of_cards(card_ids: Iterable[int], *, now: datetime) -> dict[int, list[Holding]]:
    """What each card has left, by product; a card without packages is not there. Two queries for any number."""
    by_kind = {account_kind(product.pk): product for product in products()}
    lots = Lot.objects.filter(account__holder_id__in=list(card_ids), account__kind__in=by_kind, live=True)
    of_card: dict[int, list[Lot]] = {}
    for lot in lots.select_related("account"):
        of_card.setdefault(lot.account.holder_id, []).append(lot)
    found = {card_id: _summed(by_kind, held, now) for card_id, held in of_card.items()}
    return {card_id: holdings for card_id, holdings in found.items() if holdings}


def told_of(posting_id: UUID) -> Mapping[str, Any]:
    """What the record of a sale or a use said of its package, out of what was sold and drawn; records are cleared."""
    sale = PackageSale.objects.select_related("product").filter(pk=posting_id).first()
    if sale is not None:
        return {"package": sale.product.name, "unit": sale.product.unit, "quantity": sale.quantity}
    draws = list(PackageDraw.objects.select_related("sale__product").filter(posting_id=posting_id))
    if not draws:
        return {}
    product = draws[0].sale.product
    return {"package": product.name, "unit": product.unit, "used": sum(draw.count for draw in draws)}


def _summed(by_kind: dict[str, PackageProduct], lots: Iterable[Lot], now: datetime) -> list[Holding]:
    left: dict[str, int] = {}
    ends: dict[str, datetime] = {}
    for lot in lots:
        if lot.expires_at is not None and lot.expires_at <= now:
            continue
        kind = lot.account.kind
        left[kind] = left.get(kind, 0) + lot.remaining
        if lot.expires_at is not None:
            ends[kind] = min(ends.get(kind, lot.expires_at), lot.expires_at)
    return [Holding(by_kind[kind], left[kind], ends.get(kind)) for kind in sorted(left)]
