"""Requests for invoices: issued outside, their numbers noted here; or sent back."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.invoices import queries
from billing.invoices.services import issue_invoice, refuse_invoice
from kernel.errors import DomainError
from portal.platform.access import PlatformRequest, platform_only

_SHOWN: Final = 50


@require_safe
@platform_only
def invoice_list(request: PlatformRequest) -> HttpResponseBase:
    """What waits, the oldest first, and what was decided of late."""
    context = {"nav": "invoices", "waiting": queries.waiting(size=_SHOWN), "decided": queries.decided(size=_SHOWN)}
    return render(request, "platform/invoices.html", context)


@require_POST
@platform_only
def issue(request: PlatformRequest, invoice_id: int) -> HttpResponseBase:
    """It was issued, under this number."""
    number = request.POST.get("number", "")[:40]
    return _decided(
        request,
        lambda: issue_invoice(actor=request.actor, invoice_id=invoice_id, number=number),
        _("已登记发票号码，并通知收票邮箱。"),
    )


@require_POST
@platform_only
def refuse(request: PlatformRequest, invoice_id: int) -> HttpResponseBase:
    """It is sent back, for this reason."""
    reason = request.POST.get("reason", "")[:200]
    return _decided(
        request,
        lambda: refuse_invoice(actor=request.actor, invoice_id=invoice_id, reason=reason),
        _("已退回，所选月份可以重新申请。"),
    )


def _decided(request: PlatformRequest, decide: Callable[[], Any], done: str) -> HttpResponseBase:
    try:
        decide()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("office:invoices")
