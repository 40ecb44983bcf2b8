"""Receipts, and undoing what they tell of."""

from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse as url_of
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from membership.cashier import services
from membership.cashier.domain import Receipt
from membership.cashier.errors import RecordNotFound
from membership.records.domain import RecordKind
from membership.records.models import Record
from membership.records.queries import reversal_of
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.forms import ReverseForm
from portal.rows import receipt_row
from tenants.people.domain import Act, NotAllowed

_JUST_DONE = "desk_receipt"


@require_safe
@never_cache
@staff_only(Act.VALUE_TOP_UP, Act.VALUE_CONSUME, Act.CARD_VIEW)
def receipt(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """A receipt. The first showing, right after the act, is the original; any later one is marked a copy.

    Raises:
        RecordNotFound
    """
    record = _record(record_id)
    original = request.session.get(_JUST_DONE) == str(record_id)
    if original:
        del request.session[_JUST_DONE]
    again = {RecordKind.TOP_UP.value: "desk:top_up", RecordKind.CONSUMPTION.value: "desk:consume"}.get(record.kind)
    reversal = reversal_of(record)
    reverses = record.detail.get("reverses")
    may_reverse = request.desk.actor.may_somewhere(Act.VALUE_REVERSE) and again is not None and reversal is None
    context = {
        "record": receipt_row(record) | {"is_copy": not original, "is_reversed": reversal is not None},
        "reversal": {"url": url_of("desk:receipt", args=[reversal.pk]), "at": reversal.occurred_at}
        if reversal
        else None,
        "reverses_url": url_of("desk:receipt", args=[reverses]) if reverses else None,
        "again_url": url_of(again) if again else None,
        "reverse_url": url_of("desk:receipt_reverse", args=[record_id]) if may_reverse else None,
        "more_urls": _more(request, record) if reversal is None else [],
    }
    return render(request, "desk/receipt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_REVERSE)
def reverse(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """Undo a top-up or a consumption (R-I05). What was undone before leads to the receipt of its reversal.

    Raises:
        RecordNotFound
    """
    record = _record(record_id)
    if (before := reversal_of(record)) is not None:
        messages.warning(request, _("这一笔已经冲正过，没有再次冲正。"))
        return redirect("desk:receipt", record_id=before.pk)
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: services.reverse(
                actor=request.desk.actor,
                record_id=record_id,
                store_id=_store_id(request, Act.VALUE_REVERSE),
                # Reversing this record is one act, however often the form is sent.
                idempotency_key=f"reverse-{record_id}",
                reason=form.cleaned_data["reason"],
            ),
        )
        if done is not None:
            messages.success(request, _("已冲正，余额已恢复。"))
            return _to_receipt(request, done)
    context = {"form": form, "record": receipt_row(record)}
    return render(request, "desk/reverse.html", context, status=status_of(form))


def _more(request: DeskRequest, record: Record) -> list[tuple[str, str]]:
    """What else may be done about it, as (label, address): goods that come back, a wrong top-up, a debt to be paid."""
    may = request.desk.actor.may_somewhere
    found = []
    if record.kind == RecordKind.CONSUMPTION and may(Act.VALUE_RETURN):
        found.append((_("退货"), url_of("desk:goods_return", args=[record.pk])))
    if record.kind == RecordKind.TOP_UP and may(Act.FAULT_REPORT):
        found.append((_("误充报故障"), url_of("desk:fault_report", args=[record.pk])))
    if "signed" in record.detail.get("parts", {}) and record.kind == RecordKind.CONSUMPTION and may(Act.VALUE_SETTLE):
        found.append((_("签单结算"), url_of("desk:signed_bill", args=[record.pk])))
    return found


def _to_receipt(request: DeskRequest, receipt: Receipt) -> HttpResponseBase:
    request.session[_JUST_DONE] = str(receipt.record_id)
    return redirect("desk:receipt", record_id=receipt.record_id)


def _record(record_id: UUID) -> Record:
    try:
        return Record.objects.select_related("card__member", "store").get(id=record_id)
    except Record.DoesNotExist:
        raise RecordNotFound from None


def _store_id(request: DeskRequest, act: Act) -> int:
    if request.desk.store is None:
        raise NotAllowed(act=act.label)
    return request.desk.store.pk
