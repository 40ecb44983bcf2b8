"""A member's records: the list by month, and one of them as a receipt."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from membership.cashier.domain import receipt_number
from membership.cashier.errors import RecordNotFound
from membership.records.domain import RecordKind
from membership.records.models import Record
from membership.records.queries import Place, count_by_kind, page_of_records, reversal_of
from portal.member.access import MemberRequest, members_only
from portal.member.months import months_of
from portal.member.shell import own_cards, plan_of, shell, shown_records, shows_balance
from portal.rows import record_row, slip_row

_A_PAGE = 30


@require_safe
@never_cache
@members_only
def records(request: MemberRequest) -> HttpResponseBase:
    """What happened to her cards, by month, as far back as the plan keeps it (R-A09, R-A10)."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in RecordKind.values else ""
    cards = own_cards(request)
    kept = shown_records(request, cards)
    found = kept.filter(kind=kind) if kind else kept
    page = page_of_records(found, size=_A_PAGE + 1, after=Place.parse(request.GET.get("after", "")))
    context: dict[str, Any] = {"show_balance": shows_balance(request), "show_card": len(cards) > 1}
    context["months"] = months_of(page[:_A_PAGE], found, row=linked)
    if len(page) > _A_PAGE:
        wanted = {"kind": kind} if kind else {}
        context["next_page_url"] = f"?{urlencode({**wanted, 'after': str(Place.of(page[_A_PAGE - 1]))})}"
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "member/_months.html", context)
    context |= shell(request, "records")
    context |= {"kinds": _kinds(kept, kind), "retention_months": plan_of(request).records_kept_months}
    return render(request, "member/records.html", context)


@require_safe
@never_cache
@members_only
def record_detail(request: MemberRequest, record_id: UUID) -> HttpResponseBase:
    """One record of hers. Another member's does not exist for her.

    Raises:
        RecordNotFound
    """
    found = shown_records(request, own_cards(request)).filter(id=record_id)
    record = found.select_related("card__member", "store").first()
    if record is None:
        raise RecordNotFound
    row = slip_row(record) | {"is_reversed": reversal_of(record) is not None, "about": _about(request, record)}
    hidden = {"hides_balance": not shows_balance(request), "hides_sums": not plan_of(request).shows_balances}
    context = shell(request, "records") | {"record": row, **hidden}
    return render(request, "member/record_detail.html", context)


def linked(record: Record) -> dict[str, Any]:
    """A record as a line that leads to the record itself."""
    href = reverse("member:record_detail", args=[record.id])
    return record_row(record) | {"href": href, "actor_name": "", "member_name": ""}


def _about(request: MemberRequest, record: Record) -> dict[str, Any] | None:
    """The bill to which a return or a reversal belongs, if it is hers and still kept."""
    key = record.detail.get("returns") or record.detail.get("reverses")
    bill = shown_records(request, own_cards(request)).filter(id=key).first() if key else None
    if bill is None:
        return None
    return {
        "number": receipt_number(bill.id, bill.occurred_at),
        "url": reverse("member:record_detail", args=[bill.id]),
    }


def _kinds(kept: QuerySet[Record], active: str) -> list[dict[str, Any]]:
    counts = count_by_kind(kept)
    here = reverse("member:records")
    everything = {"code": "", "label": _("全部"), "count": sum(counts.values()), "active": not active, "url": here}
    return [everything] + [
        {
            "code": kind.value,
            "label": kind.label,
            "count": counts[kind.value],
            "active": kind.value == active,
            "url": f"{here}?{urlencode({'kind': kind.value})}",
        }
        for kind in RecordKind
        if kind.value in counts
    ]
