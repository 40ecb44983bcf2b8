"""The till: one page, from card to card. Scan, amount, Enter (docs/desk.md)."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse as url_of
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from kernel import clock
from kernel.errors import DomainError
from membership.cards.policy import PinProof
from membership.cashier import services
from membership.cashier.domain import Occasion, Receipt
from membership.cashier.quoting import quote, quote_top_up
from membership.cashier.repeats import just_done
from membership.cashier.tender import Means
from membership.members.domain import masked_name
from membership.packages import services as packages
from membership.records.domain import RecordKind
from membership.records.models import Record
from portal.attempts import status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.buyer_forms import BUYER_ERRORS, BUYER_FIELDS
from portal.desk.proofs import attempt_proved
from portal.desk.till_cards import Look, look_at, look_up
from portal.desk.till_forms import CONSUME, PACKAGE, TOP_UP, TillForm
from portal.rows import last_day_before, package_words, quote_row, receipt_row
from tenants.people.domain import Act, NotAllowed

_ACTS: Final = {CONSUME: Act.VALUE_CONSUME, TOP_UP: Act.VALUE_TOP_UP, PACKAGE: Act.VALUE_CONSUME}
_KINDS: Final = {CONSUME: RecordKind.CONSUMPTION, TOP_UP: RecordKind.TOP_UP}
# Errors that belong to a field rather than to the form.
_FIELDS: Final = {
    "card_not_found": "card",
    "card_idle": "card",
    "insufficient_balance": "amount",
    "over_cap": "amount",
    "amount_not_positive": "amount",
    "amount_too_large": "amount",
    "insufficient_prepayment": "prepayment",
    "over_signed_limit": "signed",
    "package_insufficient": "count",
    **BUYER_ERRORS,
}
_QUICK_TOP_UPS: Final = (50_000, 100_000, 200_000)
_RESULT_STAYS: Final = timedelta(minutes=10)
_LARGEST_DIGITS: Final = 12


@sensitive_post_parameters("pin", *BUYER_FIELDS)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_CONSUME, Act.VALUE_TOP_UP)
def till(request: DeskRequest) -> HttpResponseBase:
    """The till. What was done last stands above the form, which is ready for the next card."""
    modes = _modes(request)
    if request.method != "POST":
        asked = request.GET.get("mode", "")
        look = _look(request, request.GET.get("card", ""))
        initial = {"card": look.number, "mode": asked if asked in modes else modes[0]}
        form = TillForm(initial=initial, **_offered(request))
        return _page(request, form, look, result=_result(request))
    form, look = TillForm(request.POST, **_offered(request)), _look(request, request.POST.get("card", ""))
    if look.text and not request.POST.get("amount", "").strip() and request.POST.get("mode") != PACKAGE:
        # Enter after the card, in a browser without script: show it, then ask for the amount.
        chosen = {"card": look.text, "mode": request.POST.get("mode", "")}
        return HttpResponseRedirect(f"{url_of('desk:till')}?{urlencode(chosen)}")
    if form.is_valid() and not look.choices:
        if (repeated := _repeated(request, form, look)) is not None:
            form.now_with(repeats=str(repeated.pk))
            return _page(request, form, look, repeated=_repetition(repeated), status=409)
        receipt = _done(request, form, look)
        if receipt is not None:
            return _to_result(form, receipt)
        # A PIN that was wrong once too often has locked the card: the page shows it as it is now.
        look = look_up(look.number)
    return _page(request, form, look, status=status_of(form) if form.errors else 409)


@require_safe
@never_cache
@staff_only(Act.VALUE_CONSUME, Act.VALUE_TOP_UP)
def till_card(request: DeskRequest) -> HttpResponseBase:
    """The card just read and what is on it, beside the form."""
    context = {"look": _look(request, request.GET.get("card", "")).row(), "mode": request.GET.get("mode", CONSUME)}
    return render(request, "desk/_till_card.html", context)


@require_safe
@never_cache
@staff_only(Act.VALUE_CONSUME, Act.VALUE_TOP_UP)
def till_quote(request: DeskRequest) -> HttpResponseBase:
    """What Enter would do: lot by lot, or why it would not; nothing while the form is not filled in."""
    form = TillForm({**request.GET.dict(), "idempotency_key": "quote"}, **_offered(request))
    context: dict[str, Any] = {}
    if form.is_valid() and form.cleaned_data["mode"] != PACKAGE and form.cleaned_data["amount"].fen > 0:
        given = form.cleaned_data
        asked = {"actor": request.desk.actor, "card_number": given["card"], "store_id": _store_id(request)}
        try:
            if given["mode"] == TOP_UP:
                gift = quote_top_up(paid=given["amount"], **asked)
                context |= {"top_up": gift, "paid_fen": given["amount"].fen}
                context["usable_until"] = last_day_before(gift.expires_at) if gift.expires_at else None
            else:
                context["quote"] = quote_row(
                    quote(total=given["amount"], tender=form.tender(), served=form.served(), **asked)
                )
        except DomainError as refusal:
            context["refusal"] = str(refusal)
    return render(request, "desk/_till_quote.html", context)


@require_safe
@staff_only()
def old_till(request: DeskRequest, mode: str) -> HttpResponseBase:
    """Where top-up and consumption had a page each: to the till, the card in hand."""
    asked = {"mode": mode}
    if number := request.GET.get("number", ""):
        asked["card"] = number
    return redirect(f"{url_of('desk:till')}?{urlencode(asked)}")


def _page(
    request: DeskRequest,
    form: TillForm,
    look: Look,
    *,
    result: dict[str, Any] | None = None,
    repeated: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponseBase:
    context = {
        "form": form,
        "look": look.row(),
        "result": result,
        "repeated": repeated,
        "mode": form["mode"].value(),
        "product": str(form["product"].value() or ""),
        "quick_top_ups": _QUICK_TOP_UPS if TOP_UP in _modes(request) else (),
        "nav": "till",
    }
    # The script puts the part of the page in its place; without it, the whole page comes.
    template = "desk/_till.html" if request.htmx else "desk/till.html"  # type: ignore[attr-defined]
    return render(request, template, context, status=status)


def _modes(request: DeskRequest) -> list[str]:
    """What she may do in the store where she works.

    Raises:
        NotAllowed
    """
    store = request.desk.store
    modes = [mode for mode, act in _ACTS.items() if store and request.desk.actor.may(act, store_id=store.pk)]
    if not modes:
        raise NotAllowed(act=Act.VALUE_CONSUME.label)
    return modes


def _offered(request: DeskRequest) -> dict[str, Any]:
    """What her form offers."""
    actor, store_id = request.desk.actor, _store_id(request)
    return {
        "modes": _modes(request),
        "may_sign": actor.may(Act.VALUE_SIGN, store_id=store_id),
        "may_give": actor.may(Act.VALUE_POLICY, store_id=store_id),
    }


def _store_id(request: DeskRequest) -> int:
    assert request.desk.store is not None  # noqa: S101  (without a store there are no modes)
    return request.desk.store.pk


def _look(request: DeskRequest, typed: str) -> Look:
    return look_at(typed, actor=request.desk.actor, store_id=_store_id(request))


def _done(request: DeskRequest, form: TillForm, look: Look) -> Receipt | None:
    """Do what a valid form asks; None, and the form says why, where it is refused."""
    return attempt_proved(
        form,
        lambda proof: _act(request, form, look, proof),
        actor=request.desk.actor,
        card_number=look.number,
        store_id=_store_id(request),
        fields=_FIELDS,
    )


def _act(request: DeskRequest, form: TillForm, look: Look, proof: PinProof | None) -> Receipt:
    given, store_id = form.cleaned_data, _store_id(request)
    if given["mode"] == PACKAGE:
        return packages.use(
            actor=request.desk.actor,
            card_number=look.number,
            product_id=given["product"],
            count=given["count"],
            note=given["note"],
            served=form.served(),
            proof=proof,
            store_id=store_id,
            idempotency_key=given["idempotency_key"],
        )
    if given["mode"] == TOP_UP:
        return services.top_up(
            actor=request.desk.actor,
            card_number=look.number,
            paid=given["amount"],
            store_id=store_id,
            idempotency_key=given["idempotency_key"],
            bonus=form.bonus_by_hand(),
            customer=form.customer(),
        )
    return services.pay(
        actor=request.desk.actor,
        card_number=look.number,
        total=given["amount"],
        tender=form.tender(),
        note=given["note"],
        served=form.served(),
        proof=proof,
        store_id=store_id,
        idempotency_key=given["idempotency_key"],
    )


def _repeated(request: DeskRequest, form: TillForm, look: Look) -> Record | None:
    """What this act would repeat, unless the cashier has been told of it and means a second one."""
    given = form.cleaned_data
    if look.card is None or given["mode"] == PACKAGE or given["amount"].fen <= 0:
        return None
    found = just_done(
        card_number=look.card.number,
        kind=_KINDS[given["mode"]],
        amount=given["amount"],
        occasion=Occasion(request.desk.actor, _store_id(request), clock.now(), given["idempotency_key"]),
    )
    return found if found is not None and str(found.pk) != given["repeats"] else None


def _repetition(record: Record) -> dict[str, Any]:
    return {
        "seconds": max(1, int((clock.now() - record.occurred_at).total_seconds())),
        "kind_label": record.get_kind_display(),
        "actor_name": record.actor_name,
    }


def _to_result(form: TillForm, receipt: Receipt) -> HttpResponseBase:
    """The next page shows what was done: a reload of it does nothing again."""
    shown = {"done": str(receipt.record_id)}
    if receipt.replayed:
        shown["again"] = "1"
    if tendered := form.cleaned_data["tendered"].fen:
        shown["tendered"] = str(tendered)
    return HttpResponseRedirect(f"{url_of('desk:till')}?{urlencode(shown)}")


def _result(request: DeskRequest) -> dict[str, Any] | None:
    """What this person did just now, large; an old address shows nothing."""
    try:
        record_id = UUID(request.GET.get("done", ""))
    except ValueError:
        return None
    found = Record.objects.select_related("card__member", "store")
    record = found.filter(pk=record_id, actor=str(request.desk.actor)).first()
    if record is None or clock.now() - record.occurred_at > _RESULT_STAYS:
        return None
    row = receipt_row(record)
    tendered = request.GET.get("tendered", "")
    tendered_fen = int(tendered) if tendered.isdecimal() and len(tendered) <= _LARGEST_DIGITS else 0
    parts = record.detail.get("parts", {})
    cash_fen = row["paid_fen"] or parts.get(Means.CASH.value, 0)
    return row | {
        "holder": masked_name(row["member_name"] or ""),
        "replayed": "again" in request.GET,
        "package": package_words(record.detail),
        "total_fen": record.detail.get("total_fen"),
        "parts": [{"label": Means(means).label, "amount_fen": fen} for means, fen in parts.items()],
        "tendered_fen": tendered_fen,
        "change_fen": max(0, tendered_fen - cash_fen) if cash_fen else None,
    }
