"""Which of her records a member looks at: of one kind, from one store, between two days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kernel.calendar import FIRST_DAY, LAST_DAY, span_of, start_of
from membership.records.domain import RecordKind
from membership.records.models import Record
from membership.records.queries import MonthTotals, Tally, stores_of_records, tallies


@dataclass(frozen=True, slots=True)
class RecordFilters:
    """What was asked for, as far as it makes sense; what makes none is told of and narrows nothing.

    ``stores``: those that may be chosen, by key. ``tallied``: what there is between the two days, of whatever kind and
    store, added up: the counts of the kinds and the sums of the months are made from it.
    """

    kind: str
    store_id: int | None
    first: date | None
    last: date | None
    stores: Mapping[int, str]
    tallied: Sequence[Tally]
    problem: str

    @classmethod
    def read(cls, given: QueryDict, *, kept: QuerySet[Record]) -> "RecordFilters":
        """What an address asks for, of the records that are kept. One query; another one where it names a store in
        which nothing happened on these days.
        """
        kind, store = given.get("kind", ""), given.get("store", "")
        days = [_day(given.get(name, "")) for name in ("first", "last")]
        tallied = tallies(_between(kept, *days))
        stores = {one.store_id: one.store_name for one in tallied if one.store_id is not None}
        if store and store not in map(str, stores):
            stores = stores_of_records(kept)
        known = store in map(str, stores)
        unread = any(given.get(name) and day is None for name, day in zip(("first", "last"), days, strict=True))
        return cls(
            kind=kind if kind in RecordKind.values else "",
            store_id=int(store) if known else None,
            first=days[0],
            last=days[1],
            stores=stores,
            tallied=tallied,
            problem=_("没有这样的门店或日期，已忽略。") if unread or (store and not known) else _in_order(*days),
        )

    def narrow(self, kept: QuerySet[Record]) -> QuerySet[Record]:
        """The records that were asked for."""
        if self.kind:
            kept = kept.filter(kind=self.kind)
        if self.store_id is not None:
            kept = kept.filter(store_id=self.store_id)
        return _between(kept, self.first, self.last)

    def query(self, **more: str) -> str:
        """As an address carries them, ``more`` over them; with the question mark, or nothing where there is nothing."""
        said = {
            "kind": self.kind,
            "store": str(self.store_id or ""),
            "first": self.first.isoformat() if self.first else "",
            "last": self.last.isoformat() if self.last else "",
            **more,
        }
        asked = urlencode({name: value for name, value in said.items() if value})
        return f"?{asked}" if asked else ""

    @property
    def narrowed(self) -> bool:
        """Whether a store or days were chosen."""
        return bool(self.store_id or self.first or self.last)

    def kinds(self) -> list[dict[str, Any]]:
        """The kinds there are under the other filters, with their counts and addresses."""
        counts: dict[str, int] = {}
        for one in self._here():
            counts[one.kind] = counts.get(one.kind, 0) + one.count
        here = reverse("member:records")
        shown = [kind for kind in RecordKind if kind.value in counts or kind.value == self.kind]
        everything = {"code": "", "label": _("全部"), "count": sum(counts.values())}
        chips: list[dict[str, Any]] = [everything] + [
            {"code": kind.value, "label": kind.label, "count": counts.get(kind.value, 0)} for kind in shown
        ]
        return [
            chip | {"active": chip["code"] == self.kind, "url": here + self.query(kind=chip["code"])} for chip in chips
        ]

    def totals(self) -> dict[date, MonthTotals]:
        """What the records that were asked for come to, by calendar month, whatever fell on the page."""
        sums: dict[date, MonthTotals] = {}
        for one in self._here():
            if self.kind in ("", one.kind):
                before = sums.get(one.first_day, MonthTotals(0, 0))
                sums[one.first_day] = MonthTotals(before.out_fen + one.out_fen, before.in_fen + one.in_fen)
        return sums

    def _here(self) -> list[Tally]:
        return [one for one in self.tallied if self.store_id in (None, one.store_id)]


def _in_order(first: date | None, last: date | None) -> str:
    """What is said of days of which the first comes after the last."""
    if first is None or last is None or first <= last:
        return ""
    said = _("起始日期 %(first)s 晚于截止日期 %(last)s，请更改其中一个。")
    return said % {"first": first, "last": last}


def _day(text: str) -> date | None:
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return day if day is not None and FIRST_DAY <= day <= LAST_DAY else None


def _between(kept: QuerySet[Record], first: date | None, last: date | None) -> QuerySet[Record]:
    if first is not None:
        kept = kept.filter(occurred_at__gte=start_of(first))
    if last is not None:
        kept = kept.filter(occurred_at__lt=span_of(last)[1])
    return kept
