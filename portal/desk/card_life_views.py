"""What happens to a card in several fields or on paper: a successor, a transfer, a chosen PIN, the sealed slip, account
expiry.
"""

from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel.slots import DESK_WAIT_S
from membership.cards import services
from membership.cards.domain import CardAct, tidy_number
from membership.cards.errors import CardNotFound
from membership.cards.models import Card
from membership.cards.pins import check_pin
from membership.cards.queries import cards_of_numbers, find_card
from membership.cards.services.adjusting import name_of
from membership.cards.services.transferring import transfer_card
from membership.cards.slips import pin_slip_pdf
from membership.documents.kinds import kind_of
from membership.members.services import get_member
from membership.requests.queries import open_transfer_of
from membership.vehicles.queries import vehicles_of_member
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.card_forms import AccountExpiryForm, ChoosePinForm, SuccessorForm
from portal.desk.card_steps import may_move
from portal.desk.document_forms import ValidityForm
from portal.desk.id_checks import matches
from portal.desk.pin_slips import pin_slip
from portal.desk.request_forms import TRANSFER_FIELDS, TransferForm
from portal.hosts import chain_url
from portal.rows import card_row
from tenants.people.domain import Act

_FIELDS: Final = {
    "card_not_found": "new_number",
    "card_not_idle": "new_number",
    "same_card": "new_number",
    "agent_unnamed": "agent_name",
    "invalid_id_number": "agent_id",
    "id_not_verified": "holder_number",
    "insufficient_balance": "fee_from",
}
_PIN_FIELDS: Final = {"pin_form": "new_pin", "pin_trivial": "new_pin", "pins_differ": "again"}
_LONGEST_PIN: Final = 6


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.CARD_REISSUE)
def succeed(request: DeskRequest, number: str, way: str) -> HttpResponseBase:
    """Give a new card for this one: ``way`` is reissue after a loss or replacement (R-J03, R-C07). The answer is the
    new card's PIN slip, shown once.

    Raises:
        CardNotFound
    """
    card, act = card_of(number), CardAct.REISSUE if way == "reissue" else CardAct.REPLACE
    if not may_move(card, act):
        return _not_again(request, card)
    fee = card.type.reissue_fee_fen
    form = SuccessorForm(request.POST or None, asks_id=act == CardAct.REISSUE, has_fee=bool(fee))
    if request.method == "POST" and form.is_valid():
        matched = matches(request, card, form)
        done = None
        if matched is not False:
            done = attempt(form, lambda: _succeed(request, card, act, form, matched=bool(matched)), fields=_FIELDS)
        if done is not None:
            return pin_slip(request, done.issued, moved=done)
    context = {"form": form, "card": card_row(card), "way": way, "fee_fen": fee, "nav": "cards"}
    return render(request, "desk/card_succeed.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.CARD_REISSUE)
def transfer(request: DeskRequest, number: str) -> HttpResponseBase:
    """Make the card over to another member who has come to the counter (法释〔2025〕4号, 11). The answer is the new
    card's PIN slip, shown once. What its member has asked for in the portal is dealt with there, and answered by it.

    Raises:
        CardNotFound
    """
    card = card_of(number)
    if card.bearer or not may_move(card, CardAct.REPLACE):
        return _not_again(request, card)
    asked = open_transfer_of(card.pk)
    if asked is not None:
        return redirect("desk:member_request", key=asked.pk)
    form = TransferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        matched = matches(request, card, form)
        done = None
        if matched is not False:
            done = attempt(form, lambda: _transfer(request, card, form, matched=bool(matched)), fields=TRANSFER_FIELDS)
        if done is not None:
            return pin_slip(request, done.issued, moved=done)
    context = {"form": form, "card": card_row(card), "nav": "cards"}
    return render(request, "desk/card_transfer.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.PIN_RESET)
def choose_pin(request: DeskRequest, number: str) -> HttpResponseBase:
    """A page turned to the member, who sets her PIN herself (X-19).

    Raises:
        CardNotFound, PinChangedMeanwhile
    """
    card = card_of(number)
    form = ChoosePinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        chosen = attempt(
            form,
            lambda: services.choose_pin(
                actor=request.desk.actor,
                number=card.number,
                store_id=working_store(request, Act.PIN_RESET),
                pin_version=_version(request),
                new_pin=given["new_pin"],
                again=given["again"],
            ),
            fields=_PIN_FIELDS,
        )
        if chosen is not None:
            messages.success(request, _("会员已自行设置密码。"))
            return redirect("desk:card_detail", number=card.number)
    context = {"form": form, "card": card_row(card), "pin_version": card.pin_version, "nav": "cards"}
    return render(request, "desk/card_choose_pin.html", context, status=status_of(form))


@require_POST
@never_cache
@staff_only(Act.CARD_ISSUE, Act.PIN_RESET, Act.CARD_REISSUE)
def slip_pdf(request: DeskRequest, number: str) -> HttpResponseBase:
    """The sealed slip as PDF, for the PIN that the page before has just shown: the page sends it back, and only the
    right one is printed. It is kept nowhere in between.

    Raises:
        CardNotFound, Busy, services.PinChangedMeanwhile
    """
    card = card_of(number)
    pin = request.POST.get("pin", "")
    if (
        len(pin) != _LONGEST_PIN
        or not card.pin_must_change
        or not check_pin(pin, card.pin_hash, wait_s=DESK_WAIT_S).right
    ):
        raise services.PinChangedMeanwhile(card_number=card.number)
    chain = request.chain  # type: ignore[attr-defined]
    made = pin_slip_pdf(card=card, pin=pin, chain_name=chain.name, login_url=chain_url(request, chain.slug))
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="pin-{card.number}.pdf"'
    return answer


@require_POST
@staff_only(Act.CARD_VALIDITY)
def account_expiry(request: DeskRequest) -> HttpResponseBase:
    """Set the end of the accounts of the cards that were ticked in the list (R-C02): first the form, then the act."""
    numbers = request.POST.getlist("number")[: services.MOST_AT_ONCE + 1]
    if not numbers:
        messages.error(request, _("请先在列表中勾选会员卡。"))
        return redirect("desk:card_list")
    form = AccountExpiryForm(request.POST if "until" in request.POST else None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        changed = attempt(
            form,
            lambda: services.adjust_account_expiry(
                actor=request.desk.actor,
                numbers=numbers,
                until=given["until"],
                store_id=working_store(request, Act.CARD_VALIDITY),
                reason=given["reason"],
            ),
            fields={"invalid_validity": "until"},
        )
        if changed is not None:
            text = ngettext("已调整 %(n)d 张卡的账户到期日。", "已调整 %(n)d 张卡的账户到期日。", changed)
            messages.success(request, text % {"n": changed})
            return redirect("desk:card_list")
    context = {"form": form, "numbers": numbers, "nav": "cards"}
    return render(request, "desk/card_account_expiry.html", context, status=status_of(form))


@require_POST
@staff_only(Act.CARD_VALIDITY)
def validity(request: DeskRequest) -> HttpResponseBase:
    """Begin a validity adjustment document for the cards that were ticked in the list (R-C03, R-C10)."""
    numbers = request.POST.getlist("number")
    if not numbers:
        messages.error(request, _("请先在列表中勾选会员卡。"))
        return redirect("desk:card_list")
    of_kind = kind_of("CARD_VALIDITY")
    form = ValidityForm(initial={"numbers": numbers})
    action = reverse("desk:document_new", args=[of_kind.code])
    context = {"form": form, "action": action, "kind_label": of_kind.label, "submits": form.submits}
    return render(request, "desk/document_form.html", context | {"nav": "documents"})


@require_POST
@staff_only(Act.CARD_VALIDITY)
def validity_now(request: DeskRequest) -> HttpResponseBase:
    """The present last days of the cards that stand in the form, as part of its page. Sent, not asked for in the
    address: there may be hundreds.
    """
    form = ValidityForm(request.POST)
    form.is_valid()
    numbers = form.cleaned_data.get("numbers", [])[: services.MOST_AT_ONCE]
    found = cards_of_numbers(numbers)
    missing = [number for number in numbers if tidy_number(number) not in {card.number for card in found}]
    context = {"cards": [card_row(card) for card in found], "missing": missing}
    return render(request, "desk/_validity_now.html", context)


@require_safe
@staff_only(Act.CARD_ADJUST)
def adjusted(request: DeskRequest) -> HttpResponseBase:
    """The card that stands in the form of an adjustment, with its member's vehicles, as part of its page."""
    number = request.GET.get("number", "").replace("\0", "").strip()
    card = find_card(number) if number else None
    vehicles = vehicles_of_member(card.member_id) if card is not None and card.member_id is not None else []
    context = {
        "number": number,
        "card": card_row(card) if card is not None else None,
        "vehicles": [{"name": name_of(vehicle), "value": vehicle.plate or vehicle.vin} for vehicle in vehicles],
    }
    return render(request, "desk/_adjusted_now.html", context)


def card_of(number: str) -> Card:
    """The card of an address.

    Raises:
        CardNotFound
    """
    card = find_card(number)
    if card is None:
        raise CardNotFound(card_number=number)
    return card


def _not_again(request: DeskRequest, card: Card) -> HttpResponse:
    """The card's page; where it was replaced by then, such as by the same form, it says by which."""
    heir = getattr(card, "replaced_by", None)
    if heir is not None:
        text = _(
            "会员卡 %(number)s 已换成新卡 %(heir)s，没有再换一次。新卡密码只显示一次；没有抄下的，请在新卡页面重置。"
        )
        messages.warning(request, text % {"number": card.number, "heir": heir.number})
    return redirect("desk:card_detail", number=card.number)


def _succeed(
    request: DeskRequest, card: Card, act: CardAct, form: SuccessorForm, *, matched: bool
) -> services.Successor:
    given = form.cleaned_data
    asked: dict[str, Any] = {
        "actor": request.desk.actor,
        "number": card.number,
        "new_number": given["new_number"],
        "store_id": working_store(request, Act.CARD_REISSUE),
        "fee_from_card": given.get("fee_from") == SuccessorForm.CARD,
        "reason": given["reason"],
    }
    if act == CardAct.REPLACE:
        return services.replace_card(**asked)
    return services.reissue_card(**asked, shown=form.shown(matched=matched))


def _transfer(request: DeskRequest, card: Card, form: TransferForm, *, matched: bool) -> services.Successor:
    given = form.cleaned_data
    return transfer_card(
        actor=request.desk.actor,
        number=card.number,
        new_number=given["new_number"],
        to=get_member(given["to_code"]),
        store_id=working_store(request, Act.CARD_REISSUE),
        shown=form.shown(matched=matched),
    )


def _version(request: DeskRequest) -> int:
    seen = request.POST.get("pin_version", "")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else -1
