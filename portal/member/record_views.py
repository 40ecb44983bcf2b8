"""A member's records: the list by month, and one of them as a receipt."""

import io
from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.files.services import XLSX
from membership.cashier.domain import receipt_number
from membership.cashier.errors import RecordNotFound
from membership.cashier.past import FROM_BOOKS, undone_by
from membership.records.models import Record
from membership.records.queries import Place, page_of_records
from portal.downloads import as_download
from portal.member.access import MemberRequest, members_only
from portal.member.months import months_of
from portal.member.record_filters import RecordFilters
from portal.member.record_sheets import write_records
from portal.member.shell import own_plain_cards, plan_of, shell, shown_records, shows_balance
from portal.rows import record_row, slip_row

_A_PAGE = 20
"""More than two screens of a phone; the next ones come while she scrolls."""


@require_safe
@never_cache
@members_only
def records(request: MemberRequest) -> HttpResponseBase:
    """What happened to her cards, by month, as far back as the plan keeps it (R-A09, R-A10)."""
    cards = own_plain_cards(request)
    kept = shown_records(request, cards)
    filters = RecordFilters.read(request.GET, kept=kept)
    found = filters.narrow(kept)
    page = page_of_records(found, size=_A_PAGE + 1, after=Place.parse(request.GET.get("after", "")), cards=cards)
    context: dict[str, Any] = {"show_balance": shows_balance(request), "show_card": len(cards) > 1}
    context["months"] = months_of(page[:_A_PAGE], filters.totals(), row=linked)
    if len(page) > _A_PAGE:
        context["next_page_url"] = filters.query(after=str(Place.of(page[_A_PAGE - 1])))
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "member/_months.html", context)
    context |= shell(request, "records")
    context |= {"filters": filters, "kinds": filters.kinds(), "download_url": _download_url(filters)}
    context["retention_months"] = plan_of(request).records_kept_months
    return render(request, "member/records.html", context)


@require_safe
@never_cache
@members_only
def records_download(request: MemberRequest) -> HttpResponseBase:
    """The records under the same filters, all of them, as a workbook."""
    kept = shown_records(request, own_plain_cards(request))
    found = RecordFilters.read(request.GET, kept=kept).narrow(kept)
    book = io.BytesIO()
    write_records(book, found, shows_balance=shows_balance(request))
    name = f"{_('用卡记录')}-{clock.today().isoformat()}.xlsx"
    return as_download(book.getvalue(), filename=name, content_type=XLSX)


@require_safe
@never_cache
@members_only
def record_detail(request: MemberRequest, record_id: UUID) -> HttpResponseBase:
    """One record of hers as its receipt, 80 or 58 mm wide. Another member's does not exist for her.

    Raises:
        RecordNotFound
    """
    found = shown_records(request, own_plain_cards(request)).filter(id=record_id)
    record = found.select_related("card__member", "store").first()
    if record is None:
        raise RecordNotFound
    about = _about(request, record)
    return receipt_page(request, record, nav="records", back=(reverse("member:records"), _("用卡记录")), about=about)


def receipt_page(
    request: MemberRequest,
    record: Record,
    *,
    nav: str,
    back: tuple[str, str],
    about: dict[str, Any] | None = None,
    is_hers: bool = True,
) -> HttpResponseBase:
    """A record as its receipt; ``back``: where she came from, as address and name. ``is_hers=False``: of a card that is
    another's by now, which she learns nothing about.
    """
    row = slip_row(record) | {"is_reversed": undone_by(record) is not None, "about": about}
    if not is_hers:
        row |= {"holder": "", "card_masked": "", "balance_after_fen": None}
    context = shell(request, nav) | {
        "record": row,
        "is_cleared": FROM_BOOKS in record.detail,
        "width": "58" if request.GET.get("width") == "58" else "80",
        "widths": ("80", "58"),
        "back": back,
        "hides_balance": not shows_balance(request),
        "hides_sums": not plan_of(request).shows_balances,
    }
    return render(request, "member/record_detail.html", context)


def linked(record: Record) -> dict[str, Any]:
    """A record as a line that leads to the record itself."""
    href = reverse("member:record_detail", args=[record.id])
    return record_row(record) | {"href": href, "actor_name": "", "member_name": ""}


def _about(request: MemberRequest, record: Record) -> dict[str, Any] | None:
    """The bill to which a return or a reversal belongs, if it is hers and still kept."""
    key = record.detail.get("returns") or record.detail.get("reverses")
    bill = shown_records(request, own_plain_cards(request)).filter(id=key).first() if key else None
    if bill is None:
        return None
    return {
        "number": receipt_number(bill.id, bill.occurred_at),
        "url": reverse("member:record_detail", args=[bill.id]),
    }


def _download_url(filters: RecordFilters) -> str:
    return reverse("member:records_download") + filters.query()
