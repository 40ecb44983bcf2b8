"""Has this just been done? A hint for whoever is about to do it again; what must not happen twice is held by keys."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from kernel.money import Money
from ledger.models import Posting
from membership.cashier.domain import Occasion
from membership.records.domain import RecordKind
from membership.records.models import Record

LATELY: Final = timedelta(seconds=60)
"""Within this time the same amount on the same card is more likely a slip than a second sale."""


def just_done(
    *, card_number: str, kind: RecordKind, amount: Money, occasion: Occasion, within: timedelta = LATELY
) -> Record | None:
    """The latest act of this kind and amount (> 0, as paid) on this card in the time before ``occasion``, if there is
    one; what was done under the occasion's own key is itself, not a repetition. One query.
    """
    since: datetime = occasion.occurred_at - within
    same = Q(detail__paid_fen=amount.fen)
    if kind == RecordKind.CONSUMPTION:
        # A bill paid by parts keeps its total beside what left the card.
        same = Q(amount_fen=-amount.fen, detail__total_fen__isnull=True) | Q(detail__total_fen=amount.fen)
    itself = Posting.objects.filter(idempotency_key=occasion.ledger_key).values("id")
    found = Record.objects.filter(same, card__number=card_number, kind=kind, occurred_at__gt=since)
    return found.exclude(posting_id__in=itself).order_by("-occurred_at", "-id").first()
