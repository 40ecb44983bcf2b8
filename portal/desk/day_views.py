"""The day's totals per cashier and store, and the count of a drawer at a shift's end (日结, R-K04, R-L03)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse as url_of
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kernel import clock
from kernel.ids import token
from kernel.money import Money
from membership.tills.domain import POSTING_LABELS, ByKind, Takings, total_of
from membership.tills.models import ShiftClose
from membership.tills.queries import day_takings, shift_closes
from membership.tills.services import CASHIERS, close_shift
from portal.actors import shown_name
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.forms import LONGEST_NOTE
from portal.fields import DayField, YuanField
from tenants.people.domain import Act, NotAllowed
from tenants.people.queries import names_of


class DayFilterForm(forms.Form):
    """Which day, and which store; no store is all of them."""

    day = DayField(
        label=gettext_lazy("日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    store = forms.ChoiceField(label=gettext_lazy("门店"), required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].choices = choices  # type: ignore[attr-defined]


class CountForm(forms.Form):
    """What lies in a drawer. It carries a key of its own: sent twice it counts once."""

    float_in = YuanField(label=gettext_lazy("备用金"), required=False)
    counted = YuanField(label=gettext_lazy("实点现金"))
    note = forms.CharField(label=gettext_lazy("说明"), max_length=LONGEST_NOTE, required=False)
    idempotency_key = forms.CharField(widget=forms.HiddenInput, max_length=60, initial=token)


@dataclass(frozen=True, slots=True)
class ShownDay:
    """Which day, of which store, and of whom."""

    day: date
    store: str
    """Of the choices; "" for all stores."""
    choices: list[tuple[str, str]]
    only: str | None
    """The person whose totals alone she may see: herself; None for everybody's."""

    @property
    def store_id(self) -> int | None:
        """The store; None for all."""
        return int(self.store) if self.store else None

    @property
    def store_label(self) -> str:
        """The store's name."""
        return dict(self.choices)[self.store]


def shown_day(request: DeskRequest, given: QueryDict) -> ShownDay:
    """What the page shows by these parameters; whatever is not among her choices is her own store's today.

    Raises:
        NotAllowed
    """
    choices = _stores(request)
    form = DayFilterForm(given, choices=choices)
    wanted = form.cleaned_data if form.is_valid() else {}
    default = str(request.desk.store.pk) if request.desk.store else choices[0][0]
    store = wanted["store"] if "store" in given and wanted.get("store") is not None else default
    store = store if store in dict(choices) else choices[0][0]
    sees_all = request.desk.actor.may(Act.REPORT_VIEW, store_id=int(store) if store else None)
    return ShownDay(
        day=wanted.get("day") or clock.today(),
        store=store,
        choices=choices,
        only=None if sees_all else str(request.desk.actor),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.REPORT_VIEW, *CASHIERS)
def day(request: DeskRequest) -> HttpResponseBase:
    """A day's totals: everybody's for those who may see reports, her own for a cashier, who counts her drawer here."""
    actor, shown = request.desk.actor, shown_day(request, request.GET)
    chosen, store_id = shown.day, shown.store_id
    count = None
    if store_id is not None and any(actor.may(act, store_id=store_id) for act in CASHIERS):
        count = CountForm(request.POST or None)
    if request.method == "POST" and count is not None and count.is_valid():
        done = attempt(count, lambda: _close(request, count, chosen, store_id), fields={"count_invalid": "counted"})
        if done is not None:
            messages.success(
                request,
                _("清点已保存，差额 %(difference)s。") % {"difference": Money(done.difference_fen).format(sign=True)},
            )
            kept = urlencode({"day": chosen.isoformat(), "store": shown.store})
            return HttpResponseRedirect(f"{url_of('desk:day')}?{kept}")
    found = day_takings(day=chosen, store_id=store_id, actor=shown.only)
    context = {
        "filter_form": DayFilterForm(initial={"day": chosen, "store": shown.store}, choices=shown.choices),
        "day": chosen,
        "store_label": shown.store_label,
        "people": people_of(found),
        "total": total_of(kinds for by_kind in found.values() for kinds in by_kind.values()),
        "mine": total_of(found.get(str(actor), {}).values()),
        "count_form": count,
        "closes": list(shift_closes(day=chosen, store_id=store_id, actor=shown.only)),
        "printed_at": clock.now(),
        "exported": {"day": chosen.isoformat(), "store": shown.store},
        "nav": "day",
    }
    return render(request, "desk/day.html", context, status=status_of(count) if count is not None else 200)


def _stores(request: DeskRequest) -> list[tuple[str, str]]:
    """The stores whose day she may see; all together for who may see reports everywhere.

    Raises:
        NotAllowed
    """
    actor = request.desk.actor
    seen = (Act.REPORT_VIEW, *CASHIERS)
    choices = [
        (str(store.pk), store.name)
        for store in request.desk.stores
        if any(actor.may(act, store_id=store.pk) for act in seen)
    ]
    if actor.may(Act.REPORT_VIEW):
        choices.append(("", _("全部门店")))
    if not choices:
        raise NotAllowed(act=Act.REPORT_VIEW.label)
    return choices


def _close(request: DeskRequest, form: CountForm, chosen: date, store_id: int | None) -> ShiftClose:
    given = form.cleaned_data
    assert store_id is not None  # noqa: S101  (without a store there is no form to count with)
    return close_shift(
        actor=request.desk.actor,
        store_id=store_id,
        day=chosen,
        float_in=given["float_in"],
        counted=given["counted"],
        note=given["note"],
        idempotency_key=given["idempotency_key"],
    )


def people_of(found: dict[str, ByKind]) -> list[dict[str, Any]]:
    """Each person's and each key's takings, by name. One query for the names of a kind."""
    names = names_of(found)
    people = [
        {
            "name": shown_name(actor, names.get(actor, "")),
            "kinds": [_kind_row(kind, takings) for kind, takings in kinds.items()],
            "total": total_of(kinds.values()),
        }
        for actor, kinds in found.items()
    ]
    return sorted(people, key=lambda person: str(person["name"]))


def _kind_row(kind: str, takings: Takings) -> dict[str, Any]:
    return {"label": POSTING_LABELS.get(kind, kind), "takings": takings}
