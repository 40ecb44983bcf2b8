"""A card reported lost by its holder, and found again."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from kernel.errors import DomainError
from kernel.slots import Busy
from membership.cards.domain import CardAct, CardStatus, destination, tidy_number
from membership.cards.models import Card
from membership.cards.services.own_loss import lift_own_loss, report_own_loss, why_not_lifted
from portal.attempts import attempt, status_of
from portal.member.access import MemberRequest, members_only
from portal.member.acts.forms import LossForm, PinAgainForm
from portal.member.acts.members import member_of
from portal.member.shell import own_cards, shell
from portal.rows import card_row


@require_safe
@never_cache
@members_only
def loss(request: MemberRequest) -> HttpResponseBase:
    """Her cards, each with what she may do about its loss."""
    return _page(request)


@require_POST
@members_only
def report(request: MemberRequest) -> HttpResponseBase:
    """Stop a card at once (R-J02)."""
    form = LossForm(request.POST)
    if form.is_valid():
        stopped = attempt(form, lambda: report_own_loss(member=member_of(request), number=form.cleaned_data["number"]))
        if stopped is not None:
            messages.success(request, _("已挂失，即时生效：收银台已不能使用这张卡，余额不受影响。"))
            return redirect("member:loss")
    return _page(request, problem=_said(form), status=status_of(form))


@sensitive_post_parameters("pin")
@require_POST
@never_cache
@members_only
def lift(request: MemberRequest) -> HttpResponseBase:
    """The card is found: its PIN, and it may be used again (R-J07)."""
    form = PinAgainForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            found = lift_own_loss(member=member_of(request), number=given["number"], pin=given["pin"])
        except Busy as busy:
            answer = _page(request, tried=form, problem=str(busy), status=busy.status)
            answer["Retry-After"] = str(busy.retry_after_s)
            return answer
        except DomainError as refusal:
            return _page(request, problem=str(refusal), status=refusal.status)
        if found is not None:
            messages.success(request, _("已解除挂失，这张卡可以照常使用。"))
            return redirect("member:loss")
        text = _("密码不正确，或因多次输错已暂停。请核对后稍等片刻再试。")
        form.add_error("pin", ValidationError(text, code="pin_refused"))
        return _page(request, tried=form, status=403)
    return _page(request, tried=form, status=400)


def _page(
    request: MemberRequest, *, tried: PinAgainForm | None = None, problem: str = "", status: int = 200
) -> HttpResponse:
    cards = [_row(card, tried) for card in own_cards(request)]
    context = shell(request, "services") | {"cards": cards, "problem": problem}
    return render(request, "member/acts/loss.html", context, status=status)


def _row(card: Card, tried: PinAgainForm | None) -> dict[str, Any]:
    is_lost = card.status == CardStatus.LOST
    barred = why_not_lifted(card) if is_lost else None
    row = card_row(card) | {
        "is_lost": is_lost,
        "may_report": destination(CardAct.REPORT_LOST, status=card.status) is not None,
        "barred": str(barred) if barred else "",
    }
    if is_lost and barred is None:
        mine = tried is not None and tidy_number(tried.data.get("number", "")) == card.number
        row["form"] = tried if mine else PinAgainForm(initial={"number": card.number}, auto_id=f"lift_{card.pk}_%s")
    return row


def _said(form: LossForm) -> str:
    return " ".join(str(error) for errors in form.errors.values() for error in errors)
