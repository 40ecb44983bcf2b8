"""What is owed back for a card, from the books. The refund itself is a document."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, Q, Sum, When

from kernel import clock
from ledger.domain import LotKind
from ledger.models import Draw, Lot, Posting
from membership.cards.models import Card
from membership.cards.origins import sources_of
from membership.cashier.acting import card_ref
from membership.cashier.domain import CONSUMPTION, TOP_UP, CardRef
from membership.cashier.refunds import SEVEN_DAYS, Article, Loaded, refund_fen
from membership.cashier.returning import RETURN
from membership.cashier.settling import SETTLEMENT


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """What would be owed back now, with what it was reckoned from. Amounts in fen.

    ``seven_days_fen``: what is left of payments of the last seven days, owed without a reason (art 14).
    """

    loaded: Loaded
    article: Article
    refund_fen: int
    seven_days_fen: int


# What went off for something bought, at once or when a signed bill was settled, with what took it back; all else is
# loading and unloading. What went over from one card to the next sums to nothing.
_BOUGHT: Final = (CONSUMPTION, SETTLEMENT, "PACKAGE_SALE")
_USE = Q(posting__kind__in=(*_BOUGHT, RETURN)) | Q(posting__reverses__kind__in=_BOUGHT)


def refund_quote(*, card_number: str, article: Article, now: datetime | None = None) -> RefundQuote:
    """What is owed back for a card under an article of 法释〔2025〕4号: for all that was ever paid onto it and onto the
    cards whose place it has, so that nothing is owed otherwise for its having been lost (R-J03).

    Raises:
        CardNotFound, CardIdle
    """
    card = card_ref(card_number)
    # A bonus that expired was given all the same: its end is neither loading nor use.
    draws = Draw.objects.filter(lot__account_id__in=_accounts(card)).exclude(posting__kind="EXPIRY")
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
    return RefundQuote(loaded, article, refund_fen(loaded, article), _recent(card, now or clock.now()))


def _accounts(card: CardRef) -> list[int]:
    """The card's account, and those of the cards whose place it has."""
    found, before = [card.account_id], Card.objects.filter(replaced_by=card.card_id)
    while (old := before.values_list("pk", "stored_account_id").first()) is not None:
        found.append(old[1])
        before = Card.objects.filter(replaced_by=old[0])
    return found


def _recent(card: CardRef, now: datetime) -> int:
    live = Lot.objects.filter(account_id=card.account_id, live=True, kind=LotKind.PRINCIPAL)
    lots = list(live.filter(opened_at__gt=now - SEVEN_DAYS))
    sources = sources_of(lots)
    top_ups = set(Posting.objects.filter(pk__in=sources.values(), kind=TOP_UP).values_list("pk", flat=True))
    return sum(lot.remaining for lot in lots if sources[lot.pk] in top_ups)
