"""The till: top-up, consumption, receipts, reversals. By keyboard from end to end."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse as url_of
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from kernel import clock
from kernel.errors import DomainError
from ledger.errors import IdempotencyConflict
from membership.cards.domain import CardStanding, refusal
from membership.cards.errors import CardNotFound, not_usable
from membership.cards.models import Card
from membership.cards.queries import find_card, values_of
from membership.cashier import services
from membership.cashier.domain import Receipt
from membership.cashier.errors import RecordNotFound
from membership.records.domain import RecordKind
from membership.records.models import Record
from membership.records.queries import reversal_of
from portal.attempts import attempt, refusal_of, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.forms import ConsumeForm, ReverseForm, TopUpForm
from portal.rows import card_row, receipt_row, value_row
from tenants.people.domain import Act, NotAllowed

_PRESETS = (
    {"paid_fen": 50_000, "bonus_fen": 0},
    {"paid_fen": 100_000, "bonus_fen": 10_000},
    {"paid_fen": 200_000, "bonus_fen": 30_000},
)
# Errors that belong to a field rather than to the form.
_FIELDS = {"card_not_found": "card_number", "card_idle": "card_number", "insufficient_balance": "amount"}
_TOP_UP_FIELDS = _FIELDS | {"over_cap": "paid", "amount_not_positive": "paid", "amount_too_large": "paid"}
_CONSUME_FIELDS = _FIELDS | {"amount_not_positive": "amount", "amount_too_large": "amount"}

_JUST_DONE = "desk_receipt"


@require_safe
@staff_only(Act.VALUE_TOP_UP, Act.VALUE_CONSUME, Act.CARD_VIEW)
def card_peek(request: DeskRequest) -> HttpResponseBase:
    """The card just read and what is on it, beside the form."""
    return render(request, "desk/_card_peek.html", _peek(request.GET.get("card_number", "")))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_TOP_UP)
def top_up(request: DeskRequest) -> HttpResponseBase:
    """Put money on a card."""
    form = TopUpForm(request.POST or None, initial={"card_number": request.GET.get("number", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        receipt = attempt(
            form,
            lambda: services.top_up(
                actor=request.desk.actor,
                card_number=given["card_number"],
                paid=given["paid"],
                bonus=given["bonus"],
                store_id=_store_id(request, Act.VALUE_TOP_UP),
                idempotency_key=given["idempotency_key"],
            ),
            fields=_TOP_UP_FIELDS,
        )
        if receipt is not None:
            _say_if_replayed(request, receipt)
            return _to_receipt(request, receipt)
        _after_conflict(form)
    context = {"form": form, "presets": _PRESETS, "nav": "top_up", **_peek(form["card_number"].value())}
    return render(request, "desk/top_up.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_CONSUME)
def consume(request: DeskRequest) -> HttpResponseBase:
    """Take money from a card; afterwards the page is ready for the next."""
    form = ConsumeForm(request.POST or None, initial={"card_number": request.GET.get("number", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        receipt = attempt(
            form,
            lambda: services.consume(
                actor=request.desk.actor,
                card_number=given["card_number"],
                amount=given["amount"],
                note=given["note"],
                store_id=_store_id(request, Act.VALUE_CONSUME),
                idempotency_key=given["idempotency_key"],
            ),
            fields=_CONSUME_FIELDS,
        )
        if receipt is not None:
            _say_if_replayed(request, receipt)
            request.session[_JUST_DONE] = str(receipt.record_id)
            return redirect(f"{url_of('desk:consume')}?done={receipt.record_id}")
        _after_conflict(form)
    context = {"form": form, "last": _last(request), "nav": "consume", **_peek(form["card_number"].value())}
    return render(request, "desk/consume.html", context, status=status_of(form))


@require_safe
@never_cache
@staff_only(Act.VALUE_TOP_UP, Act.VALUE_CONSUME, Act.CARD_VIEW)
def receipt(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """A receipt. The first showing, right after the act, is the original; any later one is marked a copy.

    Raises:
        RecordNotFound
    """
    record = _record(record_id)
    original = request.session.get(_JUST_DONE) == str(record_id)
    if original:
        del request.session[_JUST_DONE]
    again = {RecordKind.TOP_UP.value: "desk:top_up", RecordKind.CONSUMPTION.value: "desk:consume"}.get(record.kind)
    reversal = reversal_of(record)
    reverses = record.detail.get("reverses")
    may_reverse = request.desk.actor.may_somewhere(Act.VALUE_REVERSE) and again is not None and reversal is None
    context = {
        "record": receipt_row(record) | {"is_copy": not original, "is_reversed": reversal is not None},
        "reversal": {"url": url_of("desk:receipt", args=[reversal.pk]), "at": reversal.occurred_at}
        if reversal
        else None,
        "reverses_url": url_of("desk:receipt", args=[reverses]) if reverses else None,
        "again_url": url_of(again) if again else None,
        "reverse_url": url_of("desk:receipt_reverse", args=[record_id]) if may_reverse else None,
    }
    return render(request, "desk/receipt.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_REVERSE)
def reverse(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """Undo a top-up or a consumption (R-I05). What was undone before leads to the receipt of its reversal.

    Raises:
        RecordNotFound
    """
    record = _record(record_id)
    if (before := reversal_of(record)) is not None:
        messages.warning(request, _("这一笔已经冲正过，没有再次冲正。"))
        return redirect("desk:receipt", record_id=before.pk)
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = attempt(
            form,
            lambda: services.reverse(
                actor=request.desk.actor,
                record_id=record_id,
                store_id=_store_id(request, Act.VALUE_REVERSE),
                # Reversing this record is one act, however often the form is sent.
                idempotency_key=f"reverse-{record_id}",
                reason=form.cleaned_data["reason"],
            ),
        )
        if done is not None:
            messages.success(request, _("已冲正，余额已恢复。"))
            return _to_receipt(request, done)
    context = {"form": form, "record": receipt_row(record)}
    return render(request, "desk/reverse.html", context, status=status_of(form))


def _to_receipt(request: DeskRequest, receipt: Receipt) -> HttpResponseBase:
    request.session[_JUST_DONE] = str(receipt.record_id)
    return redirect("desk:receipt", record_id=receipt.record_id)


def _say_if_replayed(request: DeskRequest, receipt: Receipt) -> None:
    if receipt.replayed:
        messages.warning(request, _("这一笔已经入账过，没有再次入账。要再记一笔，请从空白页面重新填写。"))


def _after_conflict(form: TopUpForm | ConsumeForm) -> None:
    if isinstance(refusal_of(form), IdempotencyConflict):
        form.with_fresh_key()


def _last(request: DeskRequest) -> dict[str, Any] | None:
    """What was done by the page before this one."""
    done = request.GET.get("done") if request.method != "POST" else None
    if not done or request.session.get(_JUST_DONE) != done:
        return None
    record = _record(UUID(done))
    return {
        "record_id": record.id,
        "amount_fen": -record.amount_fen,
        "balance_after_fen": record.balance_after_fen,
        "card_number": record.card.number,
    }


def _peek(number: str | None) -> dict[str, Any]:
    number = (number or "").strip().replace("\0", "")
    if not number:
        return {}
    card = find_card(number)
    if card is None:
        return {"problem": str(CardNotFound(card_number=number)), "q": number}
    return {
        "card": card_row(card),
        "balance": value_row(values_of([card]).get(card.pk)),
        "problem": _problem(card),
        "q": number,
    }


def _problem(card: Card) -> str | None:
    """Why the card may not be used today, said before the amount is typed."""
    standing = CardStanding(card.status, card.locked, card.valid_until, card.account_valid_until)
    reason = refusal(standing, on=clock.today())
    problem: DomainError | None = not_usable(reason, card_number=card.number) if reason else None
    return str(problem) if problem else None


def _record(record_id: UUID) -> Record:
    try:
        return Record.objects.select_related("card__member", "store").get(id=record_id)
    except Record.DoesNotExist:
        raise RecordNotFound from None


def _store_id(request: DeskRequest, act: Act) -> int:
    if request.desk.store is None:
        raise NotAllowed(act=act.label)
    return request.desk.store.pk
