"""A chain's payments as the platform's staff see them, and sending one back."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_safe

from billing.accounts.queries import standing_of
from billing.payments import queries, services
from billing.payments.models import Attempt
from billing.payments.services.refunds import left_to_refund
from kernel.errors import DomainError
from kernel.http import own_transactions
from kernel.ids import uuid7
from kernel.money import Money
from portal.platform.access import PlatformRequest, platform_only
from portal.platform.forms import RefundForm
from tenants.chains.models import Chain

_SHOWN: Final = 50


@require_safe
@platform_only
def payment_list(request: PlatformRequest) -> HttpResponseBase:
    """The latest payments of one chain."""
    slug = request.GET.get("chain", "").strip()
    chain: Chain | None = Chain.objects.filter(slug=slug).first() if slug else None
    context: dict[str, Any] = {"nav": "payments", "slug": slug, "chain": chain}
    if chain is not None:
        context |= {"payments": queries.payments_of(chain.pk, size=_SHOWN), "standing": standing_of(chain.pk)}
    return render(request, "platform/payments.html", context)


@method_decorator([own_transactions, platform_only], name="dispatch")
class Refund(View):
    """Send a top-up back. Opens its own transactions: the payment service is asked between them."""

    http_method_names = ("get", "head", "post")

    def get(self, request: PlatformRequest, payment_id: UUID) -> HttpResponse:
        """The form, with what is left of the top-up."""
        attempt = _refundable(payment_id)
        left = left_to_refund(attempt)
        form = RefundForm(initial={"key": uuid7(), "amount": str(Money(left).yuan)}, most_fen=left)
        return self._form(request, attempt, form)

    def post(self, request: PlatformRequest, payment_id: UUID) -> HttpResponse:
        """Do it."""
        attempt = _refundable(payment_id)
        form = RefundForm(request.POST, most_fen=left_to_refund(attempt))
        if not form.is_valid():
            return self._form(request, attempt, form)
        try:
            services.start_refund(
                actor=request.actor,
                attempt_id=form.cleaned_data["key"],
                of_id=attempt.pk,
                amount_fen=form.cleaned_data["amount"].fen,
                reason=form.cleaned_data["reason"],
            )
        except DomainError as error:
            form.add_error("amount", str(error))
            return self._form(request, attempt, form)
        messages.success(request, _("退款已提交。"))
        return redirect(f"{reverse('office:payments')}?chain={attempt.chain.slug}")

    def _form(self, request: PlatformRequest, attempt: Attempt, form: RefundForm) -> HttpResponse:
        context = {"nav": "payments", "payment": attempt, "form": form, "standing": standing_of(attempt.chain_id)}
        return render(request, "platform/refund.html", context)


def _refundable(payment_id: UUID) -> Attempt:
    attempt = queries.refundable(payment_id)
    if attempt is None:
        raise Http404
    return attempt
