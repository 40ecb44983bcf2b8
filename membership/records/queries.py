"""Reading card records: page after page by key, and what a month came to on a card."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from uuid import UUID

from django.db.models import Count, DateField, Model, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncMonth

from kernel.calendar import add_months, span_of, start_of
from kernel.clock import CHINA
from membership.records.domain import RecordKind
from membership.records.models import Record
from tenants.stores.models import Store


@dataclass(frozen=True, slots=True)
class Place:
    """A record's place among the records of a list, the latest first."""

    occurred_at: datetime
    record_id: UUID

    @classmethod
    def of(cls, record: Record) -> Self:
        """Where this record stands."""
        return cls(record.occurred_at, record.id)

    def __str__(self) -> str:
        """As it travels in an address."""
        text = f"{self.occurred_at.isoformat()} {self.record_id}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The place an address names; None for anything that names none."""
        try:
            moment, _, record_id = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
            occurred_at = datetime.fromisoformat(moment)
            return cls(occurred_at, UUID(record_id)) if occurred_at.tzinfo else None
        except (ValueError, binascii.Error):
            return None


def records_of_cards(card_ids: Iterable[int]) -> QuerySet[Record]:
    """What happened to these cards."""
    return Record.objects.filter(card_id__in=list(card_ids))


def reversal_of(record: Record) -> Record | None:
    """What undid this top-up, consumption, or sale or use of a package, if something did."""
    if record.kind not in (RecordKind.TOP_UP, RecordKind.CONSUMPTION, RecordKind.PACKAGE):
        return None
    undone = Record.objects.filter(card_id=record.card_id, kind=RecordKind.REVERSAL, detail__reverses=str(record.pk))
    return undone.first()


def records_of_store(store_id: int | None) -> QuerySet[Record]:
    """What happened in a store; with None, in all."""
    return Record.objects.all() if store_id is None else Record.objects.filter(store_id=store_id)


def page_of_records(
    found: QuerySet[Record], *, size: int, after: Place | None = None, cards: Sequence[Model] = ()
) -> list[Record]:
    """The latest ``size`` records older than ``after``, with card, holder and store. One query on any page.

    ``cards``: those of all these records, with their holders, where they are already read.
    """
    if after is not None:
        older = Q(occurred_at__lt=after.occurred_at) | Q(occurred_at=after.occurred_at, id__lt=after.record_id)
        # The first condition alone lets the index begin at the right place.
        found = found.filter(Q(occurred_at__lte=after.occurred_at) & older)
    if not cards:
        found = found.select_related("card__member")
    page = list(found.select_related("store").order_by("-occurred_at", "-id")[:size])
    read = {card.pk: card for card in cards}
    for record in page:
        if card := read.get(record.card_id):
            record.card = card  # type: ignore[assignment]  # what a card is, is known a room further up
    return page


def kept_since(today: date, months: int) -> datetime:
    """From when on the member portal shows records (R-A10): the beginning of the day ``months`` ago, in China."""
    return start_of(add_months(today, -months))


def stores_of_records(found: QuerySet[Record]) -> dict[int, str]:
    """The stores in which these records came about, by key, with their names, by code. One query."""
    stores = Store.objects.filter(pk__in=found.order_by().values("store_id")).order_by("code", "pk")
    return dict(stores.values_list("pk", "name"))


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """What went off and came onto the cards in a month, in fen, both positive."""

    out_fen: int
    in_fen: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The records of one kind, from one store, of one calendar month in China, added up. ``first_day``: the month's."""

    kind: str
    store_id: int | None
    store_name: str
    first_day: date
    count: int
    out_fen: int
    in_fen: int


def tallies(found: QuerySet[Record]) -> list[Tally]:
    """These records added up by kind, store and month, by the stores' codes. One query; as many rows as there are
    combinations.
    """
    rows = (
        found.order_by("store__code", "store_id")
        .annotate(month=TruncMonth("occurred_at", output_field=DateField(), tzinfo=CHINA))
        .values_list("kind", "store_id", "store__name", "month")
        .annotate(
            Count("id"),
            out=-Coalesce(Sum("amount_fen", filter=Q(amount_fen__lt=0)), 0),
            into=Coalesce(Sum("amount_fen", filter=Q(amount_fen__gt=0)), 0),
        )
    )
    return [
        Tally(kind, store_id, name or "", month, count, out_fen=out, in_fen=into)
        for kind, store_id, name, month, count, out, into in rows
    ]


def cards_issued(*, store_id: int | None, day: date) -> int:
    """How many cards were handed to somebody on a day. What the day brought in money is in the books
    (``tills.queries``).
    """
    start, end = span_of(day)
    found = records_of_store(store_id).filter(kind=RecordKind.ISSUE, occurred_at__gte=start, occurred_at__lt=end)
    return found.count()
