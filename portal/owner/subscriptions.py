"""The owner's subscription: what is on, what a change would cost, and what was charged."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.accounts.queries import standing_of
from billing.pricebook.domain import PLANS, Plan
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import current_price_book, price_book_on
from billing.subscriptions.domain import ALWAYS_ON, PLAN_MODULE, Change, check_terms, monthly_fen
from billing.subscriptions.entitlements import free_until
from billing.subscriptions.errors import QuoteChanged
from billing.subscriptions.models import Charge, Subscription
from billing.subscriptions.queries import Holding, charges_of, holding_of, quote
from billing.subscriptions.services import begin_missing, bring_current, change_terms
from kernel import clock
from kernel.calendar import add_months
from kernel.errors import DomainError, listed
from kernel.money import Money
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.chains import own_active_chain
from portal.owner.subscription_forms import SubscriptionForm
from tenants.chains.establishment import count_open_stores_of
from tenants.chains.models import Chain
from tenants.people.domain import Actor

_SHOWN_MONTHS = 3


@require_safe
@never_cache
@owner_only
def subscription(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """The plan, the modules, what a month costs, and the charges of late."""
    chain = own_active_chain(request, slug)
    holding = _holding(chain).with_stores(count_open_stores_of(chain.schema_name))
    wanted = holding.terms_next
    form = SubscriptionForm(
        initial={"plan": wanted.plan.value, "modules": sorted(wanted.modules)}, kept=frozenset(holding.terms.modules)
    )
    return render(request, "console/subscription.html", {**_shown(chain, holding), "form": form})


@require_POST
@never_cache
@owner_only
def subscription_quote(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """What the chosen terms would cost, before anything is done."""
    chain = own_active_chain(request, slug)
    holding = bring_current(chain_id=chain.pk).with_stores(count_open_stores_of(chain.schema_name))
    form = SubscriptionForm(request.POST, kept=frozenset(holding.terms.modules))
    context: dict[str, Any] = {**_shown(chain, holding), "form": form}
    if form.is_valid():
        try:
            check_terms(form.terms(), floor=holding.floor, kept=holding.terms.modules.keys())
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            context |= _quoted(chain, quote(holding, form.terms(), today=clock.today()), holding)
    template = "console/_quote.html" if getattr(request, "htmx", False) else "console/subscription.html"
    return render(request, template, context)


@require_http_methods(["POST"])
@owner_only
def subscription_change(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """Agree to a quote that was shown."""
    chain = own_active_chain(request, slug)
    holding = bring_current(chain_id=chain.pk).with_stores(count_open_stores_of(chain.schema_name))
    form = SubscriptionForm(request.POST, kept=frozenset(holding.terms.modules))
    if not form.is_valid():
        return render(request, "console/subscription.html", {**_shown(chain, holding), "form": form}, status=422)
    actor = Actor(kind="owner", id=request.user.pk, name=request.user.name)
    try:
        with transaction.atomic():
            change = change_terms(
                actor=actor,
                chain=chain,
                wanted=form.terms(),
                digest=request.POST.get("digest", ""),
                open_stores=holding.counted,
            )
    except QuoteChanged as refusal:
        # Shown anew, so that he agrees to what it is now.
        form.add_error(None, str(refusal))
        context = {**_shown(chain, holding), "form": form}
        context |= _quoted(chain, quote(holding, form.terms(), today=clock.today()), holding)
        return render(request, "console/subscription.html", context, status=refusal.status)
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return render(
            request, "console/subscription.html", {**_shown(chain, holding), "form": form}, status=refusal.status
        )
    messages.success(request, _done(change))
    return redirect("console:subscription", slug=slug)


def _done(change: Change) -> str:
    if change.waits:
        return _("订阅已更新；减少的部分从 %(day)s 起生效。") % {"day": change.period.end}
    return _("订阅已更新，立即生效。")


def _holding(chain: Chain) -> Holding:
    if not Subscription.objects.filter(chain=chain).exists():
        # The timer would do it within seconds; the owner is here now.
        begin_missing()
    return holding_of(chain.pk)


def _quoted(chain: Chain, change: Change, holding: Holding) -> dict[str, Any]:
    lacks_fen = change.total_fen - standing_of(chain.pk).prepaid_fen
    return {
        "change": change,
        "lines": [{"line": line, "module": MODULES[line.module]} for line in change.now],
        "lacks": Money(lacks_fen).format() if lacks_fen > 0 else "",
        "nothing_changes": change.terms_now == holding.terms and change.terms_next == holding.terms_next,
        "added": _names(change.terms_now.modules.keys() - holding.terms.modules.keys()),
        "removed": _names(change.terms_now.modules.keys() - change.terms_next.modules.keys()),
    }


def _names(numbers: set[int]) -> str:
    return listed([MODULES[number].name for number in sorted(numbers)])


def _shown(chain: Chain, holding: Holding) -> dict[str, Any]:
    book = current_price_book()
    today = clock.today()
    charges = charges_of(chain.pk, since=add_months(today, -_SHOWN_MONTHS), until=today + timedelta(days=1))
    return {
        "chain": chain,
        "holding": holding,
        "standing": standing_of(chain.pk),
        "floor": holding.floor,
        "waits": holding.terms != holding.terms_next,
        "monthly_fen": monthly_fen(holding.terms_next, price_book_on(day=holding.period.end)),
        "plans": [
            {"features": PLANS[plan], "price": book.price(module=PLAN_MODULE, plan=plan), "below": plan < holding.floor}
            for plan in Plan
        ],
        # What can be chosen first.
        "modules": sorted(
            (_module_row(chain, number, holding, book) for number in MODULES if number not in ALWAYS_ON),
            key=lambda row: not row["can_choose"],
        ),
        "charges": [_charge_row(charge) for charge in reversed(list(charges))],
    }


def _module_row(chain: Chain, number: int, holding: Holding, book: Any) -> dict[str, Any]:
    module = MODULES[number]
    return {
        "module": module,
        "on": number in holding.terms.modules,
        "stays": number in holding.terms_next.modules,
        "free_until": free_until(chain, module),
        "can_choose": module.offered or number in holding.terms.modules,
        "prices": [book.price(module=number, plan=plan) for plan in Plan],
    }


def _charge_row(charge: Charge) -> dict[str, Any]:
    last_day = charge.period_end - timedelta(days=1)
    return {"charge": charge, "module": MODULES.get(charge.module), "last_day": last_day}
