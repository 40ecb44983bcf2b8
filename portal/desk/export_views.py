"""Lists as workbooks: asked for from a list's page, fetched here when they took a worker (R-L03)."""

import io
from datetime import timedelta
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from kernel import clock
from kernel.files.services import XLSX
from kernel.sheets import Column, ColumnKind, write_workbook
from membership.exports import services
from membership.exports.domain import ExportState
from membership.exports.errors import ExportNotFound
from membership.exports.kinds import kind_of
from membership.exports.models import Export
from membership.exports.queries import exports_of, find_export
from membership.records.domain import RecordKind
from membership.tills.domain import Takings
from membership.tills.queries import day_takings
from membership.tills.services import CASHIERS
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.day_views import people_of, shown_day
from portal.desk.file_views import link_to
from portal.downloads import as_download
from tenants.people.domain import Act

_SHOWN = 30
_LONGEST = 60
_A_MONTH = timedelta(days=30)
_TONES = {ExportState.WRITING: "brand", ExportState.DONE: "good", ExportState.FAILED: "bad"}
_FILTERS = {
    "CARDS": ("q", "status", "level", "type"),
    "MEMBERS": ("q", "category", "tag", "plate", "vin"),
    "RECORDS": ("number", "kind", "store", "first", "last"),
}


class RecordsForm(forms.Form):
    """Which records."""

    first = forms.DateField(label=gettext_lazy("起始日期"), required=False, widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(label=gettext_lazy("截止日期"), required=False, widget=forms.DateInput({"type": "date"}))
    store = forms.ChoiceField(label=gettext_lazy("门店"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("业务"), required=False)
    number = forms.CharField(label=gettext_lazy("会员卡号"), max_length=40, required=False)

    def __init__(self, *args: Any, stores: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", _("全部"))
        self.fields["store"].choices = [everything, *stores]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [everything, *RecordKind.choices]  # type: ignore[attr-defined]


@require_safe
@never_cache
@staff_only(Act.DATA_EXPORT)
def export_list(request: DeskRequest) -> HttpResponseBase:
    """Her exports that a worker wrote, and the form for records."""
    today = clock.today()
    form = _records_form(request, initial={"first": (today - _A_MONTH).isoformat(), "last": today.isoformat()})
    return _listed(request, form)


@require_POST
@never_cache
@staff_only(Act.DATA_EXPORT)
def export_new(request: DeskRequest, kind: str) -> HttpResponseBase:
    """A list under the filters of its page: the file itself, or the page where it can be fetched.

    Raises:
        NotAllowed, ExportNotFound
    """
    if kind not in _FILTERS:
        raise ExportNotFound
    if kind == "RECORDS" and not (form := _records_form(request, request.POST)).is_valid():
        return _listed(request, form, status=422)
    filters = {name: request.POST.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in _FILTERS[kind]}
    made = services.export_list(
        actor=request.desk.actor,
        kind_code=kind,
        filters=filters,
        store_id=working_store(request, Act.DATA_EXPORT),
    )
    if isinstance(made, Export):
        return redirect("desk:export_detail", export_id=made.pk)
    name = f"{kind_of(kind).label}-{clock.today().isoformat()}.xlsx"
    return as_download(made, filename=name, content_type=XLSX)


@require_safe
@never_cache
@staff_only(Act.DATA_EXPORT)
def export_detail(request: DeskRequest, export_id: int) -> HttpResponseBase:
    """One export. While a worker writes it, its part of the page asks again; one can leave and come back.

    Raises:
        ExportNotFound: there is none of hers.
    """
    export = find_export(export_id, actor=str(request.desk.actor))
    if export is None:
        raise ExportNotFound
    template = "desk/exports/_progress.html" if request.htmx else "desk/exports/detail.html"  # type: ignore[attr-defined]
    context = {"export": _row(export), "file_url": link_to(request.desk, export.file), "nav": "exports"}
    return render(request, template, context)


@require_POST
@never_cache
@staff_only(Act.REPORT_VIEW, *CASHIERS)
def export_day(request: DeskRequest) -> HttpResponseBase:
    """The day's totals as the page shows them (R-K04).

    Raises:
        NotAllowed
    """
    shown = shown_day(request, request.POST)
    found = day_takings(day=shown.day, store_id=shown.store_id, actor=shown.only)
    rows = [
        [shown.day, shown.store_label, person["name"], str(kind["label"]), *_amounts(kind["takings"])]
        for person in people_of(found)
        for kind in person["kinds"]
    ]
    services.note_export(
        actor=request.desk.actor,
        kind_code="DAY",
        filters={"day": shown.day.isoformat(), "store": shown.store},
        rows=len(rows),
        store_id=shown.store_id,
    )
    book = io.BytesIO()
    write_workbook(book, [(_("日结"), _day_columns(), rows)])
    return as_download(book.getvalue(), filename=f"{_('日结')}-{shown.day.isoformat()}.xlsx", content_type=XLSX)


def _day_columns() -> list[Column]:
    texts = [Column(_("日期"), ColumnKind.DATE, 12), Column(_("门店")), Column(_("姓名")), Column(_("业务"))]
    amounts = [_("现金"), _("储值"), _("赠送"), _("预存"), _("签单"), _("营业收入")]
    return [*texts, Column(_("笔数"), ColumnKind.NUMBER, 8), *(Column(one, ColumnKind.YUAN, 14) for one in amounts)]


def _amounts(takings: Takings) -> list[int]:
    return [
        takings.count,
        takings.cash_fen,
        takings.stored_fen,
        takings.bonus_fen,
        takings.prepayment_fen,
        takings.signed_fen,
        takings.revenue_fen,
    ]


def _records_form(request: DeskRequest, *args: Any, **kwargs: Any) -> RecordsForm:
    return RecordsForm(*args, stores=[(str(store.pk), store.name) for store in request.desk.stores], **kwargs)


def _listed(request: DeskRequest, form: RecordsForm, *, status: int = 200) -> HttpResponseBase:
    found = exports_of(str(request.desk.actor), size=_SHOWN)
    context = {"exports": [_row(export) for export in found], "form": form, "nav": "exports"}
    return render(request, "desk/exports/list.html", context, status=status)


def _row(export: Export) -> dict[str, Any]:
    state = ExportState(export.state)
    return {
        "id": export.pk,
        "label": kind_of(export.kind).label,
        "state": export.state,
        "state_label": state.label,
        "tone": _TONES[state],
        "rows": export.rows,
        "created_at": export.created_at,
    }
