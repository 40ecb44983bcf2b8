"""The platform's customers: a list to look for them in, and everything about one on a page."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from billing.accounts import queries as accounts
from billing.metering.queries import usage_by_day
from billing.metering.registry import METERS
from billing.payments.queries import auto_top_up_of
from billing.pricebook.modules import MODULES
from billing.pricebook.queries import current_price_book
from billing.subscriptions.domain import monthly_fen
from billing.subscriptions.models import Charge, Subscription
from billing.subscriptions.queries import charges_of, held
from kernel import clock
from kernel.calendar import add_months
from kernel.errors import DomainError, listed
from portal.hosts import chain_url
from portal.owner.account_views import history_row
from portal.platform.access import PlatformRequest, platform_only
from tenants.audit.services import record
from tenants.chains.domain import ChainState, Plan
from tenants.chains.finding import find_chains, last_active
from tenants.chains.models import Chain
from tenants.chains.services import retry_chain

_A_PAGE: Final = 50
_LINES: Final = 20
_MONTHS: Final = 3
_USAGE_DAYS: Final = 31


@require_safe
@never_cache
@platform_only
def chain_list(request: PlatformRequest) -> HttpResponseBase:
    """Chains, the newest first, with where each stands."""
    asked = {name: request.GET.get(name, "").strip()[:80] for name in ("q", "state", "plan", "owing")}
    before = request.GET.get("before", "")
    found = find_chains(
        text=asked["q"],
        state=asked["state"],
        plan=asked["plan"],
        owing=asked["owing"] == "1",
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        size=_A_PAGE + 1,
    )
    shown = found[:_A_PAGE]
    more = {**asked, "before": str(shown[-1].pk)} if len(found) > _A_PAGE else {}
    context: dict[str, Any] = {
        "nav": "chains",
        "rows": _rows(shown),
        "next_page_url": f"?{urlencode(more)}" if more else "",
        "asked": asked,
        "states": ChainState.choices,
        "plans": Plan.choices,
    }
    part = getattr(request, "htmx", False) and before
    return render(request, "platform/_chain_rows.html" if part else "platform/chains.html", context)


@require_safe
@never_cache
@platform_only
def chain_page(request: PlatformRequest, slug: str) -> HttpResponseBase:
    """One chain: what it is, what it has subscribed to, how its account stands, what it used and was charged."""
    chain = _chain(slug)
    before = accounts.Cursor.parse(request.GET.get("before", ""))
    lines = accounts.entries_of(chain.pk, before=before, limit=_LINES + 1)
    context: dict[str, Any] = {
        "chain": chain,
        "lines": [history_row(line) for line in lines[:_LINES]],
        "next_page_url": f"?{urlencode({'before': str(lines[_LINES - 1].cursor)})}" if len(lines) > _LINES else "",
    }
    if getattr(request, "htmx", False) and before:
        return render(request, "console/_account_rows.html", context)
    today = clock.today()
    since, until = add_months(today, -_MONTHS), today + timedelta(days=1)
    context |= {
        "nav": "chains",
        "url": chain_url(request, chain.slug),
        "standing": accounts.standing_of(chain.pk),
        "order": auto_top_up_of(chain.pk),
        "last_active": last_active([chain]).get(chain.pk),
        "subscription": _subscription(chain),
        "charges": [_charge_row(charge) for charge in reversed(list(charges_of(chain.pk, since=since, until=until)))],
        "usage": _usage(chain),
    }
    return render(request, "platform/chain.html", context)


@require_POST
@platform_only
def chain_retry(request: PlatformRequest, slug: str) -> HttpResponse:
    """Try again what was given up."""
    try:
        retry_chain(chain=_chain(slug))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        record(request.actor, "chain.retry", object_type="chain", object_id=slug)
        messages.success(request, _("已重新排队，稍候刷新查看结果。"))
    return redirect("office:chain", slug=slug)


def _chain(slug: str) -> Chain:
    chain: Chain | None = Chain.objects.select_related("owner").filter(slug=slug).first()
    if chain is None:
        raise Http404
    return chain


def _rows(chains: list[Chain]) -> list[dict[str, Any]]:
    ids = [chain.pk for chain in chains]
    standings, active = accounts.standings(ids), last_active(chains)
    stores = dict(Subscription.objects.filter(chain_id__in=ids).values_list("chain_id", "open_stores"))
    return [
        {
            "chain": chain,
            "standing": standings[chain.pk],
            "stores": stores.get(chain.pk),
            "last_active": active.get(chain.pk),
        }
        for chain in chains
    ]


def _subscription(chain: Chain) -> dict[str, Any] | None:
    subscription = Subscription.objects.filter(chain=chain).first()
    if subscription is None:
        return None
    (holding,) = held([subscription])
    return {
        "row": subscription,
        "last_day": subscription.period_end - timedelta(days=1),
        "modules": listed([MODULES[number].name for number in holding.terms.modules]),
        "waits": holding.terms != holding.terms_next,
        "floor": holding.floor,
        "monthly_fen": monthly_fen(holding.terms_next, current_price_book()),
    }


def _charge_row(charge: Charge) -> dict[str, Any]:
    last_day = charge.period_end - timedelta(days=1)
    return {"charge": charge, "module": MODULES.get(charge.module), "last_day": last_day}


def _usage(chain: Chain) -> list[dict[str, Any]]:
    """By meter: what was counted in the last month, and today."""
    today = clock.today()
    counted = usage_by_day(chain.pk, since=today - timedelta(days=_USAGE_DAYS), until=today + timedelta(days=1))
    return [
        {
            "meter": meter,
            "total": sum(row.quantity for row in counted if row.meter == meter.code),
            "today": sum(row.quantity for row in counted if row.meter == meter.code and row.day == today),
        }
        for meter in METERS.values()
    ]
