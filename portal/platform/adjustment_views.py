"""Adjustments of chains' accounts: asked for by one, decided by another."""

from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.accounts import queries
from billing.accounts.adjustments import approve_adjustment, reject_adjustment, request_adjustment
from kernel.errors import DomainError
from portal.platform.access import PlatformRequest, platform_only
from portal.platform.forms import AdjustmentForm

_DECIDED_SHOWN: Final = 30


@require_http_methods(["GET", "HEAD", "POST"])
@platform_only
def adjustment_list(request: PlatformRequest) -> HttpResponseBase:
    """What waits for a second pair of eyes, what was decided, and a form for another."""
    form = AdjustmentForm(request.POST or None, initial={"slug": request.GET.get("chain", "")[:30]})
    if request.method == "POST" and form.is_valid():
        try:
            request_adjustment(
                actor=request.actor,
                chain_id=form.chain.pk,
                amount_fen=form.amount_fen(),
                reason=form.cleaned_data["reason"],
            )
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("已提交，等待另一位员工审批。"))
            return redirect("office:adjustments")
    pending = list(queries.pending_adjustments())
    context = {
        "nav": "adjustments",
        "form": form,
        "pending": [
            {"adjustment": one, "standing": standing, "own": one.requested_by_id == request.actor.id}
            for one, standing in zip(pending, _standings(pending), strict=True)
        ],
        "decided": queries.decided_adjustments(size=_DECIDED_SHOWN),
    }
    return render(request, "platform/adjustments.html", context)


@require_POST
@platform_only
def approve(request: PlatformRequest, adjustment_id: int) -> HttpResponseBase:
    """Approve and post it."""
    return _decided(request, adjustment_id, approve_adjustment, _("已通过并入账。"))


@require_POST
@platform_only
def reject(request: PlatformRequest, adjustment_id: int) -> HttpResponseBase:
    """Reject it."""
    return _decided(request, adjustment_id, reject_adjustment, _("已驳回，账户没有变动。"))


def _decided(request: PlatformRequest, adjustment_id: int, decide: Callable[..., Any], done: str) -> HttpResponseBase:
    try:
        decide(actor=request.actor, adjustment_id=adjustment_id, note=request.POST.get("note", "")[:200])
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("office:adjustments")


def _standings(pending: list[Any]) -> list[Any]:
    known = queries.standings([one.chain_id for one in pending])
    return [known[one.chain_id] for one in pending]
