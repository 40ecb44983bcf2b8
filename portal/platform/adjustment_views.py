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
from billing.accounts.domain import AccountStanding
from billing.accounts.models import Adjustment
from kernel.errors import DomainError
from kernel.money import Money
from portal.platform.access import PlatformRequest, platform_only
from portal.platform.forms import AdjustmentForm

_DECIDED_SHOWN: Final = 30


@require_http_methods(["GET", "HEAD", "POST"])
@platform_only
def adjustment_list(request: PlatformRequest) -> HttpResponseBase:
    """What waits for a second pair of eyes, what was decided, and a form for another."""
    form = AdjustmentForm(request.POST or None, initial={"slug": request.GET.get("chain", "")[:30]})
    owing = None
    if request.method == "POST" and form.is_valid():
        owing = queries.owing_after(form.chain, queries.standing_of(form.chain.pk), amount_fen=form.amount_fen())
        # What would be owed is shown first, and the request repeats it.
        if (owing is None or request.POST.get("owed") == str(owing.arrears_fen)) and _asked(request, form):
            return redirect("office:adjustments")
    pending = list(queries.pending_adjustments())
    context = {
        "nav": "adjustments",
        "form": form,
        "owing": owing,
        "owed": str(owing.arrears_fen) if owing else "",
        "pending": [_row(request, one, standing) for one, standing in zip(pending, _standings(pending), strict=True)],
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


def _asked(request: PlatformRequest, form: AdjustmentForm) -> bool:
    try:
        request_adjustment(
            actor=request.actor,
            chain_id=form.chain.pk,
            amount_fen=form.amount_fen(),
            reason=form.cleaned_data["reason"],
        )
    except DomainError as error:
        form.add_error(None, str(error))
        return False
    messages.success(request, _("已提交，等待另一位员工审批。"))
    return True


def _row(request: PlatformRequest, adjustment: Adjustment, standing: AccountStanding) -> dict[str, Any]:
    """An adjustment that waits, beside the account as it is now and as it would be."""
    owing = queries.owing_after(adjustment.chain, standing, amount_fen=adjustment.amount_fen)
    return {
        "adjustment": adjustment,
        "standing": standing,
        "own": adjustment.requested_by_id == request.actor.id,
        "owing": owing,
        "owed": Money(owing.arrears_fen).format() if owing else "",
    }


def _decided(request: PlatformRequest, adjustment_id: int, decide: Callable[..., Any], done: str) -> HttpResponseBase:
    try:
        decide(actor=request.actor, adjustment_id=adjustment_id, note=request.POST.get("note", "")[:200])
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("office:adjustments")


def _standings(pending: list[Adjustment]) -> list[AccountStanding]:
    known = queries.standings([one.chain_id for one in pending])
    return [known[one.chain_id] for one in pending]
