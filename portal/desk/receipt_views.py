"""Receipts, and undoing what they tell of."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse as url_of
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.errors import DomainError
from membership.cashier import services
from membership.cashier.faults import open_form_about
from membership.cashier.past import FROM_BOOKS, record_of, undone_by
from membership.cashier.undoing import why_not_reported, why_not_returned, why_not_reversed
from membership.packages import services as packages
from membership.records.domain import RecordKind
from membership.records.models import Record
from membership.tills.domain import SlipWidth
from membership.tills.queries import prints_of
from membership.tills.services import PRINTERS, note_print
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.forms import ReverseForm
from portal.rows import slip_row
from tenants.people.domain import Act, NotAllowed

_UNDOING: Final = {RecordKind.CONSUMPTION.value: services.reverse, RecordKind.PACKAGE.value: packages.reverse}
_WIDTH = "kayun_slip"
_A_YEAR_S = 365 * 24 * 3600


@require_safe
@never_cache
@staff_only(*PRINTERS)
def receipt(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """A receipt as it would be printed, and when it was.

    Raises:
        RecordNotFound
    """
    record = record_of(record_id)
    reversal = undone_by(record)
    reverses, returns = record.detail.get("reverses"), record.detail.get("returns")
    context = {
        "record": slip_row(record) | {"is_reversed": reversal is not None},
        "reversal": {"url": url_of("desk:receipt", args=[reversal.pk]), "at": reversal.occurred_at}
        if reversal
        else None,
        "reverses_url": url_of("desk:receipt", args=[reverses]) if reverses else None,
        "returns_url": url_of("desk:receipt", args=[returns]) if returns else None,
        "offers": _offers(request, record) if reversal is None else [],
        "prints": list(prints_of(record_id)),
        "widths": SlipWidth.choices,
        "width": slip_width(request),
        "is_cleared": FROM_BOOKS in record.detail,
    }
    return render(request, "desk/receipt.html", context)


@require_POST
@never_cache
@staff_only(*PRINTERS)
def receipt_print(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """The sheet itself, written down as printed: no address leads to it a second time, so that a reload is a copy.

    Raises:
        NotAllowed, RecordNotFound
    """
    wanted = request.POST.get("width", "")
    width = SlipWidth(wanted) if wanted in SlipWidth.values else slip_width(request)
    store_id = request.desk.store.pk if request.desk.store else None
    printed = note_print(actor=request.desk.actor, record_id=record_id, width=width, store_id=store_id)
    record = record_of(record_id)
    context = {
        "record": slip_row(record) | {"is_reversed": undone_by(record) is not None},
        "printed": printed,
        "width": width,
    }
    answer = render(request, "desk/receipt_slip.html", context)
    # The browser stands beside one printer: it keeps that printer's paper.
    answer.set_cookie(_WIDTH, width.value, max_age=_A_YEAR_S, samesite="Lax", httponly=True, secure=request.is_secure())
    return answer


def slip_width(request: DeskRequest) -> SlipWidth:
    """The paper of the printer beside this browser."""
    kept = request.COOKIES.get(_WIDTH, "")
    return SlipWidth(kept) if kept in SlipWidth.values else SlipWidth.MM80


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_REVERSE)
def reverse(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """Undo a consumption, or a sale or a use of a package (R-I05). What was undone before leads to the receipt of its
    reversal; a top-up to its fault form.

    Raises:
        RecordNotFound
    """
    record = record_of(record_id)
    if (before := undone_by(record)) is not None:
        messages.warning(request, _("这一笔已经冲正过，没有再次冲正。"))
        return redirect("desk:receipt", record_id=before.pk)
    if record.kind == RecordKind.TOP_UP and request.method != "POST":
        return redirect("desk:fault_report", record_id=record.pk)
    if request.method != "POST" and (why := why_not_reversed(record)) is not None:
        messages.warning(request, str(why))
        return redirect("desk:receipt", record_id=record.pk)
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: _UNDOING.get(record.kind, services.reverse)(
                actor=request.desk.actor,
                record_id=record_id,
                store_id=_store_id(request, Act.VALUE_REVERSE),
                # Reversing this record is one act, however often the form is sent.
                idempotency_key=f"reverse-{record_id}",
                reason=form.cleaned_data["reason"],
            ),
        )
        if done is not None and done.replayed:
            messages.warning(request, _("这一笔已经冲正过，没有再次冲正。"))
            return redirect("desk:receipt", record_id=done.record_id)
        if done is not None:
            messages.success(request, _("已冲正，卡内储值、套餐和积分已恢复。"))
            return redirect("desk:receipt", record_id=done.record_id)
    context = {"form": form, "record": slip_row(record)}
    return render(request, "desk/reverse.html", context, status=status_of(form))


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that may be done about a receipt: where, or why not now."""

    label: str
    url: str = ""
    why_not: str = ""


def _offers(request: DeskRequest, record: Record) -> list[Offer]:
    """What this person may do about it: undo it, take goods back, report a wrong top-up, have a debt paid."""
    may, kind = request.desk.actor.may_somewhere, record.kind
    found = []
    if kind in _UNDOING and may(Act.VALUE_REVERSE):
        found.append(_offer(_("冲正"), "desk:receipt_reverse", record, why_not_reversed(record)))
    if kind == RecordKind.CONSUMPTION and may(Act.VALUE_RETURN):
        found.append(_offer(_("退货"), "desk:goods_return", record, why_not_returned(record)))
    if kind == RecordKind.TOP_UP and may(Act.FAULT_REPORT):
        found.append(_fault_offer(request, record))
    if kind == RecordKind.CONSUMPTION and "signed" in record.detail.get("parts", {}) and may(Act.VALUE_SETTLE):
        found.append(_offer(_("签单结算"), "desk:signed_bill", record, None))
    return found


def _offer(label: str, view: str, record: Record, why_not: DomainError | None) -> Offer:
    if why_not is None:
        return Offer(label, url_of(view, args=[record.pk]))
    # Nothing was tried: it need not be said that nothing was changed.
    return Offer(label, why_not=str(why_not).removesuffix(_("未作任何更改。")).rstrip())


def _fault_offer(request: DeskRequest, record: Record) -> Offer:
    form = open_form_about(record.pk)
    if form is not None:
        return Offer(_("故障单 %(number)s") % {"number": form.number}, url_of("desk:document", args=[form.number]))
    store = request.desk.store
    why_not = why_not_reported(record, actor=request.desk.actor, store_id=store.pk if store is not None else None)
    return _offer(_("误充报故障"), "desk:fault_report", record, why_not)


def _store_id(request: DeskRequest, act: Act) -> int:
    if request.desk.store is None:
        raise NotAllowed(act=act.label)
    return request.desk.store.pk
