"""What a member asks the chain to do with a card, and what became of it."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kernel.errors import DomainError
from membership.cards.domain import ENDED
from membership.requests import services
from membership.requests.domain import RequestKind, RequestState
from membership.requests.models import MemberRequest
from membership.requests.queries import requests_of_member
from portal.attempts import attempt, done_or_not, status_of
from portal.member.access import MemberRequest as HerRequest
from portal.member.access import members_only
from portal.member.acts.forms import AskForm
from portal.member.acts.members import member_of
from portal.member.shell import own_cards, shell

_FIELDS = {"invalid_phone": "to_phone", "request_incomplete": "to_name", "card_not_found": "card"}
_LONGEST_KEY = 18


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@members_only
def requests(request: HerRequest) -> HttpResponseBase:
    """Ask, and see what was asked."""
    numbers = [card.number for card in own_cards(request) if card.status not in ENDED]
    form = AskForm(request.POST or None, numbers=numbers)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        asked = attempt(
            form,
            lambda: services.ask(
                member=member_of(request),
                number=given["card"],
                kind=RequestKind(given["kind"]),
                said=given["said"],
                to_name=given["to_name"],
                to_phone=given["to_phone"],
            ),
            fields=_FIELDS,
        )
        if asked is not None:
            messages.success(request, _("申请已交给门店，处理结果会显示在这里。"))
            return redirect("member:requests")
    rows = [_row(each) for each in requests_of_member(member_of(request).pk)]
    context = shell(request, "services") | {"form": form, "requests": rows}
    return render(request, "member/acts/requests.html", context, status=status_of(form))


@require_POST
@members_only
def request_take_back(request: HerRequest) -> HttpResponseBase:
    """She has thought better of it. What was dealt with meanwhile, or taken back in another tab, is said.

    Raises:
        RequestNotFound
    """
    key = request.POST.get("key", "")
    if not key.isdecimal() or len(key) > _LONGEST_KEY:
        raise services.RequestNotFound
    done = done_or_not(lambda: services.take_back(member=member_of(request), key=int(key)))
    if isinstance(done, services.RequestNotOpen):
        messages.warning(request, str(done))
    elif isinstance(done, DomainError):
        raise done
    else:
        messages.success(request, _("申请已撤回。"))
    return redirect("member:requests")


def _row(asked: MemberRequest) -> dict[str, Any]:
    return {
        "key": asked.pk,
        "kind_label": asked.get_kind_display(),
        "state": asked.state,
        "state_label": asked.get_state_display(),
        "is_open": asked.state == RequestState.OPEN,
        "card_number": asked.card.number,
        "said": asked.said,
        "to_name": asked.to_name,
        "asked_at": asked.asked_at,
        "decided_at": asked.decided_at,
        "answer": asked.answer,
        "reference": asked.reference,
    }
