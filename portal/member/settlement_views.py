"""What a member paid for and what she still owes, out of the books: older than any record (R-A03)."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.calendar import add_months
from membership.cards.models import Card
from membership.cashier.errors import RecordNotFound
from membership.cashier.models import SignedBill
from membership.cashier.paid_queries import (
    Payment,
    Purse,
    is_payment,
    paid_by_means,
    payments_of,
    purse_of,
    year_of,
)
from membership.cashier.past import record_of
from membership.cashier.signed_queries import bills_told_by, open_bills_of, totals_of_member
from membership.cashier.tender import Means
from membership.members.models import Member
from membership.packages.domain import account_kind
from membership.packages.queries import products
from membership.records.domain import RecordKind
from portal.member.access import MemberRequest, members_only
from portal.member.record_views import receipt_page
from portal.member.shell import member_id_of, own_cards, own_plain_cards, plan_of, shell, shown_records
from tenants.stores.queries import stores

_A_PAGE: Final = 30
_DETAIL: Final = {True: "member:record_detail", False: "member:payment_detail"}
_YEAR: Final = 12
_KINDS: Final = {
    "CONSUMPTION": RecordKind.CONSUMPTION,
    "SETTLEMENT": RecordKind.SETTLEMENT,
    "RETURN": RecordKind.RETURN,
    "CARD_FEE": RecordKind.FEE,
    "PACKAGE_SALE": RecordKind.PACKAGE,
}


@require_safe
@never_cache
@members_only
def settlements(request: MemberRequest) -> HttpResponseBase:
    """What is settled, by which means, and what is not; on a plan that shows sums."""
    if not plan_of(request).shows_balances:
        raise Http404
    by = request.GET.get("by", "")
    by = by if by in Means.values else ""
    cards, member_id = own_cards(request), member_id_of(request)
    purse = _purse(cards, member_id)
    page = payments_of(purse, means=by, size=_A_PAGE + 1, after=_id(request.GET.get("after", "")))
    context: dict[str, Any] = {"payments": _rows(request, page[:_A_PAGE], cards)}
    if len(page) > _A_PAGE:
        wanted = {"by": by} if by else {}
        context["next_page_url"] = f"?{urlencode({**wanted, 'after': str(page[_A_PAGE - 1].posting_id)})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "member/_payments.html", context)
    paid, signed, today = paid_by_means(purse), totals_of_member(member_id), clock.today()
    context |= shell(request, "settlements") | {
        "open_fen": signed.open_fen,
        "signed_settled_fen": signed.settled_fen,
        "paid_fen": sum(paid.values()),
        "paid": [{"label": means.label, "fen": paid[means.value]} for means in Means if means.value in paid],
        "bills": [_bill(bill, today) for bill in open_bills_of(member_id)],
        "means": _chips(by),
        "year": year_of(purse, first=add_months(today.replace(day=1), 1 - _YEAR), months=_YEAR),
    }
    return render(request, "member/settlements.html", context)


@require_safe
@never_cache
@members_only
def payment_detail(request: MemberRequest, posting_id: UUID) -> HttpResponseBase:
    """One of these payments as its receipt, out of the books where its record was cleared (X-08).

    Raises:
        RecordNotFound: another member's does not exist for her.
    """
    if not plan_of(request).shows_balances:
        raise Http404
    cards = own_plain_cards(request)
    if not is_payment(_purse(cards, member_id_of(request)), posting_id):
        raise RecordNotFound
    record = record_of(posting_id)
    back = (reverse("member:settlements"), _("结算"))
    return receipt_page(request, record, nav="settlements", back=back, is_hers=record.card_id in {c.pk for c in cards})


def _purse(cards: Sequence[Card], member_id: int) -> Purse:
    hers = Member.objects.filter(Q(pk=member_id) | Q(merged_into_id=member_id)).values_list("pk", flat=True)
    return purse_of(cards, member_ids=list(hers), package_kinds=[account_kind(product.pk) for product in products()])


def _rows(request: MemberRequest, payments: Sequence[Payment], cards: list[Card]) -> list[dict[str, Any]]:
    """Payments as lines of a list. Each leads to its record, where that is still shown, else to its receipt."""
    ids = [payment.posting_id for payment in payments]
    names = dict(stores().values_list("pk", "name"))
    bills = bills_told_by(ids)
    kept = set(shown_records(request, cards).filter(pk__in=ids).values_list("pk", flat=True))
    return [
        {
            "label": _("冲正") if payment.reverses else str(_KINDS[payment.kind].label),
            "occurred_at": payment.occurred_at,
            "store_name": names.get(payment.store_id) if payment.store_id else None,
            "amount_fen": payment.amount_fen,
            "parts": [
                {"label": means.label, "amount_fen": payment.parts[means.value]}
                for means in Means
                if payment.parts.get(means.value)
            ],
            "bill": bills.get(payment.posting_id),
            "url": reverse(_DETAIL[payment.posting_id in kept], args=[payment.posting_id]),
        }
        for payment in payments
    ]


def _bill(bill: SignedBill, today: date) -> dict[str, Any]:
    return {
        "number": bill.number,
        "signed_at": bill.signed_at,
        "store_name": bill.store.name,
        "due_on": bill.due_on,
        "is_overdue": bill.due_on < today,
        "amount_fen": bill.amount_fen,
        "settled_fen": bill.settled_fen,
        "open_fen": bill.open_fen,
    }


def _chips(active: str) -> list[dict[str, Any]]:
    here = reverse("member:settlements")
    everything: list[dict[str, Any]] = [{"label": _("全部"), "active": not active, "url": here}]
    return everything + [
        {"label": means.label, "active": means.value == active, "url": f"{here}?{urlencode({'by': means.value})}"}
        for means in (Means.CASH, Means.SIGNED, Means.PREPAYMENT, Means.STORED)
    ]


def _id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
