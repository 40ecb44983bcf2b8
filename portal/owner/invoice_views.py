"""A chain's invoices: titles, what may be asked for, and what became of requests."""

from typing import Final

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from billing.accounts.queries import standing_of
from billing.invoices import queries, services
from kernel.errors import DomainError
from portal.attempts import attempt, status_of
from portal.owner.access import OwnerRequest, owner_only
from portal.owner.chains import own_active_chain
from portal.owner.invoice_forms import InvoiceForm, TitleForm
from tenants.people.domain import Actor

_SHOWN: Final = 50


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@owner_only
def invoices(request: OwnerRequest, slug: str) -> HttpResponseBase:
    """Requests, a form for the next, and the titles."""
    chain = own_active_chain(request, slug)
    asked = request.POST.get("form", "")
    titles, months = queries.titles_of(chain.pk), queries.open_months(chain.pk)
    title = TitleForm(request.POST if asked == "title" else None)
    invoice = InvoiceForm(request.POST if asked == "invoice" else None, titles=titles, months=months)
    actor = _actor(request)
    if title.is_bound and title.is_valid():
        saved = attempt(title, lambda: services.save_title(actor=actor, chain_id=chain.pk, **title.cleaned_data))
        if saved is not None:
            messages.success(request, _("发票抬头已保存。"))
            return redirect("console:invoices", slug=slug)
    if invoice.is_bound and invoice.is_valid():
        made = attempt(invoice, lambda: services.request_invoice(actor=actor, chain_id=chain.pk, **invoice.asked()))
        if made is not None:
            messages.success(request, _("开票申请已提交，开具后发送到收票邮箱。"))
            return redirect("console:invoices", slug=slug)
    context = {
        "chain": chain,
        "titles": titles,
        "months": months,
        "title_form": title,
        "invoice_form": invoice,
        "invoices": queries.invoices_of(chain.pk, size=_SHOWN),
        "owes": bool(standing_of(chain.pk).arrears_fen),
    }
    form = title if title.is_bound else invoice
    return render(request, "console/invoices.html", context, status=status_of(form))


@require_POST
@owner_only
def title_remove(request: OwnerRequest, slug: str, title_id: int) -> HttpResponseBase:
    """Forget a title."""
    chain = own_active_chain(request, slug)
    try:
        services.remove_title(actor=_actor(request), chain_id=chain.pk, title_id=title_id)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("发票抬头已删除。"))
    return redirect("console:invoices", slug=slug)


def _actor(request: OwnerRequest) -> Actor:
    return Actor(kind="owner", id=request.user.pk, name=request.user.name)
