"""Dormant cards at the desk: how many there are, lists to be approved and frozen, and opening one again."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.money import Money
from membership.cards.domain import CardStatus
from membership.documents import services as documents
from membership.documents.domain import DocumentState
from membership.documents.errors import DocumentNotFound
from membership.documents.models import Document
from membership.expiry import queries
from membership.expiry.domain import DormantState
from membership.expiry.models import DormantCard
from membership.expiry.services import dormancy
from portal.attempts import attempt, status_of
from portal.csvs import csv_response
from portal.desk.access import DeskRequest, staff_only
from portal.desk.expiry_forms import ReopenForm
from tenants.people.domain import Act, NotAllowed

_A_PAGE = 100
_LISTS = 20
_VIEWERS = (Act.DORMANCY_LIST, Act.DORMANCY_APPROVE, Act.REPORT_VIEW)
_LONGEST_ID = 19


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(*_VIEWERS)
def overview(request: DeskRequest) -> HttpResponseBase:
    """Cards and what is owed on them, by type and status, and the latest lists (R-G04). A POST begins a list.

    Raises:
        NotAllowed, NothingDormant
    """
    if request.method == "POST":
        document = dormancy.prepare_list(actor=request.desk.actor)
        messages.success(request, _("睡眠卡清单已生成，请核对后提交。"))
        return redirect("desk:dormancy_list", number=document.number)
    lists = Document.objects.filter(kind=dormancy.LIST).order_by("-id")[:_LISTS]
    context = {
        "standing": [_standing_row(one) for one in queries.standing_of_cards()],
        "lists": [_list_row(document) for document in lists],
        "rules": queries.policy(),
        "may_list": request.desk.actor.may(Act.DORMANCY_LIST),
        "nav": "dormancy",
    }
    return render(request, "desk/dormancy_overview.html", context)


@require_safe
@staff_only(Act.REPORT_VIEW, Act.DATA_EXPORT)
def standing_csv(request: DeskRequest) -> HttpResponse:
    """The same numbers as a file, for finance."""
    header = [_("卡类型"), _("状态"), _("睡眠卡"), _("卡数"), _("余额（元）"), _("积分")]
    rows = (
        [row["type_name"], row["status_label"], _("是") if row["dormant"] else "", row["cards"],
         f"{row['balance_fen'] / 100:.2f}", row["points"]]
        for row in map(_standing_row, queries.standing_of_cards())
    )  # fmt: skip
    return csv_response("cards-standing.csv", header, rows)


@require_safe
@staff_only(*_VIEWERS)
def one_list(request: DeskRequest, number: str) -> HttpResponseBase:
    """A list with its cards and the steps it may take now.

    Raises:
        DocumentNotFound
    """
    document = _document(number)
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < _LONGEST_ID else 0
    page = queries.page_of_dormant(queries.dormant_cards(document.pk), size=_A_PAGE + 1, after=start)
    context: dict[str, Any] = {
        "document": _list_row(document),
        "lines": [_line_row(line) for line in page[:_A_PAGE]],
        "steps": [step for step in _STEPS if _is_open(step, document, request)],
        "may_leave_out": document.state == DocumentState.DRAFT and request.desk.actor.may(Act.DORMANCY_LIST),
        "nav": "dormancy",
    }
    if len(page) > _A_PAGE:
        context["next_page_url"] = f"?{urlencode({'after': page[_A_PAGE - 1].pk})}"
    return render(request, "desk/dormancy_list.html", context)


@require_POST
@staff_only(*_VIEWERS)
def list_step(request: DeskRequest, number: str) -> HttpResponseBase:
    """Leave cards out, submit, approve, take back, give up.

    Raises:
        NotAllowed, DocumentNotFound, DocumentStepForbidden, DocumentFourEyes, DormancyFrozen
    """
    document, step = _document(number), request.POST.get("step", "")
    if step == "leave_out":
        chosen = [int(pk) for pk in request.POST.getlist("line") if pk.isdecimal() and len(pk) < _LONGEST_ID]
        dormancy.leave_out(actor=request.desk.actor, number=document.number, line_ids=chosen)
        messages.success(request, _("已从清单中移出 %(count)d 张卡。") % {"count": len(chosen)})
    elif step in _ACTS:
        reason = request.POST.get("reason", "").strip()[:200]
        _ACTS[step](request, document.number, reason)
        messages.success(request, _("已办理。"))
    return redirect("desk:dormancy_list", number=document.number)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_FREEZE)
def reopen(request: DeskRequest) -> HttpResponseBase:
    """Open a dormant card again, free of charge (R-G05)."""
    form = ReopenForm(request.POST or None, initial={"card_number": request.GET.get("number", "")})
    if request.method == "POST" and form.is_valid():
        store = request.desk.store
        if store is None:
            raise NotAllowed(act=Act.CARD_FREEZE.label)
        given = form.cleaned_data
        filed = attempt(
            form,
            lambda: dormancy.reopen(
                actor=request.desk.actor,
                number=given["card_number"],
                store_id=store.pk,
                verified_by=given["verified_by"],
                note=given["note"],
            ),
            fields={"not_dormant": "card_number", "card_not_found": "card_number"},
        )
        if filed is not None:
            messages.success(
                request, _("该卡已免费重新启用；表单 %(number)s 已转客服和财务复核。") % {"number": filed.number}
            )
            return redirect("desk:card_detail", number=filed.payload["card_number"])
    return render(request, "desk/dormancy_reopen.html", {"form": form, "nav": "dormancy"}, status=status_of(form))


# ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_ACTS: Mapping[str, Callable[[DeskRequest, str, str], object]] = {
    "submit": lambda request, number, _reason: documents.submit(actor=request.desk.actor, number=number),
    "approve": lambda request, number, _reason: documents.approve(actor=request.desk.actor, number=number),
    "reject": lambda request, number, reason: documents.reject(actor=request.desk.actor, number=number, reason=reason),
    "unapprove": lambda request, number, reason: documents.unapprove(
        actor=request.desk.actor, number=number, reason=reason
    ),
    "cancel": lambda request, number, reason: documents.cancel(actor=request.desk.actor, number=number, reason=reason),
}
# Code, from which state, whose, whether it wants a reason.
_STEPS = (
    ("submit", DocumentState.DRAFT, Act.DORMANCY_LIST, False),
    ("cancel", DocumentState.DRAFT, Act.DORMANCY_LIST, True),
    ("approve", DocumentState.SUBMITTED, Act.DORMANCY_APPROVE, False),
    ("reject", DocumentState.SUBMITTED, Act.DORMANCY_APPROVE, True),
    ("unapprove", DocumentState.APPROVED, Act.DORMANCY_APPROVE, True),
)


def _is_open(step: tuple[str, DocumentState, Act, bool], document: Document, request: DeskRequest) -> bool:
    code, state, act, _reason = step
    own = code == "approve" and document.author == str(request.desk.actor)
    return document.state == state and request.desk.actor.may(act) and not own


def _document(number: str) -> Document:
    found = Document.objects.filter(kind=dormancy.LIST, number=number).first()
    if found is None:
        raise DocumentNotFound(number=number)
    return found


def _list_row(document: Document) -> dict[str, Any]:
    return {
        "number": document.number,
        "state": document.state,
        "state_label": document.get_state_display(),
        "author_name": document.author_name,
        "created_at": document.created_at,
        **document.payload,
    }


def _line_row(line: DormantCard) -> dict[str, Any]:
    member = line.card.member
    return {
        "id": line.pk,
        "number": line.card.number,
        "member_name": member.name if member else "",
        "last_used_at": line.last_used_at,
        "balance_fen": line.balance_fen,
        "points": line.points,
        "channel_label": line.get_channel_display(),
        "state_label": line.get_state_display(),
        "listed": line.state == DormantState.LISTED,
        "freezes_on": line.freezes_on,
    }


def _standing_row(one: queries.Standing) -> dict[str, Any]:
    return {
        "type_name": one.type_name,
        "status": one.status,
        "status_label": CardStatus(one.status).label,
        "dormant": one.dormant,
        "cards": one.cards,
        "balance_fen": Money(one.balance_fen).fen,
        "points": one.points,
    }
