"""Log-in with a card and its PIN, log-out, and the change of the PIN."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kernel.slots import Busy
from kernel.sms.services import offered
from membership.applications.queries import is_offered
from membership.cards.models import Card
from membership.cards.web_login import WebPinOutcome, change_pin, check_web_pin
from portal.attempts import attempt, status_of
from portal.member.access import MemberRequest, close_session, members_only, open_session, session_card
from portal.member.forms import LoginForm, PinChangeForm
from portal.member.shell import shell


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def login(request: HttpRequest) -> HttpResponseBase:
    """Card number and PIN (R-A04). All failures read alike, and all but ``Busy`` are counted."""
    if request.method != "POST" and session_card(request) is not None:
        return redirect("member:home")
    form = LoginForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            outcome = check_web_pin(number=form.cleaned_data["card_number"], pin=form.cleaned_data["pin"])
        except Busy as busy:
            return _come_back(request, "member/login.html", form, {"texts_offered": offered()}, busy)
        if outcome.accepted and outcome.card is not None:
            open_session(request, outcome.card)
            return redirect("member:pin_change" if outcome.card.pin_must_change else "member:home")
        _refuse(form)
        status = 403
    # A refusal costs as little as it can.
    may_apply = request.method != "POST" and offered() and is_offered(request.chain)  # type: ignore[attr-defined]
    context = {"form": form, "texts_offered": offered(), "may_apply": may_apply}
    return render(request, "member/login.html", context, status=status)


@require_POST
def logout(request: HttpRequest) -> HttpResponseBase:
    """Leave."""
    close_session(request)
    return redirect("member:login")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@members_only
def pin_change(request: MemberRequest) -> HttpResponseBase:
    """Choose a PIN; at the first log-in, before anything else (X-19)."""
    card, first_time = request.card, request.card.pin_must_change
    form = PinChangeForm(request.POST or None, first_time=first_time)
    context = shell(request, "services") | {"form": form, "first_time": first_time}
    if request.method == "POST" and form.is_valid():
        try:
            proved = first_time or _prove(card, form).accepted
        except Busy as busy:
            return _come_back(request, "member/pin_change.html", form, context, busy)
        changed = None
        if proved:
            fields = {"pin_trivial": "new_pin", "pin_form": "new_pin", "pin_unchanged": "new_pin"}
            new_pin = form.cleaned_data["new_pin"]
            changed = attempt(form, lambda: change_pin(card=card, new_pin=new_pin), fields=fields)
        if changed is not None:
            open_session(request, changed)
            messages.success(request, _("密码已更改，请牢记新密码。"))
            return redirect("member:home")
    return render(request, "member/pin_change.html", context, status=status_of(form))


def _prove(card: Card, form: PinChangeForm) -> WebPinOutcome:
    """The old PIN again, counted like a log-in: an unattended phone must not become a place to guess it."""
    outcome = check_web_pin(number=card.number, pin=form.cleaned_data["current_pin"])
    if not outcome.accepted:
        text = _("原密码不正确，或因多次输错已暂停核对。密码没有更改，请核对后稍等片刻再试。")
        form.add_error("current_pin", ValidationError(text, code="pin_refused"))
    return outcome


def _refuse(form: LoginForm) -> None:
    text = _(
        "卡号或密码不正确，或因多次输错已暂停网页登录。请核对后稍等片刻再试；"
        "连续输错会使等待变长，卡在门店的使用不受影响。"
    )
    form.add_error(None, ValidationError(text, code="pin_refused"))


def _come_back(
    request: HttpRequest, template: str, form: LoginForm | PinChangeForm, context: dict[str, Any], busy: Busy
) -> HttpResponse:
    form.add_error(None, ValidationError(str(busy), code=busy.code))
    response = render(request, template, context | {"form": form}, status=busy.status)
    response["Retry-After"] = str(busy.retry_after_s)
    return response
