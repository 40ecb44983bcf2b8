"""The owner's console: his chains, a new one and how far it has come, and the way into each desk."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.accounts.domain import GRACE
from billing.forecasts.queries import levels_of
from billing.pricebook.domain import Plan
from billing.pricebook.queries import current_price_book
from billing.subscriptions.domain import PLAN_MODULE
from kernel.errors import DomainError
from portal.hosts import base_domain, chain_url
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.chains import own_chain
from portal.owner.forms import ChainForm
from portal.owner.progress import progress_of, shown_state
from tenants.audit.services import record
from tenants.chains.domain import ChainState, check_slug
from tenants.chains.models import Chain
from tenants.chains.services import SlugTaken, request_chain, retry_chain
from tenants.people.domain import Actor
from tenants.people.services import issue_ticket

_SLUG_ERRORS = frozenset({"invalid_slug", "reserved_slug", "slug_taken"})


@require_safe
@owner_only
def home(request: OwnerRequest) -> HttpResponseBase:
    """The owner's chains."""
    chains = list(Chain.objects.filter(owner=request.user).order_by("-created_at", "-pk"))
    levels = levels_of([chain.pk for chain in chains])
    shown = [
        {
            "level": levels[chain.pk].name,
            "name": chain.name,
            "slug": chain.slug,
            "plan": chain.plan,
            "state": shown_state(chain),
            "created_at": chain.created_at,
            "url": chain_url(request, chain.slug),
        }
        for chain in chains
    ]
    return render(request, "console/home.html", {"chains": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@owner_only
def chain_new(request: OwnerRequest) -> HttpResponseBase:
    """Ask for a chain."""
    form = ChainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            chain = request_chain(
                owner=request.user,
                slug=form.cleaned_data["slug"],
                name=form.cleaned_data["name"],
                plan=form.cleaned_data["plan"],
                first_store_name=form.cleaned_data["store_name"],
            )
        except DomainError as error:
            form.add_error("slug" if error.code in _SLUG_ERRORS else None, str(error))
        else:
            record(
                _actor(request), "chain.request", object_type="chain", object_id=chain.slug, detail={"plan": chain.plan}
            )
            return redirect("console:chain_progress", slug=chain.slug)
    book = current_price_book()
    context = {
        "form": form,
        "base_domain": base_domain(request),
        "prices": {plan.value: book.price(module=PLAN_MODULE, plan=plan) for plan in Plan},
        "grace_days": GRACE.days,
    }
    return render(request, "console/chain_new.html", context)


@require_safe
@never_cache
@owner_only
def slug_check(request: OwnerRequest) -> HttpResponseBase:
    """Whether a slug may be had, as it is typed. Only a hint: the request itself decides."""
    slug = request.GET.get("slug", "").strip().lower()
    error: DomainError | None = None
    try:
        check_slug(slug)
        if Chain.objects.filter(slug=slug).exists():
            raise SlugTaken(slug=slug)
    except DomainError as refusal:
        error = refusal
    context = {"slug": slug, "error": error.as_dict() if error else None, "base_domain": base_domain(request)}
    return render(request, "console/_slug_check.html", context)


@require_safe
@never_cache
@owner_only
def chain_progress(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """How far the chain has come; asked again every second while it is being made."""
    chain = own_chain(request, slug)
    context: dict[str, Any] = {
        "chain": {"name": chain.name, "slug": chain.slug, "url": chain_url(request, chain.slug)},
        **progress_of(chain),
    }
    template = "console/_progress.html" if getattr(request, "htmx", False) else "console/chain_progress.html"
    return render(request, template, context)


@require_POST
@owner_only
def chain_retry(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """Try again what was given up."""
    retry_chain(chain=own_chain(request, slug))
    record(_actor(request), "chain.retry", object_type="chain", object_id=slug)
    return redirect("console:chain_progress", slug=slug)


@require_POST
@never_cache
@owner_only
def open_desk(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """Go over to the chain's desk, with a ticket that opens it once within a minute."""
    chain = own_chain(request, slug)
    if chain.state != ChainState.ACTIVE:
        messages.warning(request, _("“%(name)s”还没有开通，暂时不能进入前台。") % {"name": chain.name})
        return redirect("console:chain_progress", slug=slug)
    ticket = issue_ticket(owner_id=request.user.pk, chain_slug=chain.slug)
    record(_actor(request), "desk.ticket", object_type="chain", object_id=chain.slug)
    response = HttpResponse(status=303)
    response["Location"] = chain_url(request, chain.slug, f"/desk/enter/?ticket={ticket}")
    return response


def _actor(request: OwnerRequest) -> Actor:
    return Actor(kind="owner", id=request.user.pk, name=request.user.name)
