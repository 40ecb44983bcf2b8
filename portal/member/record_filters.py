"""Which of her records a member looks at: of one kind, from one store, between two days."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kernel.calendar import FIRST_DAY, LAST_DAY, span_of, start_of
from membership.records.domain import RecordKind
from membership.records.models import Record
from membership.records.queries import count_by_kind, stores_of_records


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}))


class RecordsForm(forms.Form):
    """Store and days; the kind is chosen by a row of links."""

    store = forms.ChoiceField(label=gettext_lazy("门店"), required=False)
    first = _day(gettext_lazy("起始日期"))
    last = _day(gettext_lazy("截止日期"))

    def __init__(self, *args: Any, stores: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("全部门店")), *((str(key), name) for key, name in stores.items())]
        self.fields["store"].choices = choices  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class RecordFilters:
    """What was asked for, as far as it makes sense; what makes none is told by the form and narrows nothing."""

    form: RecordsForm
    kind: str
    store_id: int | None
    first: date | None
    last: date | None

    @classmethod
    def read(cls, given: QueryDict, *, kept: QuerySet[Record]) -> "RecordFilters":
        """What an address asks for, of the records that are kept. One query: in which stores they came about."""
        form = RecordsForm(given, stores=stores_of_records(kept))
        form.is_valid()
        kind, sound = given.get("kind", ""), form.cleaned_data
        store = sound.get("store", "")
        return cls(
            form=form,
            kind=kind if kind in RecordKind.values else "",
            store_id=int(store) if store else None,
            first=_within(sound.get("first")),
            last=_within(sound.get("last")),
        )

    def narrow(self, kept: QuerySet[Record], *, by_kind: bool = True) -> QuerySet[Record]:
        """The records that were asked for; ``by_kind=False``: of whatever kind."""
        if self.kind and by_kind:
            kept = kept.filter(kind=self.kind)
        if self.store_id is not None:
            kept = kept.filter(store_id=self.store_id)
        if self.first is not None:
            kept = kept.filter(occurred_at__gte=start_of(self.first))
        if self.last is not None:
            kept = kept.filter(occurred_at__lt=span_of(self.last)[1])
        return kept

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

    def kinds(self, kept: QuerySet[Record]) -> list[dict[str, Any]]:
        """The kinds there are under the other filters, with their counts and addresses. One query."""
        counts = count_by_kind(self.narrow(kept, by_kind=False))
        here = reverse("member:records")
        shown = [kind for kind in RecordKind if kind.value in counts or kind.value == self.kind]
        everything = {"code": "", "label": _("全部"), "count": sum(counts.values())}
        chips: list[dict[str, Any]] = [everything] + [
            {"code": kind.value, "label": kind.label, "count": counts.get(kind.value, 0)} for kind in shown
        ]
        return [
            chip | {"active": chip["code"] == self.kind, "url": here + self.query(kind=chip["code"])} for chip in chips
        ]


def _within(day: date | None) -> date | None:
    return day if day is None or FIRST_DAY <= day <= LAST_DAY else None
