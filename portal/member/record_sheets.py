"""A member's records as a workbook."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kernel.money import Money
from kernel.sheets import Column, ColumnKind, write_workbook
from membership.cashier.domain import receipt_number
from membership.records.models import Record
from membership.records.queries import Place, page_of_records
from portal.rows import record_row

_AT_ONCE: Final = 1_000


def write_records(target: BinaryIO, found: QuerySet[Record], *, shows_balance: bool) -> int:
    """Write these records, the latest first, a thousand in memory at a time; how many. Amounts in yuan."""
    columns = [
        Column(_("时间"), ColumnKind.MOMENT, 20),
        Column(_("会员卡号"), width=20),
        Column(_("业务"), width=12),
        Column(_("金额"), ColumnKind.YUAN, 14),
        Column(_("余额"), ColumnKind.YUAN, 14),
        Column(_("支付方式"), width=30),
        Column(_("门店")),
        Column(_("说明"), width=30),
        Column(_("小票号"), width=24),
    ]
    shown = [place for place in range(len(columns)) if shows_balance or place != _BALANCE]
    rows = ([row[place] for place in shown] for row in _rows(found))
    return write_workbook(target, [(_("用卡记录"), [columns[place] for place in shown], rows)])


_BALANCE: Final = 4


def _rows(found: QuerySet[Record]) -> Iterator[list[Any]]:
    after: Place | None = None
    while page := page_of_records(found, size=_AT_ONCE, after=after):
        yield from (_row(record) for record in page)
        after = Place.of(page[-1])
        if len(page) < _AT_ONCE:
            return


def _row(record: Record) -> list[Any]:
    told = record_row(record)
    return [
        record.occurred_at,
        record.card.number,
        str(told["kind_label"]),
        record.amount_fen,
        record.balance_after_fen,
        "、".join(f"{part['label']} {Money(part['amount_fen']).format()}" for part in told["parts"]),
        told["store_name"],
        str(told["detail"]),
        receipt_number(record.id, record.occurred_at),
    ]
