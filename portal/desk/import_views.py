"""Imports at the desk: upload, the progress of one, its confirmation."""

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
from membership.cards.models import CardLevel, CardType
from membership.imports import services
from membership.imports.domain import ImportState
from membership.imports.errors import ImportNotFound, whole_file_error
from membership.imports.kinds import Kind, kind_of, listed_kinds
from membership.imports.models import Import
from membership.imports.queries import imports, page_of_imports, problems_of
from membership.imports.reporting import column_label, problem_label
from portal.attempts import attempt, status_of
from portal.desk.access import Desk, DeskRequest, staff_only
from portal.desk.file_views import link_to
from portal.desk.import_forms import UploadForm
from portal.desk.paging import place_asked
from portal.downloads import as_download
from tenants.people.domain import Act, NotAllowed

_A_PAGE = 30
_PROBLEMS = 20
_TONES = {
    ImportState.CHECKING: "brand", ImportState.CHECKED: "warn", ImportState.APPLYING: "brand",
    ImportState.DONE: "good", ImportState.FAILED: "bad", ImportState.CANCELLED: "",
}  # fmt: skip
_NAV = {"nav": "imports"}


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.DATA_IMPORT)
def import_list(request: DeskRequest) -> HttpResponseBase:
    """The imports, and the form for the next."""
    kinds = [each for each in listed_kinds() if request.desk.actor.may_somewhere(each.act)]
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/imports/_rows.html", _page(request))
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        kinds=kinds,
        levels=list(CardLevel.objects.order_by("rank", "code")),
        types=list(CardType.objects.order_by("pk")),
    )
    if request.method == "POST" and form.is_valid():
        imported = attempt(form, lambda: _upload(request, form), fields={"file_uploaded_before": "again"})
        if imported is not None:
            return redirect("desk:import_detail", import_id=imported.pk)
    context = {**_page(request), "form": form, "kinds": [_kind_row(each) for each in kinds], **_NAV}
    return render(request, "desk/imports/list.html", context, status=status_of(form))


@require_safe
@never_cache
@staff_only(Act.DATA_IMPORT)
def import_detail(request: DeskRequest, import_id: int) -> HttpResponseBase:
    """One import. While a worker is at it, its part of the page asks again; one can leave and come back.

    Raises:
        ImportNotFound
    """
    imported = _found(import_id)
    if imported is None:
        raise ImportNotFound
    template = "desk/imports/_progress.html" if request.htmx else "desk/imports/detail.html"  # type: ignore[attr-defined]
    return render(request, template, {**_detail(request.desk, imported), **_NAV})


@require_POST
@staff_only(Act.DATA_IMPORT)
def import_confirm(request: DeskRequest, import_id: int) -> HttpResponseBase:
    """Have the good rows taken over."""
    services.confirm(actor=request.desk.actor, import_id=import_id)
    return redirect("desk:import_detail", import_id=import_id)


@require_POST
@staff_only(Act.DATA_IMPORT)
def import_cancel(request: DeskRequest, import_id: int) -> HttpResponseBase:
    """End an import."""
    services.cancel(actor=request.desk.actor, import_id=import_id)
    messages.success(request, _("导入已取消。"))
    return redirect("desk:import_detail", import_id=import_id)


@require_safe
@staff_only(Act.DATA_IMPORT)
def import_template(request: DeskRequest, kind: str) -> HttpResponseBase:
    """An empty workbook with the kind's columns and one example.

    Raises:
        ImportNotFound: there is no such kind.
    """
    chosen = next((each for each in listed_kinds() if each.code == kind), None)
    if chosen is None:
        raise ImportNotFound
    columns = [Column(str(column.title), width=20) for column in chosen.columns]
    book = io.BytesIO()
    write_workbook(book, [(str(chosen.label), columns, [[column.sample for column in chosen.columns]])])
    return as_download(book.getvalue(), filename=f"{chosen.label}.xlsx", content_type=XLSX)


def _upload(request: DeskRequest, form: UploadForm) -> Import:
    if request.desk.store is None:
        raise NotAllowed(act=Act.DATA_IMPORT.label)
    given = form.cleaned_data
    wanted = {column.code for column in kind_of(given["kind"]).columns}
    return services.upload(
        actor=request.desk.actor,
        kind_code=given["kind"],
        content=given["file"].chunks(),
        filename=given["file"].name,
        store_id=request.desk.store.pk,
        defaults={code: given[code] for code in ("level", "type") if code in wanted},
        again=given["again"],
    )


def _page(request: DeskRequest) -> dict[str, Any]:
    before_id = place_asked(request)
    page = page_of_imports(size=_A_PAGE + 1, before_id=before_id)
    context: dict[str, Any] = {"imports": [_row(imported) for imported in page[:_A_PAGE]]}
    if len(page) > _A_PAGE:
        context["next_page_url"] = f"?before={page[_A_PAGE - 1].pk}"
    return context


def _found(import_id: int) -> Import | None:
    return imports().filter(pk=import_id).first()


def _row(imported: Import) -> dict[str, Any]:
    state = ImportState(imported.state)
    return {
        "id": imported.pk,
        "kind_label": kind_of(imported.kind).label,
        "filename": imported.file.filename,
        "state": imported.state,
        "state_label": state.label,
        "tone": _TONES[state],
        "rows": imported.rows,
        "good": imported.good,
        "bad": imported.bad,
        "taken": imported.taken,
        "actor_name": imported.actor_name,
        "created_at": imported.created_at,
    }


def _kind_row(each: Kind) -> dict[str, Any]:
    return {"code": each.code, "label": each.label, "hint": each.hint, "columns": each.columns}


def _detail(desk: Desk, imported: Import) -> dict[str, Any]:
    kind = kind_of(imported.kind)
    titles = {column.code: column.title for column in kind.columns}
    return {
        "imported": _row(imported) | {"store_name": imported.store.name, "confirmed_name": imported.confirmed_name},
        "running": imported.state in (ImportState.CHECKING, ImportState.APPLYING),
        "percent": _percent(imported),
        "refusal": whole_file_error(imported.error) if imported.error else "",
        "totals": imported.totals,
        "mapping": [(heading, titles.get(code, "")) for heading, code in imported.mapping],
        "problems": [
            {
                "number": problem.row_id - imported.first_row_id,
                "column": column_label(kind, problem.column),
                "value": problem.value,
                "reason": problem_label(kind, problem.code),
            }
            for problem in (problems_of(imported, size=_PROBLEMS) if imported.bad else [])
        ],
        "error_file_url": link_to(desk, imported.error_file),
    }


def _percent(imported: Import) -> int | None:
    """How far the taking over has come; None while nobody knows how long the file is."""
    if imported.state == ImportState.CHECKING or not imported.staged:
        return None
    return round(100 * imported.applied / imported.staged)
