"""Take-overs at the desk: the workbook, its dry run, the two signatures, and the way back."""

import io
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.files.services import XLSX
from kernel.sheets import Column, write_workbook
from membership.imports.errors import whole_file_error
from membership.imports.kinds import kind_of
from membership.imports.models import Import
from membership.imports.queries import problems_of
from membership.imports.reporting import column_label, problem_label
from membership.takeover import services
from membership.takeover.domain import RUNNING, SUMS, TakeoverState, shown_sum
from membership.takeover.errors import TakeoverInUse, TakeoverNotFound
from membership.takeover.models import Takeover
from membership.takeover.queries import sheets_of, takeovers
from membership.takeover.running import SHEETS
from portal.attempts import attempt, status_of
from portal.desk.access import Desk, DeskRequest, staff_only
from portal.desk.file_views import link_to
from portal.desk.takeover_forms import SignForm, WorkbookForm
from portal.downloads import as_download
from tenants.people.domain import Act, NotAllowed

_SHOWN = 20
_PROBLEMS = 10
_TONES = {
    TakeoverState.CHECKING: "brand", TakeoverState.CHECKED: "warn", TakeoverState.APPLYING: "brand",
    TakeoverState.DONE: "good", TakeoverState.DIFFERS: "bad", TakeoverState.UNDOING: "brand",
    TakeoverState.UNDONE: "", TakeoverState.FAILED: "bad", TakeoverState.CANCELLED: "",
}  # fmt: skip
_NAV = {"nav": "takeover"}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.DATA_IMPORT, Act.DATA_SIGN)
def takeover_list(request: DeskRequest) -> HttpResponseBase:
    """The take-overs there were, and the form for one."""
    form = WorkbookForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        takeover = attempt(form, lambda: _upload(request, form))
        if takeover is not None:
            return redirect("desk:takeover_detail", takeover_id=takeover.pk)
    context = {"takeovers": [_row(one) for one in takeovers()[:_SHOWN]], "form": form, "sheets": SHEETS, **_NAV}
    return render(request, "desk/takeover/list.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.DATA_IMPORT, Act.DATA_SIGN)
def takeover_detail(request: DeskRequest, takeover_id: int) -> HttpResponseBase:
    """One take-over; a POST signs. While a worker is at it, its part of the page asks again.

    Raises:
        TakeoverNotFound
    """
    takeover = takeovers().filter(pk=takeover_id).first()
    if takeover is None:
        raise TakeoverNotFound
    form = SignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        signed = attempt(
            form,
            lambda: services.sign(actor=request.desk.actor, takeover_id=takeover_id, sums=form.sums),
        )
        if signed is not None:
            messages.success(request, _("已签字。"))
            return redirect("desk:takeover_detail", takeover_id=takeover_id)
    template = "desk/takeover/_progress.html" if request.htmx else "desk/takeover/detail.html"  # type: ignore[attr-defined]
    context = {**_detail(request.desk, takeover), "form": form, **_NAV}
    return render(request, template, context, status=status_of(form))


@require_POST
@staff_only(Act.DATA_IMPORT)
def takeover_cancel(request: DeskRequest, takeover_id: int) -> HttpResponseBase:
    """Give it up before anything was taken over."""
    services.cancel(actor=request.desk.actor, takeover_id=takeover_id)
    messages.success(request, _("接管已取消，没有写入任何数据。"))
    return redirect("desk:takeover_list")


@require_POST
@staff_only(Act.DATA_SIGN)
def takeover_undo(request: DeskRequest, takeover_id: int) -> HttpResponseBase:
    """Take everything back."""
    services.undo(actor=request.desk.actor, takeover_id=takeover_id)
    return redirect("desk:takeover_detail", takeover_id=takeover_id)


@require_safe
@staff_only(Act.DATA_IMPORT)
def takeover_template(request: DeskRequest) -> HttpResponseBase:
    """The workbook to be filled in, with one example on each sheet."""
    book = io.BytesIO()
    sheets = [
        (
            each.title,
            [Column(str(column.title), width=20) for column in each.columns],
            [[column.sample for column in each.columns]],
        )
        for each in SHEETS
    ]
    write_workbook(book, sheets)
    return as_download(book.getvalue(), filename=_("接管模板") + ".xlsx", content_type=XLSX)


def _upload(request: DeskRequest, form: WorkbookForm) -> Takeover:
    if request.desk.store is None:
        raise NotAllowed(act=Act.DATA_IMPORT.label)
    file = form.cleaned_data["file"]
    return services.upload(
        actor=request.desk.actor, content=file.chunks(), filename=file.name, store_id=request.desk.store.pk
    )


def _row(takeover: Takeover) -> dict[str, Any]:
    state = TakeoverState(takeover.state)
    return {
        "id": takeover.pk,
        "filename": takeover.file.filename,
        "store_name": takeover.store.name,
        "state": takeover.state,
        "state_label": state.label,
        "tone": _TONES[state],
        "actor_name": takeover.actor_name,
        "created_at": takeover.created_at,
        "first_name": takeover.first_name,
        "first_at": takeover.first_at,
        "second_name": takeover.second_name,
        "second_at": takeover.second_at,
        "undone_name": takeover.undone_name,
    }


def _detail(desk: Desk, takeover: Takeover) -> dict[str, Any]:
    return {
        "takeover": _row(takeover),
        "running": takeover.state in RUNNING,
        "refusal": _refusal(takeover.error),
        "undone": {"done": takeover.undo_done, "total": takeover.undo_total} if takeover.undo_total else None,
        "may_cancel": takeover.state in (TakeoverState.CHECKING, TakeoverState.CHECKED)
        and desk.actor.may(Act.DATA_IMPORT),
        "signed_by_me": takeover.first_signer == str(desk.actor),
        "may_sign": takeover.state == TakeoverState.CHECKED
        and desk.actor.may(Act.DATA_SIGN)
        and takeover.first_signer != str(desk.actor),
        "may_undo": takeover.state in (TakeoverState.DONE, TakeoverState.DIFFERS) and desk.actor.may(Act.DATA_SIGN),
        "sums": [
            {
                "label": label,
                "file": shown_sum(name, takeover.sums.get(name, 0)),
                "booked": shown_sum(name, takeover.booked.get(name, 0)) if takeover.booked else None,
            }
            for name, label in SUMS.items()
        ]
        if takeover.sums
        else [],
        "sheets": (sheets := [_sheet(desk, imported) for imported in sheets_of(takeover)]),
        "faulty": any(sheet["bad"] for sheet in sheets),
        "applied": bool(takeover.second_signer),
    }


def _refusal(kept: dict[str, Any]) -> str:
    """Why the workbook was refused, or the undoing."""
    if kept.get("code") == TakeoverInUse.code:
        return str(TakeoverInUse(**kept["params"]))
    return whole_file_error(kept) if kept else ""


def _sheet(desk: Desk, imported: Import) -> dict[str, Any]:
    kind = kind_of(imported.kind)
    return {
        "title": imported.sheet,
        "rows": imported.rows,
        "bad": imported.bad,
        "taken": imported.taken,
        "error_file_url": link_to(desk, imported.error_file),
        "problems": [
            {
                "number": problem.row_id - imported.first_row_id,
                "column": column_label(kind, problem.column),
                "value": problem.value,
                "reason": problem_label(kind, problem.code),
            }
            for problem in (problems_of(imported, size=_PROBLEMS) if imported.bad else [])
        ],
    }
