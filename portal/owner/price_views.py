"""What a chain's plan and modules cost, and what they will cost once a price book that is approved begins."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.forecasts.domain import PriceStep
from billing.forecasts.queries import coming_prices
from billing.pricebook.domain import PriceBook
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import price_book_on
from billing.subscriptions.domain import Terms, monthly_fen
from billing.subscriptions.queries import holding_of
from kernel import clock
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.chains import own_active_chain


@require_safe
@never_cache
@owner_only
def prices(request: OwnerRequest, slug: str) -> HttpResponse:
    """The prices of the period that runs, on the chain's plan; and each book that is to come, beside those before."""
    chain = own_active_chain(request, slug)
    holding = holding_of(chain.pk)
    today = clock.today()
    book = price_book_on(day=holding.period.start)
    context = {
        "chain": chain,
        "holding": holding,
        "book": book,
        "monthly_fen": monthly_fen(holding.terms, book),
        "rows": list(_rows(holding.terms, book, book)),
        "steps": [_shown(step) for step in coming_prices(chain.pk, today=today)],
    }
    return render(request, "console/prices.html", context)


def _shown(step: PriceStep) -> dict[str, Any]:
    rows = list(_rows(step.terms, step.book, step.before))
    return {"step": step, "rows": [row for row in rows if row["changed"]], "unchanged": not any(step.changed)}


def _rows(terms: Terms, book: PriceBook, before: PriceBook) -> Iterator[dict[str, Any]]:
    """What is sold or on, the modules that are on first; each on the plan it is on, or would be."""
    numbers = [number for number, module in MODULES.items() if module.offered or number in terms.modules]
    for number in sorted(numbers, key=lambda number: number not in terms.modules):
        plan = terms.modules.get(number, terms.plan)
        price, was = (one.price(module=number, plan=plan) for one in (book, before))
        yield {
            "module": MODULES[number],
            "on": number in terms.modules,
            "price": price,
            "was": was,
            "changed": price != was,
        }
