"""Applications for cards at the desk: the work list, one of them, and what is decided (R-A12)."""

from base64 import b64encode
from typing import Any, Final

import qrcode
import qrcode.image.svg
from django.contrib import messages
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.subscriptions.entitlements import features_of
from kernel import clock
from kernel.files.services import contents, file_behind, link_token
from kernel.pictures import JPEG, PNG
from kernel.sms.services import offered
from membership.applications import queries, services
from membership.applications.domain import ApplicationState, Handing
from membership.applications.models import Application
from membership.applications.services import MadeLink
from membership.members.domain import masked_name, masked_phone, national
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.application_forms import (
    ApproveForm,
    HandOverForm,
    LapseForm,
    PolicyForm,
    RejectForm,
    RevealNumberForm,
    SendForm,
)
from portal.desk.paging import place_asked
from portal.hosts import chain_url
from portal.rows import card_row
from tenants.people.domain import Act

_A_PAGE: Final = 50
_S: Final = ApplicationState
_APPROVING: Final = dict.fromkeys(
    ("card_not_found", "card_not_idle", "card_not_released", "card_does_not_fit"), "card_number"
) | dict.fromkeys(("member_not_found", "member_merged", "member_phone_differs", "member_id_differs"), "member_code")


@require_safe
@staff_only(Act.CARD_ISSUE)
def applications(request: DeskRequest) -> HttpResponseBase:
    """The work list: what waits, or what stands otherwise; the newest first."""
    state = request.GET.get("state", _S.SUBMITTED.value)
    state = state if state in _S.values and state != _S.DRAFT else _S.SUBMITTED.value
    mine = queries.applications_for(request.desk.actor)
    page = queries.page_of_applications(mine.filter(state=state), size=_A_PAGE + 1, before_id=place_asked(request))
    context: dict[str, Any] = {"applications": [_row(one) for one in page[:_A_PAGE]], "state": state}
    if len(page) > _A_PAGE:
        context["next_page_url"] = f"?state={state}&before={page[_A_PAGE - 1].pk}"
    counts = queries.counts_by_state(mine)
    context |= {
        "states": [
            {
                "label": one.label,
                "count": counts.get(one.value, 0),
                "active": one.value == state,
                "url": f"?state={one.value}",
            }
            for one in _S
            if one != _S.DRAFT and (counts.get(one.value) or one == _S.SUBMITTED)
        ],
        "nav": "applications",
    }
    return render(request, "desk/applications/list.html", context | _offering(request))


@require_safe
@never_cache
@staff_only(Act.CARD_ISSUE)
def application(request: DeskRequest, number: str) -> HttpResponseBase:
    """One application, with who may be the same person beside it.

    Raises:
        ApplicationNotFound
    """
    return _page(request, number)


@require_POST
@never_cache
@staff_only(Act.CARD_ISSUE)
def approve(request: DeskRequest, number: str) -> HttpResponseBase:
    """A card for the applicant; the answer itself shows the link to set its PIN, once.

    Raises:
        ApplicationNotFound, ApplicationStepForbidden
    """
    form = ApproveForm(request.POST)
    made = None
    if form.is_valid():
        made = attempt(
            form,
            lambda: services.approve(
                actor=request.desk.actor,
                chain=request.chain,  # type: ignore[attr-defined]
                number=number,
                store_id=working_store(request, Act.CARD_ISSUE),
                site_url=_site(request),
                **form.cleaned_data,
            ),
            fields=_APPROVING,
        )
    return _page(request, number, approve_form=form) if made is None else _slip(request, made)


@require_POST
@never_cache
@staff_only(Act.CARD_ISSUE)
def reject(request: DeskRequest, number: str) -> HttpResponseBase:
    """No card, and why."""
    form = RejectForm(request.POST)
    if form.is_valid():
        store_id = working_store(request, Act.CARD_ISSUE)
        done = attempt(
            form,
            lambda: services.reject(
                actor=request.desk.actor,
                number=number,
                store_id=store_id,
                site_url=_site(request),
                **form.cleaned_data,
            ),
            fields={"rejection_reason_missing": "reason"},
        )
        if done is not None:
            messages.success(request, _("申请 %(number)s 未通过，已通知申请人。") % {"number": done.number})
            return redirect("desk:applications")
    return _page(request, number, reject_form=form)


@require_POST
@never_cache
@staff_only(Act.MEMBER_REVEAL)
def reveal(request: DeskRequest, number: str) -> HttpResponseBase:
    """The whole number of the applicant's document, on this one answer."""
    form, plain = RevealNumberForm(request.POST), None
    if form.is_valid():
        store_id = working_store(request, Act.MEMBER_REVEAL)
        plain = attempt(
            form,
            lambda: services.reveal_number(
                actor=request.desk.actor, number=number, store_id=store_id, **form.cleaned_data
            ),
            fields={"invalid_reason": "reason"},
        )
    return _page(request, number, reveal_form=form, revealed=plain)


@require_POST
@never_cache
@staff_only(Act.CARD_ISSUE)
def show_photo(request: DeskRequest, number: str) -> HttpResponseBase:
    """The page with the photo on it: by a link that lasts minutes, for this person.

    Raises:
        ApplicationNotFound, PhotoGone
    """
    actor = request.desk.actor
    kept = services.show_photo(actor=actor, number=number, store_id=working_store(request, Act.CARD_ISSUE))
    token = link_token(kept, holder=f"photo {actor}")
    return _page(request, number, photo_url=reverse("desk:application_photo", args=[token]))


@require_safe
@never_cache
@staff_only(Act.CARD_ISSUE)
def photo(request: DeskRequest, token: str) -> HttpResponseBase:
    """The picture itself, to whom the link was given.

    Raises:
        LinkExpired, FileGone
    """
    kept = file_behind(token, holder=f"photo {request.desk.actor}")
    content_type = kept.content_type if kept.content_type in (JPEG, PNG) else "application/octet-stream"
    headers = {"X-Content-Type-Options": "nosniff", "Content-Length": str(kept.size)}
    return StreamingHttpResponse(contents(kept), content_type=content_type, headers=headers)


@require_POST
@staff_only(Act.CARD_ISSUE)
def send(request: DeskRequest, number: str) -> HttpResponseBase:
    """The card was given to a carrier."""
    form = SendForm(request.POST)
    done: Application | None = None
    if form.is_valid():
        done = attempt(form, lambda: services.send(actor=request.desk.actor, number=number, **form.cleaned_data))
    if done is not None:
        messages.success(request, _("已登记寄出。"))
        return redirect("desk:application", number=number)
    return _page(request, number, send_form=form)


@require_POST
@staff_only(Act.CARD_ISSUE)
def hand_over(request: DeskRequest, number: str) -> HttpResponseBase:
    """The applicant has the card: it is active."""
    form = HandOverForm(request.POST)
    done: Application | None = None
    if form.is_valid():
        done = attempt(
            form,
            lambda: services.hand_over(actor=request.desk.actor, number=number, **form.cleaned_data),
            fields={"original_not_seen": "original_seen"},
        )
    if done is not None:
        messages.success(request, _("会员卡已启用。"))
        return redirect("desk:application", number=number)
    return _page(request, number, hand_over_form=form)


@require_POST
@staff_only(Act.CARD_ISSUE)
def lapse(request: DeskRequest, number: str) -> HttpResponseBase:
    """Nobody came for the card: the application is closed, and the card put away."""
    form = LapseForm(request.POST)
    done: Application | None = None
    if form.is_valid():
        done = attempt(
            form,
            lambda: services.lapse(
                actor=request.desk.actor,
                number=number,
                store_id=working_store(request, Act.CARD_ISSUE),
                site_url=_site(request),
                **form.cleaned_data,
            ),
        )
    if done is not None:
        messages.success(request, _("申请已作废，会员卡已收回，申请人会收到短信。"))
        return redirect("desk:application", number=number)
    return _page(request, number, lapse_form=form)


@require_POST
@never_cache
@staff_only(Act.CARD_ISSUE)
def pin_link(request: DeskRequest, number: str) -> HttpResponseBase:
    """A new link to set the PIN; the one before is dead.

    Raises:
        NotAllowed, ApplicationNotFound, ApplicationStepForbidden
    """
    made = services.renew_link(actor=request.desk.actor, number=number, site_url=_site(request))
    return _slip(request, made, renewed=True)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_TYPE)
def settings(request: DeskRequest) -> HttpResponseBase:
    """What the chain chooses; on plan A why it has no applications, and what its owner can do."""
    form = PolicyForm(request.POST or None, policy=queries.policy(), terms=queries.terms())
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: _save(request, form), fields={"invalid_terms": "terms"})
        if saved:
            messages.success(request, _("网上办卡设置已保存。"))
            return redirect("desk:application_settings")
    context = {"form": form, "terms": queries.terms(), "nav": "applications"}
    return render(request, "desk/applications/settings.html", context | _offering(request), status=status_of(form))


def _save(request: DeskRequest, form: PolicyForm) -> bool:
    given = dict(form.cleaned_data)
    services.publish_terms(actor=request.desk.actor, text=given.pop("terms"))
    services.save_policy(actor=request.desk.actor, **given)
    return True


def _page(
    request: DeskRequest,
    number: str,
    *,
    revealed: str | None = None,
    photo_url: str = "",
    **forms: Any,
) -> HttpResponseBase:
    actor = request.desk.actor
    found = queries.get_application(number, actor=actor)
    store_id = found.store_id or working_store(request, Act.CARD_ISSUE)
    waits, is_sent = found.state == _S.SUBMITTED, found.handing == Handing.DELIVERY
    alike = queries.alike(found) if waits else []
    card = queries.next_card(found, store_id=store_id) if waits else ""
    context: dict[str, Any] = {
        "application": found,
        "phone": national(found.phone) if found.phone else "",
        "alike": [_alike_row(one) for one in alike],
        "has_photo": found.photo is not None and found.photo.deleted_at is None and found.photo.expires_at is None,
        "photo_url": photo_url,
        "revealed": revealed,
        "may_reveal": actor.may(Act.MEMBER_REVEAL, store_id=store_id) and found.forgotten_at is None,
        "reveal_form": RevealNumberForm(auto_id="reveal_%s"),
        "waits": waits,
        "has_card": bool(card),
        "may_send": is_sent and found.state == _S.APPROVED,
        "may_hand_over": found.state == _S.SENT or (found.state == _S.APPROVED and not is_sent),
        "may_link": found.state in (_S.APPROVED, _S.SENT),
        "is_sent": is_sent,
        "lapses_on": services.lapses_on(found) if found.state in (_S.APPROVED, _S.SENT) else None,
        "today": clock.today(),
        "approve_form": ApproveForm(initial={"card_number": card}, auto_id="approve_%s"),
        "reject_form": RejectForm(auto_id="reject_%s"),
        "send_form": SendForm(auto_id="send_%s"),
        "hand_over_form": HandOverForm(auto_id="hand_%s"),
        "lapse_form": LapseForm(initial={"card_is_here": found.state == _S.APPROVED}, auto_id="lapse_%s"),
        "nav": "applications",
    }
    shown = next(iter(forms.values()), None)
    status = status_of(shown) if shown is not None else 200
    return render(request, "desk/applications/detail.html", context | _offering(request) | forms, status=status)


def _slip(request: DeskRequest, made: MadeLink, *, renewed: bool = False) -> HttpResponseBase:
    """The link on paper: no address leads to this page a second time."""
    context = {
        "application": made.application,
        "card": card_row(made.card),
        "member": {"name": made.card.member.name} if made.card.member else None,
        "url": made.url,
        "qr": _qr(made.url),
        "expires_on": made.expires_on,
        "renewed": renewed,
        "nav": "applications",
    }
    return render(request, "desk/applications/slip.html", context)


def _qr(url: str) -> str:
    drawn = qrcode.make(url, image_factory=qrcode.image.svg.SvgPathImage, border=2)
    return f"data:image/svg+xml;base64,{b64encode(drawn.to_string()).decode()}"


def _site(request: DeskRequest) -> str:
    return chain_url(request, request.chain.slug)  # type: ignore[attr-defined]


def _offering(request: DeskRequest) -> dict[str, Any]:
    """Whether people can apply now, and what is missing."""
    fee = features_of(request.chain).application_fee  # type: ignore[attr-defined]
    offer = queries.offer()
    return {
        "plan": request.chain.plan,  # type: ignore[attr-defined]
        "plan_has": fee is not None,
        "fee_fen": fee.fen if fee is not None else 0,
        "offered_types": offer.types,
        "offered_levels": offer.levels,
        "texts_offered": offered(),
        "form_url": f"{_site(request)}apply/",
    }


def _row(one: Application) -> dict[str, Any]:
    return {
        "number": one.number,
        "name": masked_name(one.name),
        "phone": masked_phone(one.phone) if one.phone else "",
        "wish": f"{one.type.name} · {one.level.name}",
        "handing_label": one.get_handing_display(),
        "store_name": one.store.name if one.store else "",
        "state": one.state,
        "state_label": one.get_state_display(),
        "submitted_at": one.submitted_at,
    }


def _alike_row(one: queries.Alike) -> dict[str, Any]:
    member, other = one.member, one.application
    return {
        "reasons": [_("证件号码相同") if reason == "document" else _("手机号相同") for reason in one.reasons],
        "member_code": member.code if member else "",
        "member_name": masked_name(member.name) if member else "",
        "card_count": getattr(member, "card_count", 0),
        "number": other.number if other else "",
        "state_label": other.get_state_display() if other else "",
    }
