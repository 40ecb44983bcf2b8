"""Applying for a card: the form, and the code that shows whose telephone it is."""

from typing import Final

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from kernel.sms.services import offered
from membership.applications import queries
from membership.applications.errors import ApplicationsNotOffered
from membership.applications.services import apply, check_open, send_code_again, submit
from membership.applications.services.codes import A_DAY, CODE_LASTS
from portal.actors import is_held
from portal.attempts import attempt, status_of
from portal.hosts import chain_url
from portal.member.apply.access import DRAFT, begin_anew, open_mine, remember, remembered
from portal.member.apply.forms import ApplyForm, CodeForm

_MINUTES: Final = int(CODE_LASTS.total_seconds()) // 60
_NOBODY: Final = 0
_FIELDS: Final = {
    "invalid_name": "name",
    "invalid_phone": "phone",
    "mobile_needed": "phone",
    "invalid_email": "email",
    "invalid_id_number": "id_number",
    "delivery_address_missing": "address",
    "terms_not_agreed": "agree",
    "terms_changed": "agree",
    "photo_missing": "photo",
    "not_a_picture": "photo",
    "picture_too_large": "photo",
    "picture_too_small": "photo",
}


@sensitive_post_parameters("name", "id_number", "phone", "email", "address")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def apply_form(request: HttpRequest) -> HttpResponseBase:
    """The form (R-H03). Whoever is a member already gets the same answer as everybody.

    Raises:
        ApplicationsNotOffered, ApplicationsPaused, DayFull
    """
    chain, paused = request.chain, is_held(request)  # type: ignore[attr-defined]
    if not offered():
        raise ApplicationsNotOffered
    offer = check_open(chain=chain, paused=paused)
    terms = queries.terms()
    form = ApplyForm(request.POST or None, request.FILES or None, offer=offer, initial={"terms": terms.version})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["website"]:
            # A program: it is told what people are told, and nothing is kept.
            remember(request, DRAFT, _NOBODY)
            return redirect("member:apply_code")
        wish = form.wish()
        draft = attempt(form, lambda: apply(chain=chain, wish=wish, paused=paused), fields=_FIELDS)
        if draft is not None:
            remember(request, DRAFT, draft.pk)
            return redirect("member:apply_code")
    if form.errors and request.FILES and "photo" not in form.errors:
        # Browsers send a file once: what was typed comes back, this does not.
        form.add_error("photo", ValidationError(_("请重新选择照片。"), code="photo_again"))
    context = {"form": form, "terms": terms, "kept_days": offer.policy.kept_days}
    return render(request, "member/apply/form.html", context, status=status_of(form))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def code(request: HttpRequest) -> HttpResponseBase:
    """The code that was sent: with it the application is on the desk's work list. Wrong ones are counted."""
    draft_id = remembered(request, DRAFT)
    if draft_id is None:
        return begin_anew(request, DRAFT, at="member:apply", text=_("填写的资料已过期，请重新填写。"))
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        site_url = chain_url(request, request.chain.slug)  # type: ignore[attr-defined]
        given = form.cleaned_data["code"]
        done = attempt(form, lambda: submit(application_id=draft_id, code=given, site_url=site_url))
        if done is not None:
            open_mine(request, done)
            return redirect("member:apply_mine")
        if not form.errors:
            refuse_code(form)
            status = 403
    context = {"form": form, "minutes": _MINUTES, "a_day": A_DAY}
    return render(request, "member/apply/code.html", context, status=status if status != 200 else status_of(form))


@require_POST
def code_again(request: HttpRequest) -> HttpResponseBase:
    """Another code, as long as the telephone gets any."""
    draft_id = remembered(request, DRAFT)
    if draft_id is None:
        return redirect("member:apply")
    send_code_again(application_id=draft_id)
    return redirect("member:apply_code")


def refuse_code(form: CodeForm) -> None:
    """Say what is said of every code that does not do."""
    form.add_error("code", ValidationError(_("验证码不正确或已失效。请核对短信，或重新获取。"), code="code_refused"))
