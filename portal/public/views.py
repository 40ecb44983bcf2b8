"""The public site's pages. Prices come from the price book in force, never from a template."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.pricebook.domain import PLANS, Module, ModulePrice, Plan, PlanFeatures
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import current_price_book
from portal.public.showcase import example


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One module with its prices on plans A, B and C."""

    module: Module
    prices: tuple[ModulePrice, ...]


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What Kayun is, for whom, how it works and what it costs."""
    return render(request, "public/landing.html", {"showcase": example(), **_prices()})


@require_safe
def pricing(request: HttpRequest) -> HttpResponse:
    """Plans side by side and the whole price list."""
    return render(request, "public/pricing.html", {"nav": "pricing", **_prices()})


def _prices() -> dict[str, Any]:
    book = current_price_book()
    plans: list[PlanFeatures] = list(PLANS.values())
    return {
        "book": book,
        "plans": plans,
        "cloud_prices": {plan: book.price(module=_CLOUD, plan=plan) for plan in Plan},
        "rows": [
            PriceRow(module=module, prices=tuple(book.price(module=number, plan=plan) for plan in Plan))
            for number, module in MODULES.items()
        ],
    }


# Module 16 is the plan itself: what it costs is what the plan costs.
_CLOUD = 16
