"""Card records as a workbook: one card's, or a stretch of days."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.calendar import span_of, start_of
from kernel.sheets import Column, ColumnKind
from membership.cards.domain import tidy_number
from membership.exports.kinds.base import ExportKind, Filters, kind
from membership.members.domain import masked_name
from membership.records.models import Record
from membership.records.queries import Place, page_of_records, records_of_store
from tenants.people.domain import Act


@kind
class Records(ExportKind):
    """What happened to cards, the latest first."""

    code = "RECORDS"
    label = gettext_lazy("业务记录")
    acts = (Act.CARD_VIEW, Act.REPORT_VIEW)

    def found(self, filters: Filters) -> QuerySet[Record]:
        """By card number, kind, store, and first and last day in China (ISO)."""
        store, number = filters.get("store", ""), filters.get("number", "")
        found = records_of_store(int(store) if store.isdecimal() else None)
        if number:
            found = found.filter(card__number=tidy_number(number))
        if chosen := filters.get("kind", ""):
            found = found.filter(kind=chosen)
        if first := filters.get("first", ""):
            found = found.filter(occurred_at__gte=start_of(date.fromisoformat(first)))
        if last := filters.get("last", ""):
            found = found.filter(occurred_at__lt=span_of(date.fromisoformat(last))[1])
        return found

    def page(self, found: QuerySet[Record], *, size: int, after: Record | None) -> list[Record]:
        """One query."""
        return page_of_records(found, size=size, after=Place.of(after) if after else None)

    def columns(self) -> Sequence[Column]:
        """As a card's timeline tells it."""
        return [
            Column(_("时间"), ColumnKind.MOMENT, 20),
            Column(_("会员卡号"), width=20),
            Column(_("会员编号"), width=12),
            Column(_("姓名"), width=14),
            Column(_("业务"), width=12),
            Column(_("金额"), ColumnKind.YUAN, 14),
            Column(_("余额"), ColumnKind.YUAN, 14),
            Column(_("门店")),
            Column(_("操作人"), width=14),
            Column(_("说明"), width=30),
            Column(_("记录编号"), width=38),
        ]

    def rows(self, page: Sequence[Record], *, revealed: bool) -> list[list[Any]]:
        """No query: card, holder and store were read with the page."""
        return [self._row(record, revealed=revealed) for record in page]

    @staticmethod
    def _row(record: Record, *, revealed: bool) -> list[Any]:
        member = record.card.member
        name = None if member is None else member.name if revealed else masked_name(member.name)
        return [
            record.occurred_at,
            record.card.number,
            member.code if member else None,
            name,
            str(record.get_kind_display()),
            record.amount_fen,
            record.balance_after_fen,
            record.store.name if record.store else None,
            record.actor_name or record.actor,
            str(record.detail.get("note", "")),
            str(record.pk),
        ]
