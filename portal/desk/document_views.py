"""Documents at the desk: the work list, one document's page, writing one, and taking a step of one."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import select_template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from membership.documents import queries, services
from membership.documents.domain import STARTS, WITH_REASON, DocumentState, Step
from membership.documents.errors import DocumentKindUnknown, DocumentNotFound
from membership.documents.kinds import DocumentKind, kind_of, kinds
from membership.documents.models import Document, DocumentStep
from membership.stock.queries import MAKING_KIND
from portal.attempts import attempt, refusal_of, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.document_forms import DocumentFilterForm, PayloadForm, ReasonForm, StepForm, payload_form
from portal.desk.paging import place_asked
from tenants.people.domain import NotAllowed, require

_A_PAGE = 50
_WAITING = "waiting"

_TAKE: Final[dict[Step, Callable[..., Document]]] = {
    Step.SUBMIT: services.submit,
    Step.APPROVE: services.approve,
    Step.REJECT: services.reject,
    Step.UNAPPROVE: services.unapprove,
    Step.COMPLETE: services.complete,
    Step.CANCEL: services.cancel,
}
_DONE: Final[dict[Step, str | Promise]] = {
    Step.SUBMIT: gettext_lazy("已提交。"),
    Step.APPROVE: gettext_lazy("已审批。"),
    Step.REJECT: gettext_lazy("已驳回，单据退回草稿。"),
    Step.UNAPPROVE: gettext_lazy("已反审核，单据退回草稿，审批所做的更改已撤回。"),
    Step.COMPLETE: gettext_lazy("已完成。"),
    Step.CANCEL: gettext_lazy("已作废。单号保留，不再使用。"),
}


@require_safe
@staff_only()
def document_list(request: DeskRequest) -> HttpResponseBase:
    """The documents that wait for her, or all she may see; further pages are fetched as rows."""
    actor = request.desk.actor
    form = DocumentFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    which = request.GET.get("which", _WAITING)
    everything = queries.visible_to(actor) if which != _WAITING else queries.waiting_for(actor)
    found = queries.narrowed(
        everything, kind=wanted.get("kind", ""), state=wanted.get("state", ""), number=wanted.get("q", "")
    )
    page = queries.page_of_documents(found, size=_A_PAGE + 1, before_id=place_asked(request))
    context: dict[str, Any] = {"documents": [document_row(document) for document in page[:_A_PAGE]]}
    kept = {name: value for name, value in wanted.items() if value} | {"which": which}
    if len(page) > _A_PAGE:
        context["next_page_url"] = f"?{urlencode({**kept, 'before': page[_A_PAGE - 1].pk})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/_document_rows.html", context)
    context |= {"filter_form": form, "which": which, "new_kinds": _writable(request), "nav": "documents"}
    return render(request, "desk/document_list.html", context)


@require_safe
@staff_only()
def document_detail(request: DeskRequest, number: str) -> HttpResponseBase:
    """One document: what it says, what was done to it, what she may do with it.

    Raises:
        DocumentNotFound
    """
    return _detail(request, _document(request, number))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def document_new(request: DeskRequest, kind: str) -> HttpResponseBase:
    """Write a document; the second button hands it in at once.

    Raises:
        DocumentKindUnknown, NotAllowed
    """
    of_kind, of_form = kind_of(kind), payload_form(kind)
    if of_form is None or not of_kind.by_hand:
        raise DocumentKindUnknown(kind=kind)
    if not request.desk.actor.may_somewhere(of_kind.draft_act):
        raise NotAllowed(act=of_kind.draft_act.label)
    form = of_form(request.POST or None, initial=of_form.begun(request.GET))
    if request.method == "POST" and form.is_valid():
        document = attempt(form, lambda: _draft(request, of_kind, form))
        if document is not None:
            messages.success(request, _("已建单：%(number)s。") % {"number": document.number})
            return redirect("desk:document", number=document.number)
    context = {"form": form, "kind_label": of_kind.label, "submits": form.submits, "nav": "documents"}
    return render(request, "desk/document_form.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only()
def document_edit(request: DeskRequest, number: str) -> HttpResponseBase:
    """Change a draft.

    Raises:
        DocumentNotFound, DocumentKindUnknown, NotAllowed
    """
    document = _document(request, number)
    of_kind, of_form = kind_of(document.kind), payload_form(document.kind)
    if of_form is None:
        raise DocumentKindUnknown(kind=document.kind)
    require(request.desk.actor, of_kind.draft_act, store_id=document.store_id)
    form = of_form(request.POST or None, initial=document.payload)
    seen = request.POST.get("version", "")
    if request.method == "POST" and form.is_valid():
        version = int(seen) if seen.isdecimal() and len(seen) < 10 else 0
        edited = attempt(
            form,
            lambda: services.edit(
                actor=request.desk.actor, number=document.number, payload=form.payload(), version=version
            ),
        )
        if edited is not None:
            messages.success(request, _("已保存。"))
            return redirect("desk:document", number=document.number)
    context = {"form": form, "kind_label": of_kind.label, "document": document, "nav": "documents"}
    return render(request, "desk/document_form.html", context, status=status_of(form))


@require_POST
@staff_only()
def document_step(request: DeskRequest, number: str) -> HttpResponseBase:
    """Take a step of a document.

    Raises:
        DocumentNotFound, NotAllowed
    """
    document = _document(request, number)
    code = request.POST.get("step", "")
    step = Step(code) if code in Step.values else None
    if step is None or step not in _TAKE:
        return redirect("desk:document", number=document.number)
    form = _step_form(step)(request.POST, auto_id=f"{step.value.lower()}_%s")
    if not form.is_valid():
        return _detail(request, document, tried=form)
    given = form.cleaned_data
    why = "reason" if step in WITH_REASON else "note"
    taken = attempt(
        form,
        lambda: _TAKE[step](
            actor=request.desk.actor, number=document.number, version=given["version"], **{why: given["note"]}
        ),
    )
    if taken is not None:
        messages.success(request, str(_DONE[step]))
    else:
        # It has moved on since its page was opened, or must not: the page says where it stands now.
        messages.error(request, str(refusal_of(form)))
    return redirect("desk:document", number=document.number)


def document_row(document: Document) -> dict[str, Any]:
    """A document as lists show it; read with its store."""
    of_kind = kind_of(document.kind)
    return {
        "number": document.number,
        "kind_label": of_kind.label,
        "summary": of_kind.summary(of_kind.read(document.payload)),
        "state": document.state,
        "state_label": document.get_state_display(),
        "waits_for": _waits_for(document),
        "store_name": document.store.name if document.store else None,
        "author_name": _name(document.author, document.author_name),
        "created_at": document.created_at,
        "changed_at": document.changed_at,
    }


def _detail(request: DeskRequest, document: Document, *, tried: StepForm | None = None) -> HttpResponse:
    of_kind = kind_of(document.kind)
    payload = of_kind.read(document.payload)
    template = select_template([f"desk/document_kinds/{of_kind.code.lower()}.html", "desk/document_kinds/lines.html"])
    said = template.render({"payload": payload, "lines": of_kind.lines(payload)}, request)
    context = {
        "document": document_row(document) | {"version": document.version, "standing": of_kind.standing(document)},
        "said": said,
        "steps": [_step_row(step) for step in queries.steps_of(document)],
        "actions": _actions(request, document, of_kind, tried),
        "may_edit": _may(request, document, Step.EDIT) and payload_form(document.kind) is not None,
        "make_url": _make_url(request, document),
        "nav": "documents",
    }
    return render(request, "desk/document_detail.html", context, status=400 if tried is not None else 200)


def _actions(
    request: DeskRequest, document: Document, of_kind: DocumentKind[Any], tried: StepForm | None
) -> list[dict[str, Any]]:
    code = tried.data.get("step") if tried is not None else None
    own = of_kind.four_eyes and queries.has_a_hand_in(document, request.desk.actor)
    shown = []
    for step in _TAKE:
        by_other_page = step == Step.COMPLETE and not of_kind.completes_by_hand
        if by_other_page or not _may(request, document, step) or (step == Step.APPROVE and own):
            continue
        begun = {"step": step.value, "version": document.version}
        shown.append(
            {
                "label": of_kind.complete_label if step == Step.COMPLETE else _label(step, document),
                "undoes": step in WITH_REASON,
                "tried": step == code,
                "form": tried if step == code else _step_form(step)(initial=begun, auto_id=f"{step.value.lower()}_%s"),
            }
        )
    return shown


def _may(request: DeskRequest, document: Document, step: Step) -> bool:
    if document.state not in STARTS[step]:
        return False
    act = services.act_for(document, step)
    return act is not None and request.desk.actor.may(act, store_id=services.store_for(document, step))


def _label(step: Step, document: Document) -> str:
    return _awaited_approval(document) if step == Step.APPROVE else str(step.label)


def _waits_for(document: Document) -> str:
    if document.state == DocumentState.SUBMITTED:
        return _awaited_approval(document)
    if document.state == DocumentState.APPROVED and document.awaits_act:
        return str(kind_of(document.kind).complete_label)
    return ""


def _awaited_approval(document: Document) -> str:
    """Its name, which the kind's code holds in Chinese, in the reader's language."""
    label: str = document.approvals[document.approvals_given]["label"]
    return _(label)


def _make_url(request: DeskRequest, document: Document) -> str:
    """Where the cards of an approved making request are made."""
    if document.kind != MAKING_KIND or not _may(request, document, Step.COMPLETE):
        return ""
    return reverse("desk:stock_make", args=[document.number])


def _step_row(step: DocumentStep) -> dict[str, Any]:
    return {
        "label": step.get_step_display(),
        "approval": _(step.approval) if step.approval else "",
        "state_label": step.get_to_state_display(),
        "actor_name": _name(step.actor, step.actor_name),
        "at": step.at,
        "note": step.note,
        "undoes": step.step in WITH_REASON,
    }


def _name(actor: str, name: str) -> str:
    return _("系统") if actor == "system" else name or actor


def _step_form(step: Step) -> type[StepForm]:
    return ReasonForm if step in WITH_REASON else StepForm


def _draft(request: DeskRequest, of_kind: DocumentKind[Any], form: PayloadForm) -> Document:
    actor = request.desk.actor
    store_id = request.desk.store.pk if request.desk.store else None
    document = services.draft(actor=actor, kind=of_kind.code, payload=form.payload(), store_id=store_id)
    return services.submit(actor=actor, number=document.number) if "submit" in request.POST else document


def _document(request: DeskRequest, number: str) -> Document:
    found = queries.visible_to(request.desk.actor).filter(number=number.strip().upper()).first()
    if found is None:
        raise DocumentNotFound(number=number)
    return found


def _writable(request: DeskRequest) -> list[dict[str, Any]]:
    """The kinds she may begin here."""
    store_id = request.desk.store.pk if request.desk.store else None
    return [
        {"code": of_kind.code, "label": of_kind.label}
        for of_kind in kinds()
        if of_kind.by_hand
        and payload_form(of_kind.code)
        and request.desk.actor.may(of_kind.draft_act, store_id=store_id)
    ]
