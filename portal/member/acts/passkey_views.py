"""A member's passkeys: which there are, making one, and forgetting one."""

import json
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kernel.errors import DomainError
from kernel.slots import Busy
from membership.cards.web_login import check_web_pin
from membership.devices.domain import device_words
from membership.devices.models import Passkey
from membership.devices.queries import passkeys_of_member
from membership.devices.services import passkeys
from portal.attempts import done_or_not, status_of
from portal.member.access import MemberRequest, members_only
from portal.member.acts.forms import OwnPinForm
from portal.member.acts.members import member_of
from portal.member.challenges import keep_challenge, site_of, take_challenge
from portal.member.shell import shell

_PURPOSE: Final = "passkey_make"
_LONGEST_KEY: Final = 18


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@members_only
def passkey_list(request: MemberRequest) -> HttpResponseBase:
    """Her passkeys; and the PIN once more, before one is made: a phone left lying must not become a way in for good."""
    form = OwnPinForm(request.POST or None)
    options: dict[str, Any] | None = None
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            proved = check_web_pin(number=request.card.number, pin=form.cleaned_data["pin"]).accepted
        except Busy as busy:
            form.add_error("pin", ValidationError(str(busy), code=busy.code))
            status = busy.status
        else:
            if proved:
                options = _options(request)
            else:
                text = _("密码不正确，或因多次输错已暂停。请核对后稍等片刻再试。")
                form.add_error("pin", ValidationError(text, code="pin_refused"))
                status = 403
    context = shell(request, "services") | {
        "form": form,
        "options": json.dumps(options) if options is not None else "",
        "passkeys": [_row(one) for one in passkeys_of_member(member_of(request).pk)],
        "most": passkeys.MOST,
    }
    answer = render(request, "member/acts/passkeys.html", context, status=status if status != 200 else status_of(form))
    if status == Busy.status:
        answer["Retry-After"] = str(Busy.retry_after_s)
    return answer


@sensitive_post_parameters("answer")
@require_POST
@members_only
def passkey_add(request: MemberRequest) -> HttpResponseBase:
    """What the browser made."""
    kept = take_challenge(request, _PURPOSE)
    if kept is None:
        messages.error(request, _("等得太久，没有创建。请再输一次密码，重新创建。"))
        return redirect("member:passkeys")
    made = done_or_not(
        lambda: passkeys.add_passkey(
            card=request.card,
            site=site_of(request),
            challenge=kept.challenge,
            handle=kept.handle,
            answer=request.POST.get("answer", ""),
            user_agent=request.headers.get("User-Agent", ""),
        )
    )
    if isinstance(made, DomainError):
        messages.error(request, str(made))
    else:
        messages.success(request, _("已创建。下次在登录页点“用通行密钥登录”，不用再输卡号和密码。"))
    return redirect("member:passkeys")


@require_POST
@members_only
def passkey_remove(request: MemberRequest) -> HttpResponseBase:
    """Forget the one that was chosen. Another member's does not exist for her."""
    key = request.POST.get("passkey", "")
    if key.isdecimal() and len(key) <= _LONGEST_KEY:
        if passkeys.remove_passkey(member_id=member_of(request).pk, key=int(key)):
            messages.success(request, _("已移除，不能再用它登录。"))
        else:
            messages.info(request, _("这个通行密钥先前已经移除。"))
    return redirect("member:passkeys")


def _options(request: MemberRequest) -> dict[str, Any]:
    handle = passkeys.handle_of(request.card)
    challenge = keep_challenge(request, _PURPOSE, handle=handle)
    return passkeys.creation_options(card=request.card, site=site_of(request), challenge=challenge, handle=handle)


def _row(passkey: Passkey) -> dict[str, Any]:
    return {
        "key": passkey.pk,
        "card_number": passkey.card.number,
        "device": device_words(passkey.device),
        "made_at": passkey.made_at,
        "used_at": passkey.used_at,
    }
