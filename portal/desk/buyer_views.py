"""Registrations of agents and of buyers of bearer cards at the desk: the list, and one of them."""

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from membership.buyers import queries, services
from membership.buyers.models import BuyerRegistration
from membership.members.domain import masked_phone
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.buyer_forms import BuyerFilterForm
from portal.desk.member_forms import DocumentSearchForm, ReasonForm
from portal.desk.paging import place_asked
from portal.rows import Row
from tenants.people.domain import Act

_A_PAGE = 50


@require_safe
@staff_only(Act.MEMBER_VIEW)
def buyer_list(request: DeskRequest) -> HttpResponseBase:
    """All registrations, the newest first; further pages are fetched as rows."""
    form = BuyerFilterForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    page = queries.page_of_buyers(queries.search_buyers(text), size=_A_PAGE + 1, before_id=place_asked(request))
    context: dict[str, Any] = {"buyers": [buyer_row(found) for found in page[:_A_PAGE]]}
    if len(page) > _A_PAGE:
        kept = {"q": text} if text else {}
        context["next_page_url"] = f"?{urlencode({**kept, 'before': page[_A_PAGE - 1].pk})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/buyers/_rows.html", context)
    context |= {"filter_form": form, "document_form": DocumentSearchForm(), "nav": "buyers"}
    return render(request, "desk/buyers/list.html", context)


@require_POST
@never_cache
@sensitive_post_parameters("id_number")
@staff_only(Act.MEMBER_VIEW)
def buyer_by_document(request: DeskRequest) -> HttpResponseBase:
    """Registrations of this ID document. The number comes in the request's body and goes nowhere else."""
    form = DocumentSearchForm(request.POST)
    if not form.is_valid():
        return redirect("desk:buyer_list")
    page = queries.page_of_buyers(queries.search_buyers(id_number=form.cleaned_data["id_number"]), size=_A_PAGE)
    context = {
        "buyers": [buyer_row(found) for found in page],
        "filter_form": BuyerFilterForm(),
        "document_form": DocumentSearchForm(),
        "by_document": True,
        "nav": "buyers",
    }
    return render(request, "desk/buyers/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.MEMBER_VIEW)
def buyer_detail(request: DeskRequest, registration_id: int) -> HttpResponseBase:
    """One registration; whoever may reads the whole number, once, on the answer itself (R-M08).

    Raises:
        BuyerNotFound
        NotAllowed: asked for the number by somebody who may not read it.
    """
    registration = services.get_buyer(registration_id)
    form = ReasonForm(request.POST or None, auto_id="reveal_%s")
    number = None
    if request.method == "POST" and form.is_valid():
        number = attempt(
            form,
            lambda: services.reveal_buyer(
                actor=request.desk.actor,
                registration_id=registration.pk,
                reason=form.cleaned_data["reason"],
                store_id=working_store(request, Act.MEMBER_REVEAL),
            ),
            fields={"invalid_reason": "reason"},
        )
    context = {"buyer": buyer_row(registration), "form": form, "number": number, "nav": "buyers"}
    return render(request, "desk/buyers/detail.html", context, status=status_of(form))


def buyer_row(registration: BuyerRegistration) -> Row:
    """A registration, read with its card and store; number and telephone masked."""
    card = registration.card
    return {
        "id": registration.pk,
        "role_label": registration.get_role_display(),
        "deed_label": registration.get_deed_display(),
        "card_number": card.number,
        "member_name": card.member.name if card.member else None,
        "member_code": card.member.code if card.member else None,
        "record_id": registration.record_id,
        "covers": len(registration.covers),
        "amount_fen": registration.amount_fen,
        "name": registration.name,
        "phone": masked_phone(registration.phone),
        "kind_label": registration.get_kind_display(),
        "masked": registration.masked,
        "store_name": registration.store.name,
        "seen_at": registration.seen_at,
        "seen_by": registration.seen_by,
        "kept_until": registration.kept_until,
    }
