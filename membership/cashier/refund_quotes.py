"""What is owed back for a card, from the books. The refund itself is a document."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, F, Q, Sum, When

from kernel import clock
from ledger.domain import LotKind
from ledger.models import Draw, Lot
from membership.cashier.acting import card_ref
from membership.cashier.domain import CONSUMPTION
from membership.cashier.refunds import SEVEN_DAYS, Article, Loaded, refund_fen
from membership.cashier.returning import RETURN


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """What would be owed back now, with what it was reckoned from. Amounts in fen.

    ``seven_days_fen``: what is left of payments of the last seven days, owed without a reason (art 14).
    """

    loaded: Loaded
    article: Article
    refund_fen: int
    seven_days_fen: int


# What went off by consumption, with what took it back; all else is loading and unloading. So is the lot that a return
# opens on the card which has the place of the one that was used.
_RETURNED = Q(posting__kind=RETURN) & ~Q(lot__posting_id=F("posting_id"))
_USE = Q(posting__kind=CONSUMPTION) | _RETURNED | Q(posting__reverses__kind=CONSUMPTION)


def refund_quote(*, card_number: str, article: Article, now: datetime | None = None) -> RefundQuote:
    """What is owed back for a card under an article of 法释〔2025〕4号.

    Raises:
        CardNotFound, CardIdle
    """
    account_id = card_ref(card_number).account_id
    # A bonus that expired was given all the same: its end is neither loading nor use.
    draws = Draw.objects.filter(lot__account_id=account_id).exclude(posting__kind="EXPIRY")
    rows = (
        draws.annotate(used=Case(When(_USE, then=True), default=False))
        .values_list("lot__kind", "used")
        .annotate(Sum("amount"))
        .order_by()
    )
    paid = given = used = 0
    for kind, is_use, amount in rows:
        if is_use:
            used -= amount
        elif kind == LotKind.BONUS:
            given += amount
        else:
            paid += amount
    loaded = Loaded(paid_fen=paid, given_fen=given, used_fen=used)
    return RefundQuote(loaded, article, refund_fen(loaded, article), _recent(account_id, now or clock.now()))


def _recent(account_id: int, now: datetime) -> int:
    lots = Lot.objects.filter(
        account_id=account_id, live=True, kind=LotKind.PRINCIPAL, opened_at__gt=now - SEVEN_DAYS, posting__kind="TOP_UP"
    )
    return lots.aggregate(left=Sum(F("remaining")))["left"] or 0
