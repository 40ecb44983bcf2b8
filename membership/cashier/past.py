"""What was posted, as a record, also after that record was cleared: then out of the books, which never are (X-08).

The acts that begin with a record find it here, so that what a plan no longer shows can still be put right. What only
the record said, a note or a vehicle, is gone from it then.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum

from kernel.calendar import span_of
from ledger.domain import Contra, Unit
from ledger.models import Entry, Posting
from ledger.services import REVERSAL
from membership.cards.models import Card
from membership.cards.queries import last_of
from membership.cards.services.replacing import FEE
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL
from membership.cashier.domain import CONSUMPTION, TOP_UP, read_receipt_number, receipt_number
from membership.cashier.errors import RecordNotFound
from membership.cashier.tender import Means
from membership.records import queries
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.audit.models import AuditEntry
from tenants.stores.models import Store

FROM_BOOKS: Final = "from_books"
"""In the detail of a record that is not in its table any more."""
TAKES_BACK: Final = "takes_back"
"""In the memo of a negative top-up: the top-up that it is about, which it does not reverse entry by entry."""

Tells = Callable[[UUID], Mapping[str, Any]]
_BOOKED: Final[dict[str, tuple[RecordKind, Tells]]] = {}
_MEANS: Final = {PREPAYMENT: Means.PREPAYMENT.value, SIGNED_BILL: Means.SIGNED.value}


def booked(posting_kind: str, kind: RecordKind, *, tells: Tells = lambda _posting_id: {}) -> None:
    """Have postings of a kind found again when their records are gone. ``tells``: what else such a record says, by the
    posting's key.
    """
    _BOOKED[posting_kind] = (kind, tells)


booked(TOP_UP, RecordKind.TOP_UP)
booked(CONSUMPTION, RecordKind.CONSUMPTION)
booked(REVERSAL, RecordKind.REVERSAL)
booked(FEE, RecordKind.FEE)


def record_of(record_id: UUID) -> Record:
    """The record with its card, holder and store; one that was cleared as the books have it, not to be saved. One
    query; some more for what was cleared.

    Raises:
        RecordNotFound
    """
    kept = Record.objects.select_related("card__member", "store").filter(pk=record_id).first()
    return kept or _from_books(record_id)


def undone_by(record: Record) -> Record | None:
    """What undid it, if something did: as ``records.queries.reversal_of``, and for what was cleared from the books."""
    if FROM_BOOKS not in record.detail:
        return queries.reversal_of(record)
    undone = Posting.objects.filter(reverses_id=record.pk).values_list("pk", flat=True).first()
    if undone is None and record.kind == RecordKind.TOP_UP:
        undone = _taken_back(record)
    return record_of(undone) if undone is not None else None


def find_by_number(text: str) -> UUID | None:
    """What was posted under the number of a receipt, as read from paper. One query: it looks at that day's postings."""
    read = read_receipt_number(text)
    if read is None:
        return None
    start, end = span_of(read.day)
    found = Posting.objects.filter(occurred_at__gte=start, occurred_at__lt=end, pk__endswith=read.ends_with)
    numbers = {receipt_number(key, at): key for key, at in found.values_list("pk", "occurred_at")}
    return numbers.get(text.upper())


def _taken_back(record: Record) -> UUID | None:
    """The negative top-up of this one: on its own card, or on the one that has its place."""
    cards = (record.card, last_of(record.card))
    on_card = Entry.objects.filter(account_id__in=[card.stored_account_id for card in cards]).values("posting_id")
    found = Posting.objects.filter(pk__in=on_card, **{f"memo__{TAKES_BACK}": str(record.pk)})
    return found.values_list("pk", flat=True).first()


def _from_books(record_id: UUID) -> Record:
    posting = Posting.objects.select_related("reverses").filter(pk=record_id, kind__in=_BOOKED).first()
    card = _card_of(posting) if posting is not None else None
    if posting is None or card is None:
        raise RecordNotFound
    kind, tells = _BOOKED[posting.kind]
    stored, result = str(card.stored_account_id), posting.result
    on_card, told = _entries(posting, card, kind)
    if drawn := result["drawn"].get(stored):
        told["drawn"] = drawn
    return Record(
        id=posting.pk,
        card=card,
        kind=kind,
        amount_fen=on_card,
        balance_after_fen=result["balances"][stored],
        store=Store.objects.filter(pk=posting.store_id).first() if posting.store_id is not None else None,
        actor=posting.actor,
        actor_name=_who(posting, card),
        posting_id=posting.pk,
        occurred_at=posting.occurred_at,
        detail={FROM_BOOKS: True, **told, **tells(posting.pk)},
    )


def _entries(posting: Posting, card: Card, kind: RecordKind) -> tuple[int, dict[str, Any]]:
    """What the entries put on the card, in fen, and what else its record said of them."""
    contra: dict[str, int] = {}
    parts: dict[str, int] = {}
    told: dict[str, Any] = {}
    points = 0
    columns = ("account_id", "account__kind", "contra", "unit", "amount")
    for account_id, account_kind, against, unit, amount in Entry.objects.filter(posting=posting).values_list(*columns):
        if account_id is None:
            contra[against] = contra.get(against, 0) + (amount if unit == Unit.CNY else 0)
        elif account_id == card.points_account_id:
            points += amount
        elif account_id == card.stored_account_id:
            parts[Means.STORED.value] = -amount
        elif account_kind in _MEANS:
            parts[_MEANS[account_kind]] = -amount
            if account_kind == PREPAYMENT:
                told["prepayment_after_fen"] = posting.result["balances"][str(account_id)]
    if cash := contra.get(Contra.CASH.value, 0):
        parts[Means.CASH.value] = -cash
    if kind == RecordKind.TOP_UP or TAKES_BACK in posting.memo:
        told |= {"paid_fen": -cash, "bonus_fen": -contra.get(Contra.PROMOTION.value, 0)}
    elif kind == RecordKind.PREPAYMENT:
        told["prepayment_fen"] = -parts[Means.PREPAYMENT.value]
    elif parts and (kind == RecordKind.PACKAGE or set(parts) != {Means.STORED.value}):
        told |= {"total_fen": sum(parts.values()), "parts": parts}
    if points:
        told |= {"points": points, "points_after": posting.result["balances"][str(card.points_account_id)]}
    return -parts.get(Means.STORED.value, 0), told | _undone(posting)


def _undone(posting: Posting) -> dict[str, Any]:
    if posting.reverses is not None:
        return {"reverses": str(posting.reverses_id), "reverses_kind": _BOOKED[posting.reverses.kind][0].value}
    if TAKES_BACK in posting.memo:
        return {"reverses": posting.memo[TAKES_BACK], "reverses_kind": RecordKind.TOP_UP.value}
    return {}


def _card_of(posting: Posting) -> Card | None:
    """The card it was done with: its account was locked, so the result names it, whatever paid. What came back
    to a card that was replaced went on to the one that has its place: there it is.
    """
    accounts = [int(account_id) for account_id in posting.result["balances"]]
    cards = list(Card.objects.select_related("member").filter(stored_account_id__in=accounts))
    if len(cards) <= 1:
        return next(iter(cards), None)
    moved = Entry.objects.filter(posting=posting, account_id__in=[card.stored_account_id for card in cards])
    stayed = {account_id for account_id, fen in moved.values_list("account_id").annotate(Sum("amount")) if fen}
    return next((card for card in cards if card.stored_account_id in stayed), cards[0])


def _who(posting: Posting, card: Card) -> str:
    """The name, as the trail has it; what programs do leaves none there."""
    trail = AuditEntry.objects.filter(object_type="card", object_id=card.number, detail__record=str(posting.pk))
    return trail.values_list("actor_name", flat=True).first() or ""
