"""Ranges of cards at the desk: which there are, where their cards lie, their codes, their delivery, their making."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel import clock
from membership.cards.domain import NumberRange, tidy_number
from membership.documents.queries import about
from membership.stock import queries, services
from membership.stock.domain import PlaceState
from membership.stock.models import CardRange
from portal.attempts import attempt, status_of
from portal.desk import stock_forms as forms
from portal.desk.access import DeskRequest, staff_only
from portal.desk.document_views import document_row
from portal.desk.menu import STOCK_ACTS
from portal.desk.paging import place_asked
from tenants.people.domain import Act
from tenants.stores.queries import stores as all_stores

_A_PAGE = 30
_SHOWN_RUNS = 200


@require_safe
@staff_only(*STOCK_ACTS)
def range_list(request: DeskRequest) -> HttpResponseBase:
    """Every range, the latest first; further pages are fetched as rows."""
    form = forms.RangeFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.ranges(level_code=wanted.get("level", ""), text=tidy_range_text(wanted.get("q", "")))
    page = queries.page_of_ranges(found, size=_A_PAGE + 1, before_id=place_asked(request))
    shown = page[:_A_PAGE]
    counts = queries.counts_of_ranges(cards.pk for cards in shown)
    context: dict[str, Any] = {"ranges": [_range_row(cards, counts.get(cards.pk, {})) for cards in shown]}
    if len(page) > _A_PAGE:
        kept = {name: value for name, value in wanted.items() if value}
        context["next_page_url"] = f"?{urlencode({**kept, 'before': shown[-1].pk})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/_stock_range_rows.html", context)
    return render(request, "desk/stock_ranges.html", context | {"filter_form": form, "nav": "stock_ranges"})


@require_safe
@staff_only(*STOCK_ACTS)
def range_detail(request: DeskRequest, range_id: int) -> HttpResponseBase:
    """One range: where its cards lie, its deliveries, its internal codes.

    Raises:
        RangeNotFound
    """
    return _range_page(request, queries.get_range(range_id))


@require_POST
@staff_only(Act.CARD_MAKE)
def range_codes(request: DeskRequest, range_id: int) -> HttpResponseBase:
    """Enter the internal codes of a range (R-F04, R-F09).

    Raises:
        RangeNotFound
    """
    cards = queries.get_range(range_id)
    form = forms.CodesForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        codes = services.Codes(given["code_prefix"].strip().upper(), given["code_first"], given["code_width"])
        done = attempt(form, lambda: services.enter_codes(actor=request.desk.actor, range_id=cards.pk, codes=codes))
        if done is not None:
            text = _("已录入内部编码：%(first)s 至 %(last)s。")
            messages.success(request, text % {"first": done.first_code, "last": done.last_code})
            return redirect("desk:stock_range", range_id=cards.pk)
    return _range_page(request, cards, codes_form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STOCK_DELIVER)
def range_deliver(request: DeskRequest, range_id: int) -> HttpResponseBase:
    """Send cards of a range to a store (R-F07).

    Raises:
        RangeNotFound
    """
    cards = queries.get_range(range_id)
    free = queries.segments(range_id=cards.pk, states=[PlaceState.CENTRAL], limit=1)
    earliest = queries.working_days_after(clock.today(), queries.policy().announce_days)
    begun: dict[str, Any] = {"planned_on": earliest}
    if free:
        begun |= {"first_number": free[0].first, "last_number": free[0].last}
    form = forms.DeliverForm(request.POST or None, stores=request.desk.stores, initial=begun)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        fields = {"delivery_short_notice": "reason", "delivery_in_the_past": "planned_on"}
        fields |= {"not_in_range": "last_number", "card_list_unreadable": "first_number"}
        sent = attempt(
            form,
            lambda: services.deliver(
                actor=request.desk.actor,
                store_id=int(given["store"]),
                first_number=given["first_number"],
                last_number=given["last_number"],
                planned_on=given["planned_on"],
                keeper=given["keeper"],
                reason=given["reason"],
            ),
            fields=fields,
        )
        if sent is not None:
            messages.success(request, _("已下发，单号 %(number)s，等待门店签收。") % {"number": sent.number})
            return redirect("desk:document", number=sent.number)
    context = {"form": form, "cards": _range_row(cards, {}), "earliest": earliest, "nav": "stock_ranges"}
    context["none_left"] = not free
    return render(request, "desk/stock_deliver.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_MAKE)
def make_for_request(request: DeskRequest, number: str) -> HttpResponseBase:
    """Make the cards of an approved making request (R-F03)."""
    quantity = queries.asked_for(number)
    form = forms.RequestedCardsForm(request.POST or None, initial={"quantity": quantity})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        codes = None
        if given["code_first"] is not None:
            codes = services.Codes(given["code_prefix"].upper(), given["code_first"], given["code_width"] or 8)
        numbers = NumberRange(
            prefix=given["number_prefix"].strip().upper(),
            first=given["first"],
            quantity=given["quantity"],
            width=given["width"],
            check_digit=given["check_digit"],
        )
        made = attempt(
            form,
            lambda: services.make_for_request(actor=request.desk.actor, number=number, numbers=numbers, codes=codes),
        )
        if made is not None:
            text = _("已制卡 %(quantity)d 张：%(first)s 至 %(last)s。")
            messages.success(request, text % {"quantity": made.quantity, "first": made.first, "last": made.last})
            return redirect("desk:stock_range", range_id=made.pk)
    context = {"form": form, "number": number, "nav": "stock_ranges"}
    return render(request, "desk/stock_make.html", context, status=status_of(form))


def _range_page(request: DeskRequest, cards: CardRange, *, codes_form: forms.CodesForm | None = None) -> HttpResponse:
    names = {store.pk: store.name for store in all_stores()}
    runs = queries.segments(range_id=cards.pk, limit=_SHOWN_RUNS)
    actor = request.desk.actor
    context = {
        "cards": _range_row(cards, queries.counts_of_ranges([cards.pk]).get(cards.pk, {})),
        "runs": [
            {
                "first": run.first,
                "last": run.last,
                "quantity": run.quantity,
                "state": run.state,
                "state_label": run.state_label,
                "store_name": names.get(run.store_id) if run.store_id else None,
                "released_at": run.released_at,
            }
            for run in runs
        ],
        "deliveries": [
            document_row(document) for document in about("card_range", str(cards.pk)).select_related("store")[:_A_PAGE]
        ],
        "codes_form": (codes_form or forms.CodesForm()) if actor.may(Act.CARD_MAKE) else None,
        "codes_tried": codes_form is not None,
        "may_deliver": actor.may_somewhere(Act.STOCK_DELIVER) and any(run.state == PlaceState.CENTRAL for run in runs),
        "nav": "stock_ranges",
    }
    return render(
        request, "desk/stock_range.html", context, status=200 if codes_form is None else status_of(codes_form)
    )


def _range_row(cards: CardRange, counts: dict[str, int]) -> dict[str, Any]:
    return {
        "id": cards.pk,
        "first": cards.first,
        "last": cards.last,
        "quantity": cards.quantity,
        "level_name": cards.level.name,
        "type_name": cards.type.name,
        "first_code": cards.first_code,
        "last_code": cards.last_code,
        "request": cards.request,
        "made_at": cards.made_at,
        "made_by_name": cards.made_by_name,
        "counts": [(state.value, state.label, counts[state]) for state in PlaceState if counts.get(state)],
    }


def tidy_range_text(typed: str) -> str:
    """What was typed to find a range: a card's number, or a request's, which keeps its hyphen."""
    text = typed.strip().upper()
    return text if text.startswith("ZK") else tidy_number(text)
