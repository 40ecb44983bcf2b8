"""Records gathered by calendar month, as the members' page shows them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from kernel.clock import CHINA
from membership.records.models import Record
from membership.records.queries import MonthTotals


def months_of(
    page: Sequence[Record], totals: Mapping[date, MonthTotals], *, row: Callable[[Record], dict[str, Any]]
) -> list[dict[str, Any]]:
    """The records of a page under their months. ``totals``: of the whole month, not of what fell on the page."""
    nothing = MonthTotals(0, 0)
    return [
        {
            "first_day": first,
            "out_fen": totals.get(first, nothing).out_fen,
            "in_fen": totals.get(first, nothing).in_fen,
            "records": [row(record) for record in records],
        }
        for first, records in groupby(page, key=_first_day)
    ]


def _first_day(record: Record) -> date:
    return record.occurred_at.astimezone(CHINA).date().replace(day=1)
