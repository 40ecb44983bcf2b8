"""Issuing cards at the desk."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from kernel import clock
from kernel.clock import CHINA
from membership.cards import services
from membership.cards.models import Card
from membership.cards.queries import find_card
from membership.members import services as member_services
from membership.members.domain import national
from membership.members.errors import PhoneAlreadyFiled
from membership.members.models import Member
from membership.members.queries import page_of_members, search_members
from membership.vehicles.queries import vehicle_of
from portal.attempts import attempt, refusal_of, status_of
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.buyer_forms import BUYER_ERRORS, BUYER_FIELDS
from portal.desk.forms import IssueForm
from portal.desk.issue_guide import chosen_of, guide_of, may_issue
from portal.desk.pin_slips import pin_slip
from portal.rows import member_row
from tenants.people.domain import Act, NotAllowed

_CHOICES = 6


@sensitive_post_parameters(*BUYER_FIELDS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only()
def card_issue(request: DeskRequest) -> HttpResponseBase:
    """Issue a card to a new or a known member, or to nobody; the answer is the PIN slip, shown once.

    Raises:
        NotAllowed
    """
    _check_issuer(request, request.POST.get("card_number") or request.GET.get("number", ""))
    initial = {"card_number": request.GET.get("number", "")}
    if chosen := request.GET.get("member"):
        initial |= {"who": IssueForm.EXISTING, "member_code": chosen}
    form = IssueForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        if (before := _issued_before(form)) is not None:
            return _told_before(request, before)
        fields = {"card_not_found": "card_number", "card_not_idle": "card_number", "invalid_validity": "valid_until"}
        fields |= {
            "phone_already_filed": "phone",
            "invalid_phone": "phone",
            "invalid_name": "name",
            "invalid_birthday": "birthday",
        }
        fields |= {"member_not_found": "member_code", "registration_incomplete": "member_code"}
        fields |= {"spend_too_little": "override_reason", **BUYER_ERRORS}
        fields |= dict.fromkeys(("vehicle_required", "vehicle_not_ready", "vehicle_not_found"), "vehicle")
        issued = attempt(form, lambda: _issue(request, form), fields=fields)
        if issued is not None:
            return pin_slip(request, issued)
    code = form["member_code"].value()
    members = page_of_members(search_members(code), size=_CHOICES) if code else []
    context = {"form": form, "members": [member_row(member) for member in members], "nav": "issue"}
    context |= _phone_asked(form)
    guided = _guided(request, number=form["card_number"].value() or "", who=form["who"].value(), code=code or "")
    if guided["guide"] is not None and "card_number" in form.errors:
        # Said beside the field already.
        guided["guide"] = replace(guided["guide"], obstacles=[])
    context |= guided
    return render(request, "desk/card_issue.html", context, status=status_of(form))


@require_safe
@staff_only()
def issue_guide(request: DeskRequest) -> HttpResponseBase:
    """What the card that was just typed asks, and to whom it may go: part of the issue's page.

    Raises:
        NotAllowed
    """
    given = {name: request.GET.get(name, "").replace("\0", "") for name in ("card_number", "who", "member_code")}
    _check_issuer(request, given["card_number"])
    context = _guided(request, number=given["card_number"], who=given["who"], code=given["member_code"])
    return render(request, "desk/_issue_guide.html", context | {"is_part": True})


def _issued_before(form: IssueForm) -> Card | None:
    """The card, where the form was sent before: it went today to whom the form names."""
    given = form.cleaned_data
    card = find_card(given["card_number"])
    if card is None or card.issued_at is None or card.issued_at.astimezone(CHINA).date() != clock.today():
        return None
    member = card.member
    if given["who"] == IssueForm.NOBODY or member is None:
        same = given["who"] == IssueForm.NOBODY and member is None
    elif given["who"] == IssueForm.EXISTING:
        same = member.code == given["member_code"].strip().upper()
    else:
        same = member.name == " ".join(given["name"].split()) and _digits(national(member.phone)) in _digits(
            given["phone"]
        )
    return card if same else None


def _told_before(request: DeskRequest, card: Card) -> HttpResponseBase:
    """Her card's page, and that it was not issued twice: a reload shows no PIN again."""
    given = {"number": card.number, "who": card.member.name if card.member else _("不记名持卡人")}
    text = _("会员卡 %(number)s 已经发给%(who)s，没有再发一次。密码只显示一次；没有抄下的，请在本页重置密码。")
    messages.warning(request, text % given)
    return redirect("desk:card_detail", number=card.number)


def _digits(typed: str) -> str:
    return "".join(character for character in typed if character.isdigit())


def _phone_asked(form: IssueForm) -> dict[str, Any]:
    """Whether the page asks if it is known whose the telephone is besides; the members to choose instead."""
    refused = refusal_of(form)
    known = form.is_bound and form["phone_known"].value()
    if isinstance(refused, PhoneAlreadyFiled):
        return {"asks_phone": True, "phone_of": refused.params["other_codes"]}
    return {"asks_phone": bool(known)}


def _check_issuer(request: DeskRequest, number: str) -> None:
    if not may_issue(number.replace("\0", ""), request.desk.actor):
        raise NotAllowed(act=Act.CARD_ISSUE.label)


def _guided(request: DeskRequest, *, number: str, who: str, code: str) -> dict[str, Any]:
    """The guide of the card that stands in the form, and whom the form offers."""
    store = request.desk.store
    member = Member.objects.filter(code=code.strip().upper()).first() if who == IssueForm.EXISTING and code else None
    guide = guide_of(number, actor=request.desk.actor, store_id=store.pk if store else None, member=member)
    takers = guide.takers if guide else (IssueForm.NEW, IssueForm.EXISTING, IssueForm.NOBODY)
    return {"guide": guide, "takers": takers, "chosen": chosen_of(takers, who)}


def _issue(request: DeskRequest, form: IssueForm) -> services.IssuedCard:
    given, store_id = form.cleaned_data, working_store(request, Act.CARD_ISSUE)
    member: Member | None = None
    if given["who"] == IssueForm.EXISTING:
        member = member_services.get_member(given["member_code"])
    elif given["who"] == IssueForm.NEW:
        member = member_services.create_member(
            actor=request.desk.actor,
            name=given["name"],
            phone=given["phone"],
            birthday=given["birthday"],
            store_id=store_id,
            phone_shared=given["phone_known"],
        )
    return services.issue_card(
        actor=request.desk.actor,
        number=given["card_number"],
        member=member,
        store_id=store_id,
        valid_until=given["valid_until"],
        payment_pending=given["payment_pending"],
        override_reason=given["override_reason"],
        vehicle=vehicle_of(member, given["vehicle"]),
        buyer=form.buyer(),
    )
