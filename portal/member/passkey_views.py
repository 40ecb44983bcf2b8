"""Log-in with a passkey. A browser that has none, or no script, never comes here."""

from typing import Final

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kernel.sms.services import offered
from membership.devices.domain import Way
from membership.devices.services import passkeys
from portal.member.access import open_session
from portal.member.challenges import keep_challenge, site_of, take_challenge
from portal.member.forms import LoginForm

_PURPOSE: Final = "passkey_log_in"
_REFUSED: Final = 403


@require_POST
@never_cache
def options(request: HttpRequest) -> HttpResponseBase:
    """What is to be signed, once, within minutes, in this browser."""
    challenge = keep_challenge(request, _PURPOSE)
    return JsonResponse(passkeys.request_options(site=site_of(request), challenge=challenge))


@sensitive_post_parameters("answer")
@require_POST
@never_cache
def log_in(request: HttpRequest) -> HttpResponseBase:
    """The signed answer. All failures read alike; none is counted against a card, which nobody named."""
    kept = take_challenge(request, _PURPOSE)
    card = None
    if kept is not None:
        answer = request.POST.get("answer", "")
        card = passkeys.log_in(site=site_of(request), challenge=kept.challenge, answer=answer)
    if card is not None:
        open_session(request, card, way=Way.PASSKEY)
        return redirect("member:home")
    problem = _("没有用通行密钥登录成功：它可能已移除、已随密码更改失效，或等得太久。请再试一次，或用卡号和密码登录。")
    context = {"form": LoginForm(), "texts_offered": offered(), "may_apply": False, "problem": problem}
    return render(request, "member/login.html", context, status=_REFUSED)
