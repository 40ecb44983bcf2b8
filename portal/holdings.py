"""What a member has apart from her cards' stored value: what she paid ahead, what she signed for, her packages."""

from collections.abc import Sequence

from kernel import clock
from ledger.models import Account
from membership.cards.models import Card
from membership.cashier.accounts import PREPAYMENT
from membership.cashier.signed_queries import totals_of_member
from membership.packages.queries import Holding, holdings_of_cards
from portal.rows import Row, last_day_before


def member_sums(member_id: int | None) -> Row:
    """Her prepayment and her signed bills, settled and not (R-A03, R-A08). Amounts in fen; two queries, or none."""
    if member_id is None:
        return {"prepayment_fen": 0, "signed_open_fen": 0, "signed_settled_fen": 0}
    signed = totals_of_member(member_id)
    return {
        "prepayment_fen": prepayment_of(member_id),
        "signed_open_fen": signed.open_fen,
        "signed_settled_fen": signed.settled_fen,
    }


def prepayment_of(member_id: int) -> int:
    """What she paid ahead and has not used, in fen (R-A08). One query."""
    held = Account.objects.filter(kind=PREPAYMENT, holder_id=member_id).values_list("balance", flat=True).first()
    return held or 0


def package_rows(cards: Sequence[Card]) -> dict[int, list[Row]]:
    """What is left of packages on each card, by its key. Two queries for any number of cards."""
    found = holdings_of_cards([card.pk for card in cards], now=clock.now())
    return {card_id: [package_row(holding) for holding in holdings] for card_id, holdings in found.items()}


def package_row(holding: Holding) -> Row:
    """What is left of one package, and the last day of the part that ends first."""
    return {
        "name": holding.product.name,
        "left": holding.left,
        "unit": holding.product.get_unit_display(),
        "last_day": last_day_before(holding.first_end) if holding.first_end else None,
    }
