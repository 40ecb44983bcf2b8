"""What becomes of a package's price: counts and minutes that are used, or that end, take their part of it with them.

Each posting that takes counts off a sale, or gives them back, leaves a row of what it took (``PackageDraw``). So the
rest of the price is known for each sale, and goes with the last of its counts, in whatever order uses were undone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Sum

from ledger.domain import Contra, Line
from ledger.models import Lot
from membership.cards.origins import sources_of
from membership.packages.domain import Left, worth_fen
from membership.packages.models import PackageDraw, PackageSale


@dataclass(frozen=True, slots=True)
class Share:
    """So many counts or minutes of a sale, and their part of its price in fen."""

    sale_id: UUID
    count: int
    fen: int


def shares(parts: Iterable[tuple[Lot, int]]) -> dict[int, list[Share]]:
    """What so many of each lot are worth now, by the key of their account. The accounts are locked.

    However a lot came to its card, it is of the sale that first opened it. Two queries, and two for each card between.
    """
    taken = list(parts)
    sources = sources_of(lot for lot, _count in taken)
    left = _left(set(sources.values()))
    counts: dict[tuple[int, UUID], int] = {}
    for lot, count in taken:
        place = lot.account_id, sources[lot.pk]
        counts[place] = counts.get(place, 0) + count
    found: dict[int, list[Share]] = {}
    for (account_id, sale_id), count in counts.items():
        fen = worth_fen(left[sale_id], count)
        left[sale_id] = Left(left[sale_id].count - count, left[sale_id].fen - fen)
        found.setdefault(account_id, []).append(Share(sale_id, count, fen))
    return found


def _left(sale_ids: Iterable[UUID]) -> dict[UUID, Left]:
    sales = PackageSale.objects.filter(pk__in=sale_ids)
    sums = sales.annotate(taken=Sum("draws__count", default=0), earned=Sum("draws__amount_fen", default=0))
    return {sale.pk: Left(sale.quantity - sale.taken, sale.price_fen - sale.earned) for sale in sums}


def money_lines(of: Sequence[Share], to: Contra) -> list[Line]:
    """Their part of the price is owed no more: it goes to ``to``."""
    fen = sum(share.fen for share in of)
    if not fen:
        return []
    return [Line(None, Contra.DEFERRED.value, "CNY", -fen), Line(None, to.value, "CNY", fen)]


def write_down(by_posting: Mapping[UUID, Sequence[Share]]) -> None:
    """Leave a row for each sale that a posting took from."""
    PackageDraw.objects.bulk_create(
        PackageDraw(posting_id=posting_id, sale_id=share.sale_id, count=share.count, amount_fen=share.fen)
        for posting_id, of in by_posting.items()
        for share in of
    )


def undo(posting_id: UUID, *, by: UUID) -> None:
    """What a posting took is back; or, of a sale's own posting, the sale is no more: nothing is owed for it."""
    took = list(PackageDraw.objects.filter(posting_id=posting_id))
    back = [Share(draw.sale_id, -draw.count, -draw.amount_fen) for draw in took]
    if not took:
        sale = PackageSale.objects.get(pk=posting_id)
        back = [Share(sale.pk, sale.quantity, sale.price_fen)]
    write_down({by: back})
