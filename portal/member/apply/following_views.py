"""Following an application: where it stands, taking it back, and setting the new card's PIN."""

from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.errors import DomainError
from kernel.slots import Busy
from kernel.sms.services import offered
from membership.applications.domain import GRANTED, ApplicationState, Handing
from membership.applications.errors import ApplicationNotFound
from membership.applications.links import opens
from membership.applications.models import Application
from membership.applications.services import ask_for_code, find_by_code, link_behind, use_link, withdraw
from membership.applications.services.codes import CODE_LASTS
from portal.attempts import attempt, done_or_not, status_of
from portal.member.apply.access import FINDING, begin_anew, mine_of, open_mine, remember, remembered
from portal.member.apply.form_views import refuse_code
from portal.member.apply.forms import CodeForm, FindForm, FirstPinForm

_MINUTES: Final = int(CODE_LASTS.total_seconds()) // 60
_S: Final = ApplicationState


@require_safe
@never_cache
def follow(request: HttpRequest, number: str, signature: str) -> HttpResponseBase:
    """The link that was sent: it opens the application, and leaves the address bar.

    Raises:
        ApplicationNotFound
    """
    found = Application.objects.exclude(state=_S.DRAFT).filter(number=number).first()
    if not opens(number, signature) or found is None:
        raise ApplicationNotFound(number=number)
    open_mine(request, found)
    return redirect("member:apply_mine")


@sensitive_post_parameters("phone")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def find(request: HttpRequest) -> HttpResponseBase:
    """The application's number and its telephone; whatever is typed leads to the same page."""
    if not offered():
        raise Http404
    form = FindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number, phone = form.cleaned_data["number"], form.cleaned_data["phone"]
        if attempt(form, lambda: _asked(number, phone), fields={"invalid_phone": "phone"}):
            remember(request, FINDING, number)
            return redirect("member:apply_find_code")
    return render(request, "member/apply/find.html", {"form": form}, status=status_of(form))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def find_code(request: HttpRequest) -> HttpResponseBase:
    """The code that was sent, if number and telephone go together."""
    number = remembered(request, FINDING)
    if number is None:
        return begin_anew(request, FINDING, at="member:apply_find", text=_("验证码已过期，请重新获取。"))
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        found = find_by_code(number=number, code=form.cleaned_data["code"])
        if found is not None:
            open_mine(request, found)
            return redirect("member:apply_mine")
        refuse_code(form)
        status = 403
    context = {"form": form, "minutes": _MINUTES, "finding": True}
    return render(request, "member/apply/code.html", context, status=status if status != 200 else status_of(form))


@require_safe
@never_cache
def mine(request: HttpRequest) -> HttpResponseBase:
    """Where the application stands, and what comes next."""
    application = mine_of(request)
    if application is None:
        return redirect("member:apply_find")
    context: dict[str, Any] = {
        "application": application,
        "steps": _steps(application),
        "may_withdraw": application.state == _S.SUBMITTED,
        "granted": application.state in GRANTED,
    }
    return render(request, "member/apply/mine.html", context)


@require_POST
@never_cache
def take_back(request: HttpRequest) -> HttpResponseBase:
    """The applicant changes her mind. What was decided meanwhile, or taken back in another tab, is said."""
    application = mine_of(request)
    if application is None:
        return redirect("member:apply_find")
    done = done_or_not(lambda: withdraw(number=application.number))
    if isinstance(done, DomainError):
        messages.warning(request, str(done))
    else:
        messages.success(request, _("申请已撤回。"))
    return redirect("member:apply_mine")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def set_pin(request: HttpRequest, secret: str) -> HttpResponseBase:
    """The new card's PIN, chosen by its member (X-19); then she logs in with it.

    Raises:
        LinkUseless
    """
    link = link_behind(secret)
    form = FirstPinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        fields = {"pin_trivial": "new_pin", "pin_form": "new_pin"}
        new_pin = form.cleaned_data["new_pin"]
        changed = attempt(form, lambda: use_link(secret=secret, new_pin=new_pin), fields=fields)
        if changed is not None:
            messages.success(
                request, _("密码已设置，请用卡号和新密码登录。卡号：%(number)s") % {"number": changed.number}
            )
            return redirect("member:login")
    card = link.application.card
    context = {"form": form, "card_number": card.number if card else ""}
    status = status_of(form)
    response = render(request, "member/apply/pin.html", context, status=status)
    if status == Busy.status:
        response["Retry-After"] = str(Busy.retry_after_s)
    return response


def _asked(number: str, phone: str) -> bool:
    ask_for_code(number=number, phone=phone)
    return True


def _steps(application: Application) -> list[dict[str, str]]:
    """The way of an application as far as it came, and the rest of it."""
    state = application.state
    steps = [{"title": _("已提交，手机号已验证"), "state": "done", "detail": ""}]
    if state in (_S.REJECTED, _S.WITHDRAWN, _S.LAPSED):
        if state == _S.LAPSED:
            steps.append({"title": _("门店审核"), "state": "done", "detail": ""})
        steps.append({"title": str(_S(state).label), "state": "failed", "detail": application.reason})
        return steps
    decided = state in GRANTED
    steps.append({"title": _("门店审核"), "state": "done" if decided else "active", "detail": ""})
    if application.handing == Handing.DELIVERY:
        sent = application.sent_at is not None
        mark = "done" if sent else "active" if decided else "todo"
        steps.append({"title": _("寄出会员卡"), "state": mark, "detail": application.parcel})
        arriving = sent
    else:
        arriving = decided
    here = application.store.name if application.store and application.handing == Handing.PICK_UP else ""
    detail = _("请带身份证件原件到%(store)s领取") % {"store": here} if here and decided else ""
    done = state == _S.COLLECTED
    mark = "done" if done else "active" if arriving else "todo"
    steps.append({"title": _("领取并启用"), "state": mark, "detail": "" if done else detail})
    return steps
