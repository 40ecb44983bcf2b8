"""A chain's account: what it holds and owes, what happened on it, and the ways to pay into it."""

from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.accounts import queries as accounts
from billing.accounts.domain import PostingKind
from billing.forecasts.queries import forecast_of
from billing.payments import queries, services
from billing.payments.domain import AUTO_TOP_UPS_PER_DAY, MAX_TOP_UP, MIN_TOP_UP, AttemptKind, AttemptState, Method
from billing.payments.gateway import is_set_up
from billing.payments.models import Attempt
from billing.subscriptions.services.charging import POSTING_KIND
from kernel import clock
from kernel.errors import DomainError
from kernel.http import own_transactions
from kernel.ids import uuid7
from kernel.money import Money
from portal.hosts import public_url
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.account_forms import AutomaticForm, TopUpForm
from portal.owner.chains import own_active_chain
from tenants.chains.models import Chain
from tenants.people.domain import Actor

_A_PAGE: Final = 30
_PAYMENTS_SHOWN: Final = 5
_SUGGESTED_FEN: Final = (10_000, 50_000, 100_000, 500_000)
# The result page asks again and again; the payment service is asked through it no more often than this.
_LOOK_EVERY_S: Final = 4
_ROUNDS: Final = 40
_BESIDE: Final = {
    "top_up_out_of_range": "amount", "threshold_out_of_range": "threshold", "saved_card_missing": "card",
    "saved_card_not_found": "card", "top_up_below_threshold": "amount",
}  # fmt: skip
"""Beside which field of the standing order a refusal stands."""
KIND_WORDS: Final = {**dict(PostingKind.choices), POSTING_KIND: gettext_lazy("服务费用")}


@require_safe
@never_cache
@owner_only
def account(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """The balance, what is owed, and the history, a page at a time."""
    chain = own_active_chain(request, slug)
    before = accounts.Cursor.parse(request.GET.get("before", ""))
    lines = accounts.entries_of(chain.pk, before=before, limit=_A_PAGE + 1)
    more = f"?{urlencode({'before': str(lines[_A_PAGE - 1].cursor)})}" if len(lines) > _A_PAGE else ""
    context: dict[str, Any] = {
        "chain": chain,
        "lines": [history_row(line) for line in lines[:_A_PAGE]],
        "next_page_url": more,
    }
    if getattr(request, "htmx", False) and before:
        return render(request, "console/_account_rows.html", context)
    order = queries.auto_top_up_of(chain.pk)
    context |= {
        "standing": accounts.standing_of(chain.pk),
        "found": forecast_of(chain.pk, today=clock.today()),
        "payments": queries.payments_of(chain.pk, size=_PAYMENTS_SHOWN),
        "order": order,
        "waits_until": queries.waits_until(order, now=clock.now()),
        "can_pay": is_set_up(),
    }
    return render(request, "console/account.html", context)


@method_decorator([own_transactions, owner_only], name="dispatch")
class TopUp(View):
    """Choose an amount and a way to pay, and go on to the payment page."""

    http_method_names = ("get", "head", "post")

    def get(self, request: OwnerRequest, slug: str) -> HttpResponse:
        """The form; ``?amount=`` in fen fills it in."""
        chain = own_active_chain(request, slug)
        given = request.GET.get("amount", "")
        fen = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else _SUGGESTED_FEN[1]
        initial = {"key": uuid7(), "amount": str(Money(fen).yuan), "method": Method.ALIPAY}
        return self._form(request, chain, TopUpForm(initial=initial))

    def post(self, request: OwnerRequest, slug: str) -> HttpResponse:
        """Begin the top-up. Opens its own transactions: the payment service is asked between them."""
        chain = own_active_chain(request, slug)
        form = TopUpForm(request.POST)
        if not form.is_valid():
            return self._form(request, chain, form)
        key: UUID = form.cleaned_data["key"]
        try:
            attempt = services.start_top_up(
                actor=_actor(request),
                chain_id=chain.pk,
                attempt_id=key,
                amount_fen=form.cleaned_data["amount"].fen,
                method=Method(form.cleaned_data["method"]),
                back=_result(request, chain, key),
                language=get_language() or "",
            )
        except DomainError as error:
            form.add_error("amount" if error.code == "top_up_out_of_range" else None, str(error))
            # What was refused is over: another try is another top-up.
            form.data = {**request.POST.dict(), "key": str(uuid7())}
            return self._form(request, chain, form)
        return _onward(request, chain, attempt)

    def _form(self, request: OwnerRequest, chain: Chain, form: TopUpForm) -> HttpResponse:
        context = {
            "chain": chain,
            "form": form,
            "suggested": _SUGGESTED_FEN,
            "standing": accounts.standing_of(chain.pk),
            "least": MIN_TOP_UP,
            "most": MAX_TOP_UP,
            "can_pay": is_set_up(),
        }
        return render(request, "console/account_top_up.html", context)


@require_safe
@never_cache
@own_transactions
@owner_only
def payment(request: OwnerRequest, slug: str, payment_id: UUID) -> HttpResponseBase:
    """What became of a payment; asked again while it is not over. Coming here credits nothing: the service is asked
    whether the money came.
    """
    chain = own_active_chain(request, slug)
    attempt = _attempt(chain, payment_id)
    if attempt.state == AttemptState.OPEN and cache.add(f"payment-look:{attempt.pk}", 1, _LOOK_EVERY_S):
        services.look_at(attempt.pk, at_once=True)
        attempt = _attempt(chain, payment_id)
    rounds = request.GET.get("round", "0")
    number = int(rounds) if rounds.isascii() and rounds.isdigit() and len(rounds) < 4 else 0
    waits = attempt.state in {AttemptState.CREATED, AttemptState.CALLING, AttemptState.OPEN}
    context = {
        "chain": chain,
        "payment": attempt,
        "standing": accounts.standing_of(chain.pk),
        "asks_again": waits and number < _ROUNDS,
        "waits": waits,
        "next_round": number + 1,
        "is_card": attempt.kind == AttemptKind.CARD_SETUP,
    }
    part = getattr(request, "htmx", False)
    return render(request, "console/_payment.html" if part else "console/account_payment.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@owner_only
def automatic(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """Saved cards, and the standing order that charges one of them."""
    chain = own_active_chain(request, slug)
    cards, order = queries.saved_cards(chain.pk), queries.auto_top_up_of(chain.pk)
    form = AutomaticForm(request.POST or None, cards=cards, order=order)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_auto_top_up(
                actor=_actor(request),
                chain_id=chain.pk,
                enabled=form.cleaned_data["enabled"],
                threshold_fen=form.cleaned_data["threshold"].fen,
                amount_fen=form.cleaned_data["amount"].fen,
                saved_card_id=int(form.cleaned_data["card"]) if form.cleaned_data["card"] else None,
            )
        except DomainError as error:
            form.add_error(_BESIDE.get(error.code), str(error))
        else:
            messages.success(request, _("自动充值已保存。"))
            return redirect("console:automatic", slug=slug)
    context = {
        "chain": chain,
        "form": form,
        "cards": cards,
        "order": order,
        "can_pay": is_set_up(),
        "ceiling": AUTO_TOP_UPS_PER_DAY,
        "waits_until": queries.waits_until(order, now=clock.now()),
    }
    return render(request, "console/account_automatic.html", context)


@require_POST
@own_transactions
@owner_only
def card_new(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """Go to the payment service's page and leave a card there."""
    chain = own_active_chain(request, slug)
    key = uuid7()
    try:
        attempt = services.start_card_setup(
            actor=_actor(request),
            chain_id=chain.pk,
            attempt_id=key,
            back=_result(request, chain, key),
            language=get_language() or "",
        )
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("console:automatic", slug=slug)
    return _onward(request, chain, attempt)


@require_POST
@own_transactions
@owner_only
def card_remove(request: OwnerRequest, slug: str, card_id: int) -> HttpResponseBase:
    """Forget a card."""
    chain = own_active_chain(request, slug)
    try:
        services.remove_card(actor=_actor(request), chain_id=chain.pk, saved_card_id=card_id)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("银行卡已移除。"))
    return redirect("console:automatic", slug=slug)


def _onward(request: OwnerRequest, chain: Chain, attempt: Attempt) -> HttpResponse:
    """To the payment page while it is open, else to what became of it."""
    response = HttpResponse(status=303)
    response["Location"] = attempt.url or _result(request, chain, attempt.pk)
    return response


def _result(request: OwnerRequest, chain: Chain, key: UUID) -> str:
    return public_url(request, reverse("console:payment", args=[chain.slug, key]))


def _attempt(chain: Chain, payment_id: UUID) -> Attempt:
    attempt = queries.attempt_of(chain.pk, payment_id)
    if attempt is None or attempt.kind == AttemptKind.REFUND:
        raise Http404
    return attempt


def history_row(line: accounts.HistoryLine) -> dict[str, Any]:
    """A line of an account's history as pages show it: in words, a bill with the last day that it is for."""
    until = line.memo.get("to")
    return {
        "line": line,
        "kind": str(KIND_WORDS.get(line.kind, line.kind)),
        "last_day": date.fromisoformat(until) - timedelta(days=1) if until else None,
    }


def _actor(request: OwnerRequest) -> Actor:
    return Actor(kind="owner", id=request.user.pk, name=request.user.name)
