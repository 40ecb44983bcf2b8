"""A PIN that was forgotten, or never taken over, chosen anew by a code sent to the telephone on record.

Nobody learns here which numbers are cards' and whose telephones they go with: whatever is typed leads to the same page.
"""

import time
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kernel.slots import Busy
from kernel.sms.services import offered
from membership.cards.domain import tidy_number
from membership.cards.pin_renewal import A_DAY, CODE_LASTS, ask_for_code, renew_pin
from membership.devices.domain import Way
from portal.attempts import attempt, status_of
from portal.member.access import open_session
from portal.member.forms import CodeAskForm, CodeUseForm

_KEY: Final = "pin_renewal"
_MINUTES: Final = int(CODE_LASTS.total_seconds()) // 60


@sensitive_post_parameters("phone")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def ask(request: HttpRequest) -> HttpResponseBase:
    """Which card, and the telephone that belongs to it."""
    _offered_or_404()
    form = CodeAskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number, phone = form.cleaned_data["card_number"], form.cleaned_data["phone"]
        asked = attempt(form, lambda: _asked(number, phone), fields={"invalid_phone": "phone"})
        if asked:
            request.session[_KEY] = {"number": tidy_number(number), "at": time.time()}
            return redirect("member:pin_code_use")
    return render(request, "member/pin_code_ask.html", {"form": form, "a_day": A_DAY}, status=status_of(form))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def choose(request: HttpRequest) -> HttpResponseBase:
    """The code, and the new PIN. All failures read alike and are counted."""
    _offered_or_404()
    kept: dict[str, Any] | None = request.session.get(_KEY)
    if kept is None or time.time() - kept["at"] > CODE_LASTS.total_seconds():
        if request.session.pop(_KEY, None) is not None:
            messages.warning(request, _("验证码已过期，请重新获取。"))
        return redirect("member:pin_code_ask")
    form, status = CodeUseForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        fields = {"pin_trivial": "new_pin", "pin_form": "new_pin"}
        outcome = attempt(
            form,
            lambda: renew_pin(number=kept["number"], code=given["code"], new_pin=given["new_pin"]),
            fields=fields,
        )
        if outcome is not None and outcome.card is not None:
            del request.session[_KEY]
            open_session(request, outcome.card, way=Way.CODE)
            messages.success(request, _("密码已重设，请牢记新密码。"))
            return redirect("member:home")
        if outcome is not None:
            form.add_error(
                "code", ValidationError(_("验证码不正确或已失效。请核对短信，或重新获取。"), code="code_refused")
            )
            status = 403
    if status == 200:
        status = status_of(form)
    response = render(request, "member/pin_code_use.html", {"form": form, "minutes": _MINUTES}, status=status)
    if status == Busy.status:
        response["Retry-After"] = str(Busy.retry_after_s)
    return response


def _asked(number: str, phone: str) -> bool:
    ask_for_code(number=number, phone=phone)
    return True


def _offered_or_404() -> None:
    if not offered():
        raise Http404
