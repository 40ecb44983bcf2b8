"""Prepayment, signed bills, goods that come back, wrong top-ups, packages, points by hand."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse as url_of
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kernel import clock
from membership.cards.models import Card
from membership.cards.policy import PinProof
from membership.cards.queries import find_card, last_of
from membership.cashier import adjusting, returning, reversing, services, settling
from membership.cashier.domain import Receipt
from membership.cashier.errors import BillNotFound, FaultFormExists, NothingToTakeBack
from membership.cashier.faults import FAULT_FORM, open_form_about
from membership.cashier.quoting import prepaid
from membership.cashier.signed_queries import bill_of, bills_of_page, totals_of_bills
from membership.documents import services as documents
from membership.packages import services as packages
from membership.packages.queries import holdings_of, products
from portal.attempts import attempt, refusal_of, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.proofs import Asks, asks_of, attempt_proved
from portal.desk.value_forms import (
    CardSearchForm,
    FaultFormForm,
    PayInForm,
    PayOutForm,
    PointsForm,
    ProductForm,
    ReturnForm,
    SellPackageForm,
    SettleForm,
    SignedFilterForm,
    UsePackageForm,
)
from portal.holdings import package_row
from tenants.people.domain import Act, NotAllowed

_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_TOP_UP, Act.VALUE_REVERSE)
def prepayment(request: DeskRequest) -> HttpResponseBase:
    """What a member has paid ahead: paying in, and by the treasury paying out."""
    card, number = _card(request)
    asked = request.POST.get("form", "")
    form_in = PayInForm(request.POST if asked == "in" else None, prefix="in")
    form_out = PayOutForm(request.POST if asked == "out" else None, prefix="out")
    form: Any = {"in": form_in, "out": form_out}.get(asked)
    if card is not None and form is not None and form.is_valid():
        receipt = attempt(form, lambda: _prepay(request, asked, card, form.cleaned_data))
        if receipt is not None:
            return _done(request, receipt, _("预存已入账。") if asked == "in" else _("预存已退还。"))
    context = {
        "search": CardSearchForm(initial={"number": number}),
        "card": card,
        "number": number,
        "prepaid_fen": prepaid(card.member_id) if card is not None and card.member_id else None,
        "form_in": form_in,
        "form_out": form_out,
        "may_pay_out": request.desk.actor.may_somewhere(Act.VALUE_REVERSE),
        "nav": "prepayment",
    }
    return render(request, "desk/value_prepayment.html", context, status=status_of(form) if form else 200)


@require_safe
@staff_only(Act.VALUE_SETTLE, Act.VALUE_SIGN)
def signed_bills(request: DeskRequest) -> HttpResponseBase:
    """What was signed for: open, overdue, or all; the latest first."""
    form = SignedFilterForm(request.GET or None)
    given = form.cleaned_data if form.is_valid() else {}
    state, text = given.get("state") or "open", given.get("q", "")
    today = clock.today()
    rows = bills_of_page(state=state, text=text, today=today, size=_PAGE + 1, after=request.GET.get("after", ""))
    more = None
    if len(rows) > _PAGE:
        rows = rows[:_PAGE]
        more = f"{url_of('desk:signed_bills')}?{urlencode({'state': state, 'q': text, 'after': rows[-1].pk})}"
    context = {
        "form": SignedFilterForm(initial={"state": state, "q": text}),
        "bills": rows,
        "totals": totals_of_bills(state=state, text=text, today=today),
        "today": today,
        "next_page_url": more,
        "nav": "signed_bills",
    }
    return render(request, "desk/value_signed.html", context)


@sensitive_post_parameters("pin")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_SETTLE, Act.VALUE_SIGN)
def signed_bill(request: DeskRequest, bill_id: UUID) -> HttpResponseBase:
    """One signed bill, what was paid on it, and paying more.

    Raises:
        BillNotFound
    """
    bill = bill_of(bill_id)
    if bill is None:
        raise BillNotFound
    card = last_of(bill.card)
    form = SettleForm(request.POST or None, asks=asks_of(card), initial={"cash": f"{bill.open_fen / 100:.2f}"})
    if request.method == "POST" and form.is_valid():
        store_id = _store_id(request, Act.VALUE_SETTLE)
        receipt = attempt_proved(
            form,
            lambda proof: settling.settle(
                actor=request.desk.actor,
                bill_id=bill_id,
                tender=form.tender(),
                store_id=store_id,
                idempotency_key=form.cleaned_data["idempotency_key"],
                proof=proof,
            ),
            actor=request.desk.actor,
            card_number=card.number,
            store_id=store_id,
        )
        if receipt is not None:
            return _done(request, receipt, _("已结算。"))
    context = {
        "bill": bill,
        "card": card,
        "settlements": bill.settlements.select_related("store").order_by("settled_at"),
        "prepaid_fen": prepaid(bill.member_id),
        "form": form,
        "may_settle": request.desk.actor.may_somewhere(Act.VALUE_SETTLE),
        "nav": "signed_bills",
    }
    return render(request, "desk/value_signed_bill.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_RETURN)
def goods_return(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """Goods of a consumption that come back, in whole or in part.

    Raises:
        RecordNotFound, NotReturnable
    """
    sold, plan = returning.plan_return(record_id=record_id)
    form = ReturnForm(request.POST or None, initial={"amount": f"{sold.left_fen / 100:.2f}"})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        receipt = attempt(
            form,
            lambda: returning.return_goods(
                actor=request.desk.actor,
                record_id=record_id,
                amount=given["amount"],
                store_id=_store_id(request, Act.VALUE_RETURN),
                idempotency_key=given["idempotency_key"],
                reason=given["reason"],
                with_card=not given["without_card"],
            ),
            fields={"return_too_much": "amount", "amount_not_positive": "amount"},
        )
        if receipt is not None:
            return _done(request, receipt, _("已退货，款项按原付款方式退回。"))
    context = {"sold": sold, "plan": plan, "form": form, "record_id": record_id, "nav": "till"}
    return render(request, "desk/value_return.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.FAULT_REPORT)
def fault(request: DeskRequest, record_id: UUID) -> HttpResponseBase:
    """Report a wrong top-up: the fault form is filed and handed in, and the card is frozen (R-I06, R-I08).

    Raises:
        RecordNotFound, NotReversible
    """
    found = reversing.plan_reverse_top_up(record_id=record_id)
    if (before := open_form_about(record_id)) is not None:
        return _reported_before(request, FaultFormExists(number=before.number))
    if not found.is_there:
        messages.warning(request, str(NothingToTakeBack()))
        return redirect("desk:receipt", record_id=record_id)
    form = FaultFormForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        number = attempt(form, lambda: _file_fault(request, record_id, form.cleaned_data["what_happened"]))
        if number is not None:
            messages.success(
                request, _("故障单 %(number)s 已提交，会员卡已冻结，等待资金部核准。") % {"number": number}
            )
            return redirect("desk:card_detail", number=found.to.number)
        if isinstance(refused := refusal_of(form), FaultFormExists):
            return _reported_before(request, refused)
    context = {"found": found, "form": form, "record_id": record_id, "nav": "till"}
    return render(request, "desk/value_fault.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.POINTS_ADJUST)
def points(request: DeskRequest) -> HttpResponseBase:
    """Points by hand, with a reason."""
    form = PointsForm(request.POST or None, initial={"number": request.GET.get("number", "")})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        receipt = attempt(
            form,
            lambda: adjusting.adjust_points(
                actor=request.desk.actor,
                card_number=given["number"],
                points=given["points"],
                reason=given["reason"],
                store_id=_store_id(request, Act.POINTS_ADJUST),
                idempotency_key=given["idempotency_key"],
            ),
            fields={"card_not_found": "number", "insufficient_points": "points", "amount_not_positive": "points"},
        )
        if receipt is not None:
            return _done(request, receipt, _("积分已调整。"))
    return render(request, "desk/value_points.html", {"form": form, "nav": "points"}, status=status_of(form))


@sensitive_post_parameters("use-pin", "sell-pin")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(Act.VALUE_CONSUME)
def card_packages(request: DeskRequest) -> HttpResponseBase:
    """A card's packages: what is left, using it, selling another."""
    card, number = _card(request)
    held = holdings_of(card.pk, now=clock.now()) if card is not None else []
    asked = request.POST.get("form", "")
    wants = asks_of(card) if card is not None else Asks()
    sell = SellPackageForm(
        request.POST if asked == "sell" else None, products=products(on_sale=True), asks=wants, prefix="sell"
    )
    use = UsePackageForm(
        request.POST if asked == "use" else None,
        products=[holding.product for holding in held],
        asks=wants,
        prefix="use",
    )
    form: Any = {"sell": sell, "use": use}.get(asked)
    if card is not None and form is not None and form.is_valid():
        receipt = _proved_package(request, asked, card, form)
        if receipt is not None:
            return _done(request, receipt, _("套餐已售出。") if asked == "sell" else _("套餐已扣减。"))
    context = {
        "search": CardSearchForm(initial={"number": number}),
        "card": card,
        "number": number,
        "holdings": [package_row(holding) for holding in held],
        "sell": sell,
        "use": use,
        "nav": "packages",
    }
    return render(request, "desk/value_packages.html", context, status=status_of(form) if form else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.VALUE_POLICY)
def package_products(request: DeskRequest) -> HttpResponseBase:
    """The packages on sale, and a form for the next."""
    form = ProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: packages.define_product(actor=request.desk.actor, **form.cleaned_data))
        if made is not None:
            messages.success(request, _("套餐“%(name)s”已上架。") % {"name": made.name})
            return redirect("desk:package_products")
    context = {"form": form, "products": products(), "nav": "package_products"}
    return render(request, "desk/value_products.html", context, status=status_of(form))


@require_POST
@staff_only(Act.VALUE_POLICY)
def package_switch(request: DeskRequest, product_id: int) -> HttpResponseBase:
    """Sell a package, or sell it no more."""
    packages.set_on_sale(actor=request.desk.actor, product_id=product_id, enabled=request.POST.get("enabled") == "1")
    return redirect("desk:package_products")


def _prepay(request: DeskRequest, asked: str, card: Card, given: dict[str, Any]) -> Receipt:
    common = {"actor": request.desk.actor, "card_number": card.number, "idempotency_key": given["idempotency_key"]}
    if asked == "in":
        store_id = _store_id(request, Act.VALUE_TOP_UP)
        return services.pay_in(amount=given["amount"], note=given["note"], store_id=store_id, **common)
    store_id = _store_id(request, Act.VALUE_REVERSE)
    return services.pay_out(amount=given["amount"], reason=given["reason"], store_id=store_id, **common)


def _proved_package(request: DeskRequest, asked: str, card: Card, form: Any) -> Receipt | None:
    return attempt_proved(
        form,
        lambda proof: _package(request, asked, card, form, proof),
        actor=request.desk.actor,
        card_number=card.number,
        store_id=_store_id(request, Act.VALUE_CONSUME),
    )


def _package(request: DeskRequest, asked: str, card: Card, form: Any, proof: PinProof | None) -> Receipt:
    given = form.cleaned_data
    common = {
        "actor": request.desk.actor,
        "card_number": card.number,
        "product_id": int(given["product"]),
        "store_id": _store_id(request, Act.VALUE_CONSUME),
        "idempotency_key": given["idempotency_key"],
        "served": form.served(),
        "proof": proof,
    }
    if asked == "sell":
        return packages.sell(tender=form.tender(), **common)
    return packages.use(count=given["count"], note=given["note"], **common)


def _reported_before(request: DeskRequest, refused: FaultFormExists) -> HttpResponseBase:
    """The form that there is already, such as by the same page sent twice or from two windows."""
    messages.warning(request, str(refused))
    return redirect("desk:document", number=refused.params["number"])


def _file_fault(request: DeskRequest, record_id: UUID, what_happened: str) -> str:
    form = documents.draft(
        actor=request.desk.actor,
        kind=FAULT_FORM,
        payload={"record_id": str(record_id), "what_happened": what_happened},
        store_id=_store_id(request, Act.FAULT_REPORT),
    )
    documents.submit(actor=request.desk.actor, number=form.number)
    return form.number


def _card(request: DeskRequest) -> tuple[Card | None, str]:
    """The card a page is about, from its address or its form; with a message when there is none of that number."""
    number = (request.POST.get("number") or request.GET.get("number", "")).strip().replace("\0", "")
    card = find_card(number) if number else None
    if number and card is None:
        messages.error(request, _("没有卡号为“%(number)s”的会员卡。请核对卡号。") % {"number": number[:40]})
    return card, number


def _done(request: DeskRequest, receipt: Receipt, said: str) -> HttpResponseBase:
    if receipt.replayed:
        messages.warning(request, _("这一笔已经入账过，没有再次入账。"))
    else:
        messages.success(request, said)
    return redirect("desk:receipt", record_id=receipt.record_id)


def _store_id(request: DeskRequest, act: Act) -> int:
    if request.desk.store is None:
        raise NotAllowed(act=act.label)
    return request.desk.store.pk
