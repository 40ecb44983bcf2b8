"""Card stock at the desk: what lies where, taking in, drawing, counting, destroying."""

from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from membership.stock import queries, services
from membership.stock.domain import KEPT, PlaceState
from portal.attempts import attempt, status_of
from portal.desk import stock_forms as forms
from portal.desk.access import DeskRequest, staff_only
from portal.desk.document_forms import CountForm
from portal.desk.menu import STOCK_ACTS
from portal.desk.paging import place_asked
from tenants.people.domain import EVERYWHERE, Act, NotAllowed, require
from tenants.stores.queries import open_stores
from tenants.stores.queries import stores as all_stores

_A_PAGE = 30
_DRAWINGS = 20
_SHOWN_RUNS = 200
_EXAMPLES = 10
_CENTRAL = "central"


@require_safe
@staff_only(*STOCK_ACTS)
def overview(request: DeskRequest) -> HttpResponseBase:
    """How many cards of each level lie where, and which counts are due; only her own stores for those of some."""
    seen = _stores_seen(request)
    names = {store.pk: store.name for store in all_stores()}
    held = queries.overview(stores=seen)
    lines = [
        {
            "store_name": _("总部／全部门店") if line.store_id is None else names.get(line.store_id, "?"),
            "level_name": line.level_name,
            "type_name": line.type_name,
            "cells": [(state.label, line.counts.get(state, 0)) for state in PlaceState],
            "total": sum(line.counts.values()),
        }
        for line in held
    ]
    due = queries.counts_due(names if seen is None else seen)
    context = {
        "lines": lines,
        "states": [state.label for state in PlaceState],
        "unplaced": queries.unplaced().count() if request.desk.actor.may(Act.CARD_MAKE) else 0,
        "due": [{"store_name": names.get(store_id, "?"), "last": last} for store_id, last in due.items()],
        "nav": "stock",
    }
    return render(request, "desk/stock_overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STOCK_DELIVER)
def draw(request: DeskRequest) -> HttpResponseBase:
    """Register a drawing in the store she works in, and the register itself (R-F05, R-F08)."""
    store_id = _working_store(request, Act.STOCK_DELIVER)
    form = forms.DrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        fields = {"draw_out_of_order": "reason", "draw_too_many": "quantity"}
        drawn = attempt(
            form,
            lambda: services.draw(
                actor=request.desk.actor,
                store_id=store_id,
                level_code=given["level"],
                type_code=given["type"],
                quantity=given["quantity"],
                drawn_by=given["drawn_by"],
                first_number=given["first_number"],
                reason=given["reason"],
            ),
            fields=fields,
        )
        if drawn is not None:
            text = _("已登记领用 %(n)d 张：%(first)s 至 %(last)s。")
            messages.success(request, text % {"n": drawn.quantity, "first": drawn.first, "last": drawn.last})
            return redirect("desk:stock_draw")
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/_stock_drawing_rows.html", _drawings(request, store_id))
    return _draw_page(request, store_id, form, forms.GiveBackForm(auto_id="back_%s"), status=status_of(form))


_OF_THE_LIST = ("nothing_listed", "list_too_long", "list_unreadable", "not_in_range", "not_drawn")


@require_POST
@staff_only(Act.STOCK_DELIVER)
def give_back(request: DeskRequest) -> HttpResponseBase:
    """Register that drawn cards were given back to the keeper of the store she works in (R-M02)."""
    store_id = _working_store(request, Act.STOCK_DELIVER)
    form = forms.GiveBackForm(request.POST, auto_id="back_%s")
    if form.is_valid():
        given = attempt(
            form,
            lambda: services.give_back(
                actor=request.desk.actor,
                store_id=store_id,
                text=form.cleaned_data["text"],
                drawn_by=form.cleaned_data["given_by"],
            ),
            fields=dict.fromkeys(_OF_THE_LIST, "text"),
        )
        if given is not None:
            count = sum(drawing.quantity for drawing in given)
            messages.success(request, _("已登记交回 %(n)d 张。") % {"n": count})
            return redirect("desk:stock_draw")
    return _draw_page(request, store_id, forms.DrawForm(), form, status=status_of(form))


def _draw_page(
    request: DeskRequest, store_id: int, form: forms.DrawForm, back_form: forms.GiveBackForm, *, status: int
) -> HttpResponseBase:
    context = {
        "form": form,
        "back_form": back_form,
        "lying": queries.segments(store_id=store_id, states=[PlaceState.STORE], limit=_SHOWN_RUNS),
        "drawn": queries.segments(store_id=store_id, states=[PlaceState.DRAWN], limit=_SHOWN_RUNS),
        "nav": "stock_draw",
    }
    return render(request, "desk/stock_draw.html", context | _drawings(request, store_id), status=status)


def _drawings(request: DeskRequest, store_id: int) -> dict[str, Any]:
    """A page of the store's register of drawings, the latest first."""
    form = forms.DrawingFilterForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = queries.drawings(store_id, text=wanted.get("q", ""), since=wanted.get("since"), until=wanted.get("until"))
    page = queries.page_of_drawings(found, size=_DRAWINGS + 1, before_id=place_asked(request))
    shown = page[:_DRAWINGS]
    kept = {name: value for name, value in wanted.items() if value}
    register: dict[str, Any] = {"drawings": shown, "filter_form": form, "narrowed": bool(kept)}
    if len(page) > _DRAWINGS:
        register["next_page_url"] = f"?{urlencode({**kept, 'before': shown[-1].pk})}"
    return register


@require_safe
@staff_only(Act.STOCK_COUNT)
def lying(request: DeskRequest) -> HttpResponseBase:
    """What the keeper of the store she works in has, as part of the page of a transfer."""
    segments = queries.segments(
        store_id=_working_store(request, Act.STOCK_COUNT), states=[PlaceState.STORE], limit=_SHOWN_RUNS
    )
    return render(request, "desk/_stock_segments.html", {"segments": segments})


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_MAKE)
def take_in(request: DeskRequest) -> HttpResponseBase:
    """Put blank cards that were there before stock was kept into it."""
    actor = request.desk.actor
    require(actor, Act.CARD_MAKE)
    places = [(_CENTRAL, _("总部库存（须先下发才能发卡）")), *((str(store.pk), str(store)) for store in open_stores())]
    form = forms.TakeInForm(request.POST or None, places=places)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        store_id = None if given["where"] == _CENTRAL else int(given["where"])
        taken = attempt(
            form,
            lambda: services.take_in_existing(actor=actor, text=given["text"], store_id=store_id),
            fields=dict.fromkeys(
                ("nothing_to_take_in", "too_many_to_take_in", "card_list_too_long", "card_list_empty"), "text"
            ),
        )
        if taken is not None:
            text = ngettext("已将 %(n)d 张卡纳入库存。", "已将 %(n)d 张卡纳入库存。", taken)
            messages.success(request, text % {"n": taken})
            return redirect("desk:stock")
    waiting = queries.unplaced()
    context = {"form": form, "total": waiting.count(), "first": waiting.order_by("number")[:_EXAMPLES], "nav": "stock"}
    return render(request, "desk/stock_take_in.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STOCK_COUNT)
def count(request: DeskRequest) -> HttpResponseBase:
    """Count the blank cards of the store she works in: type or scan, then see the differences (R-F06)."""
    store_id = _working_store(request, Act.STOCK_COUNT)
    form = CountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        filed = attempt(
            form,
            lambda: services.file_count(
                actor=request.desk.actor, store_id=store_id, text=given["text"], explanation=given["explanation"]
            ),
            fields=dict.fromkeys(("card_list_unreadable", "card_list_too_long", "not_in_range"), "text"),
        )
        if filed is not None:
            messages.success(request, _("盘点单 %(number)s 已生成，请核对差异后提交。") % {"number": filed.number})
            return redirect("desk:document", number=filed.number)
    expected = queries.segments(store_id=store_id, states=KEPT, limit=_SHOWN_RUNS)
    context = {"form": form, "expected": expected, "nav": "stock_count"}
    return render(request, "desk/stock_count.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.STOCK_DESTROY)
def destroy(request: DeskRequest) -> HttpResponseBase:
    """List cards for destruction; two witnesses sign afterwards (R-E05)."""
    actor = request.desk.actor
    places = [(str(store.pk), str(store)) for store in request.desk.stores]
    if actor.may(Act.STOCK_DESTROY):
        places = [(_CENTRAL, _("总部（不限门店）")), *places]
    form = forms.DestroyForm(request.POST or None, places=places)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        filed = attempt(
            form,
            lambda: services.file_destruction(
                actor=actor,
                store_id=None if given["where"] == _CENTRAL else int(given["where"]),
                text=given["text"],
                reason=given["reason"],
            ),
            fields=dict.fromkeys(
                ("card_list_unreadable", "card_list_too_long", "not_in_range", "card_not_destroyable"), "text"
            ),
        )
        if filed is not None:
            messages.success(request, _("销毁单 %(number)s 已提交，等待两位监销人签字。") % {"number": filed.number})
            return redirect("desk:document", number=filed.number)
    return render(request, "desk/stock_destroy.html", {"form": form, "nav": "stock_destroy"}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_TYPE)
def settings(request: DeskRequest) -> HttpResponseBase:
    """What the chain chooses for its blank cards."""
    chosen = queries.policy()
    names = ("announce_days", "count_cycle", "release_when_made")
    form = forms.StockPolicyForm(request.POST or None, initial={name: getattr(chosen, name) for name in names})
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: services.set_policy(actor=request.desk.actor, **form.cleaned_data))
        if saved is not None:
            messages.success(request, _("已保存。"))
            return redirect("desk:stock")
    return render(request, "desk/stock_settings.html", {"form": form, "nav": "stock"}, status=status_of(form))


def _stores_seen(request: DeskRequest) -> frozenset[int] | None:
    """The stores whose stock she may see: all (None) when one of the acts is hers everywhere."""
    granted = [request.desk.actor.grants.get(act, frozenset()) for act in STOCK_ACTS]
    if EVERYWHERE in granted:
        return None
    return frozenset().union(*granted)  # type: ignore[arg-type]


def _working_store(request: DeskRequest, act: Act) -> int:
    store = request.desk.store
    if store is None:
        raise NotAllowed(act=act.label)
    require(request.desk.actor, act, store_id=store.pk)
    return store.pk
