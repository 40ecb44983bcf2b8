"""What members ask for: the work list, one request, and what is done about it."""

from typing import Any, Final

from django import forms as django_forms
from django.contrib import messages
from django.http.response import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from membership.cashier.refund_quotes import RefundQuote, refund_quote
from membership.cashier.refunds import Article
from membership.requests import queries, services
from membership.requests.domain import HANDLED_BY, RequestKind, RequestState
from membership.requests.models import MemberRequest
from portal.attempts import attempt, refusal_of, status_of
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.id_checks import matches
from portal.desk.paging import place_asked
from portal.desk.pin_slips import pin_slip
from portal.desk.request_forms import TRANSFER_FIELDS, RefuseForm, SettleForm, TransferForm
from portal.rows import card_row
from tenants.people.domain import Act, NotAllowed

HANDLERS: Final = tuple(HANDLED_BY.values())
_A_PAGE: Final = 30
_SETTLE_FIELDS: Final = {"request_incomplete": "reference"}


@require_safe
@staff_only(*HANDLERS)
def request_list(request: DeskRequest) -> HttpResponseBase:
    """What waits, the longest first; or everything that was ever asked."""
    only_open = request.GET.get("which", "waiting") == "waiting"
    kinds = queries.kinds_for(request.desk.actor)
    page = queries.page_of_requests(kinds, only_open=only_open, size=_A_PAGE + 1, after=place_asked(request))
    context: dict[str, Any] = {"requests": [_row(each) for each in page[:_A_PAGE]]}
    if len(page) > _A_PAGE:
        kept = {"which": "waiting" if only_open else "all", "before": page[_A_PAGE - 1].pk}
        context["next_page_url"] = f"?{urlencode(kept)}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "desk/_request_rows.html", context)
    context |= {"which": "waiting" if only_open else "all", "nav": "member_requests"}
    return render(request, "desk/request_list.html", context)


@require_safe
@staff_only(*HANDLERS)
def request_detail(request: DeskRequest, key: int) -> HttpResponseBase:
    """One request, with what the desk needs to decide.

    Raises:
        RequestNotFound, NotAllowed
    """
    return _page(request, _request(request, key))


@require_POST
@staff_only(*HANDLERS)
def request_refuse(request: DeskRequest, key: int) -> HttpResponseBase:
    """Say why not.

    Raises:
        RequestNotFound, NotAllowed
    """
    asked, form = _request(request, key), RefuseForm(request.POST, auto_id="refuse_%s")
    if form.is_valid():
        given, store_id = form.cleaned_data, working_store(request, HANDLED_BY[asked.kind])
        done = attempt(
            form,
            lambda: services.refuse(actor=request.desk.actor, key=key, answer=given["answer"], store_id=store_id),
        )
        if done is not None:
            messages.success(request, _("已答复会员：未受理。"))
            return redirect("desk:member_requests")
    return _page(request, asked, refuse_form=form)


@require_POST
@staff_only(*HANDLERS)
def request_settle(request: DeskRequest, key: int) -> HttpResponseBase:
    """Say by which paper it was done.

    Raises:
        RequestNotFound, NotAllowed
    """
    asked, form = _request(request, key), SettleForm(request.POST, auto_id="settle_%s")
    if form.is_valid():
        given, store_id = form.cleaned_data, working_store(request, HANDLED_BY[asked.kind])
        done = attempt(
            form,
            lambda: services.settle(actor=request.desk.actor, key=key, store_id=store_id, **given),
            fields=_SETTLE_FIELDS,
        )
        if done is not None:
            messages.success(request, _("已登记办理结果，会员可以看到。"))
            return redirect("desk:member_requests")
    return _page(request, asked, settle_form=form)


@require_POST
@never_cache
@staff_only(Act.CARD_REISSUE)
def request_transfer(request: DeskRequest, key: int) -> HttpResponseBase:
    """Make the card over; the answer is the new card's PIN slip, shown once.

    Raises:
        RequestNotFound, NotAllowed
    """
    asked, form = _request(request, key), TransferForm(request.POST, auto_id="transfer_%s")
    if asked.kind != RequestKind.TRANSFER:
        raise services.RequestNotFound
    matched = matches(request, asked.card, form) if form.is_valid() else None
    if form.is_valid():
        given, store_id = form.cleaned_data, working_store(request, Act.CARD_REISSUE)
        done = attempt(
            form,
            lambda: services.carry_out_transfer(
                actor=request.desk.actor,
                key=key,
                new_number=given["new_number"],
                to_code=given["to_code"],
                store_id=store_id,
                shown=form.shown(matched=bool(matched)),
            ),
            fields=TRANSFER_FIELDS,
        )
        if done is not None:
            return pin_slip(request, done.issued, moved=done)
    return _page(request, asked, transfer_form=form)


def _request(request: DeskRequest, key: int) -> MemberRequest:
    asked = queries.request_of(key)
    if asked is None:
        raise services.RequestNotFound
    if not request.desk.actor.may_somewhere(HANDLED_BY[asked.kind]):
        raise NotAllowed(act=HANDLED_BY[asked.kind].label)
    return asked


def _page(request: DeskRequest, asked: MemberRequest, **tried: django_forms.Form) -> HttpResponse:
    """The request's page; a form of ``tried`` was sent and stays as it was sent."""
    context: dict[str, Any] = {"request_row": _row(asked), "card": card_row(asked.card), "nav": "member_requests"}
    may = request.desk.actor.may(HANDLED_BY[asked.kind], store_id=_here(request))
    if asked.state == RequestState.OPEN and may:
        context["refuse_form"] = tried.get("refuse_form") or RefuseForm(auto_id="refuse_%s")
        if asked.kind == RequestKind.TRANSFER:
            context["transfer_form"] = tried.get("transfer_form") or TransferForm(auto_id="transfer_%s")
        else:
            context["settle_form"] = tried.get("settle_form") or SettleForm(auto_id="settle_%s")
            context["quotes"] = _quotes(asked)
    status = max((status_of(form) for form in tried.values()), default=200)
    for form in tried.values():
        refused = refusal_of(form)
        if isinstance(refused, services.RequestNotOpen | NotAllowed):
            raise refused
    return render(request, "desk/request_detail.html", context, status=status)


def _here(request: DeskRequest) -> int | None:
    return request.desk.store.pk if request.desk.store else None


def _quotes(asked: MemberRequest) -> dict[str, Any]:
    """What is owed back, by either article: whose doing it is, is the desk's to say."""
    found: dict[Article, RefundQuote] = {
        article: refund_quote(card_number=asked.card.number, article=article) for article in Article
    }
    one = found[Article.NOT_CONSUMERS_CAUSE]
    return {
        "loaded": one.loaded,
        "seven_days_fen": one.seven_days_fen,
        "not_her_cause_fen": one.refund_fen,
        "her_cause_fen": found[Article.CONSUMERS_CAUSE].refund_fen,
    }


def _row(asked: MemberRequest) -> dict[str, Any]:
    member = asked.card.member
    return {
        "key": asked.pk,
        "kind": asked.kind,
        "kind_label": asked.get_kind_display(),
        "state": asked.state,
        "state_label": asked.get_state_display(),
        "card_number": asked.card.number,
        "member_name": member.name if member else "",
        "member_code": member.code if member else "",
        "said": asked.said,
        "to_name": asked.to_name,
        "to_phone": asked.to_phone,
        "asked_at": asked.asked_at,
        "decided_at": asked.decided_at,
        "decided_name": asked.decided_name,
        "answer": asked.answer,
        "reference": asked.reference,
        "store_name": asked.store.name if asked.store else "",
    }
