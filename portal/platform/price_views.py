"""Price books: those there are, the next one, and a second pair of eyes."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.pricebook import services
from billing.pricebook.domain import Plan, PriceBook
from billing.pricebook.errors import BookNotFound
from billing.pricebook.models import Book
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import all_books, book_of, current_price_book, price_book_on, prices_of
from billing.pricebook.sheets import COLUMNS, read_prices, rows_of_book
from kernel import clock
from kernel.errors import DomainError
from portal.csvs import csv_response
from portal.platform.access import PlatformRequest, platform_only
from portal.platform.names import names_of
from portal.platform.price_forms import BookForm, filled, filled_with


@require_safe
@platform_only
def price_list(request: PlatformRequest) -> HttpResponseBase:
    """Every version there is."""
    books = all_books()
    names = names_of(who for book in books for who in (book.prepared_by, book.approved_by, book.withdrawn_by))
    today, current = clock.today(), current_price_book().version
    rows = [
        {
            "book": book,
            "state": _state(book, current=current, today=today),
            "prepared_by": names.get(book.prepared_by, book.prepared_by),
            "decided_by": names.get(book.approved_by or book.withdrawn_by, book.approved_by or book.withdrawn_by),
        }
        for book in books
    ]
    return render(request, "platform/prices.html", {"nav": "prices", "rows": rows})


@require_safe
@platform_only
def price_book(request: PlatformRequest, version: str) -> HttpResponseBase:
    """One version: all its prices beside those it follows, and its check sums."""
    book = _book(version)
    prices = prices_of(book)
    before = _before(book.effective_from)
    names = names_of([book.prepared_by, book.approved_by, book.withdrawn_by])
    context = {
        "nav": "prices",
        "book": book,
        "state": _state(book, current=current_price_book().version, today=clock.today()),
        "modules": _compared(prices, before),
        "totals": [(plan.value, prices.totals(plan=plan), before and before.totals(plan=plan)) for plan in Plan],
        "before": before,
        "prepared_by": names.get(book.prepared_by, book.prepared_by),
        "approved_by": names.get(book.approved_by, book.approved_by),
        "withdrawn_by": names.get(book.withdrawn_by, book.withdrawn_by),
        "own": book.prepared_by == str(request.actor),
        "late": book.effective_from < services.earliest_day(),
        "earliest": services.earliest_day(),
    }
    return render(request, "platform/price_book.html", context)


@require_safe
@platform_only
def price_csv(request: PlatformRequest, version: str) -> HttpResponse:
    """One version as a file, which can be changed and read in again."""
    book = _book(version)
    return csv_response(f"prices-{book.version}.csv", COLUMNS, rows_of_book(prices_of(book)))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@platform_only
def price_new(request: PlatformRequest) -> HttpResponseBase:
    """Prepare the next version: read a file into the form, look at the check sums, hand it in."""
    if request.method != "POST":
        first = {"effective_from": services.earliest_day(), **filled(current_price_book())}
        return _new(request, BookForm(initial=first))
    if request.POST.get("step") == "read":
        return _read(request)
    form = BookForm(request.POST)
    if not form.is_valid():
        return _new(request, form, status=422)
    if request.POST.get("step") == "check":
        return _new(request, form, checked=_prepared(form))
    try:
        book = services.prepare_book(
            actor=request.actor,
            version=form.cleaned_data["version"],
            effective_from=form.cleaned_data["effective_from"],
            prices=form.prices(),
        )
    except DomainError as error:
        form.add_error({"book_version_taken": "version", "book_too_soon": "effective_from"}.get(error.code), str(error))
        return _new(request, form, status=error.status)
    messages.success(request, _("已提交，等待另一位员工批准。"))
    return redirect("office:price_book", version=book.version)


@require_POST
@platform_only
def price_approve(request: PlatformRequest, version: str) -> HttpResponseBase:
    """Approve it."""
    return _decided(request, version, services.approve_book, _("已批准，到期自动生效。"))


@require_POST
@platform_only
def price_withdraw(request: PlatformRequest, version: str) -> HttpResponseBase:
    """Take it back."""
    return _decided(request, version, services.withdraw_book, _("已撤回，价格没有变动。"))


def _decided(request: PlatformRequest, version: str, decide: Callable[..., Book], done: str) -> HttpResponse:
    try:
        decide(actor=request.actor, version=version)
    except BookNotFound as error:
        messages.error(request, str(error))
        return redirect("office:prices")
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("office:price_book", version=version)


def _read(request: PlatformRequest) -> HttpResponse:
    """What the file holds, in the form; nothing is saved."""
    data = request.POST.dict()
    problem = ""
    upload = request.FILES.get("file")
    if upload is None:
        problem = _("请选择文件。")
    else:
        try:
            prices = read_prices(cast("BinaryIO", upload))
            whole = PriceBook.of(version="0", effective_from=clock.today(), prices=prices)
            data |= filled_with(whole.prices)
        except DomainError as error:
            problem = str(error)
    form = BookForm(data)
    checked = _prepared(form) if not problem and form.is_valid() else None
    return _new(request, form, checked=checked, file_problem=problem, status=422 if problem else 200)


def _prepared(form: BookForm) -> PriceBook:
    cleaned: Mapping[str, Any] = form.cleaned_data
    return PriceBook.of(version=cleaned["version"], effective_from=cleaned["effective_from"], prices=form.prices())


def _new(
    request: PlatformRequest, form: BookForm, *, checked: PriceBook | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    book = current_price_book()
    context |= {
        "nav": "prices",
        "form": form,
        "current": book,
        "totals": [(plan.value, checked.totals(plan=plan), book.totals(plan=plan)) for plan in Plan] if checked else [],
        "changed": sum(price != book.prices[key] for key, price in checked.prices.items()) if checked else 0,
    }
    return render(request, "platform/price_new.html", context, status=status)


def _book(version: str) -> Book:
    book = book_of(version)
    if book is None:
        raise Http404
    return book


def _before(day: date) -> PriceBook | None:
    """What was, or will be, in force until that day."""
    try:
        return price_book_on(day=date.fromordinal(day.toordinal() - 1))
    except DomainError:
        return None


def _compared(prices: PriceBook, before: PriceBook | None) -> Iterable[dict[str, Any]]:
    for number, module in MODULES.items():
        plans = []
        for plan in Plan:
            price = prices.price(module=number, plan=plan)
            was = before.price(module=number, plan=plan) if before else price
            plans.append({"plan": plan.value, "price": price, "was": was, "changed": was != price})
        yield {"module": module, "plans": plans}


def _state(book: Book, *, current: str, today: date) -> str:
    """One word for where a book stands."""
    if book.withdrawn_at is not None:
        return "WITHDRAWN"
    if book.approved_at is None:
        return "WAITING"
    if book.effective_from > today:
        return "COMING"
    return "CURRENT" if book.version == current else "FORMER"
