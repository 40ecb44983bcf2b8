"""Expiry at the desk: whose points will be cleared and when, whose cards end, and the chain's rules."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kernel import clock
from membership.expiry import queries
from membership.expiry.models import ClearingNotice, ValidityNotice
from membership.expiry.services.rules import set_rules
from portal.attempts import attempt, status_of
from portal.csvs import csv_response
from portal.desk.access import DeskRequest, staff_only
from portal.desk.expiry_forms import ExpiryRulesForm
from tenants.people.domain import Act

_A_PAGE = 50
_VIEWERS = (Act.DORMANCY_LIST, Act.DORMANCY_APPROVE, Act.POINTS_ADJUST, Act.VALUE_POLICY, Act.REPORT_VIEW)


@require_safe
@staff_only(*_VIEWERS)
def notices(request: DeskRequest) -> HttpResponseBase:
    """Cards whose points will be cleared, the soonest first (R-G02)."""
    found = queries.notices()
    page = queries.page_of_notices(found, size=_A_PAGE + 1, after=_place(request.GET.get("after", "")))
    context: dict[str, Any] = {
        "notices": [_row(notice) for notice in page[:_A_PAGE]],
        "total": found.count(),
        "rules": queries.policy(),
        "nav": "expiry",
    }
    if len(page) > _A_PAGE:
        last = page[_A_PAGE - 1]
        context["next_page_url"] = f"?{urlencode({'after': f'{last.clears_on}_{last.pk}'})}"
    return render(request, "desk/expiry_notices.html", context)


@require_safe
@staff_only(Act.DORMANCY_LIST, Act.DATA_EXPORT)
def notices_csv(request: DeskRequest) -> HttpResponse:
    """The same as a file: what the shop publishes and tells by telephone."""
    header = [_("会员卡号"), _("会员"), _("积分"), _("通知日期"), _("清零日期"), _("通知方式")]
    rows = (
        [row["number"], row["member_name"], row["points"], row["noticed_on"], row["clears_on"], row["channel_label"]]
        for row in map(_row, queries.notices().order_by("clears_on", "id"))
    )
    return csv_response("points-notices.csv", header, rows)


@require_safe
@staff_only(*_VIEWERS)
def ending(request: DeskRequest) -> HttpResponseBase:
    """Members' cards that end soon, the soonest first (R-P28)."""
    found = queries.cards_ending(today=clock.today())
    page = queries.page_of_ending(found, size=_A_PAGE + 1, after=_place(request.GET.get("after", "")))
    context: dict[str, Any] = {
        "cards": [_ending_row(notice) for notice in page[:_A_PAGE]],
        "total": found.count(),
        "rules": queries.policy(),
        "nav": "expiry",
    }
    if len(page) > _A_PAGE:
        last = page[_A_PAGE - 1]
        context["next_page_url"] = f"?{urlencode({'after': f'{last.ends_on}_{last.pk}'})}"
    return render(request, "desk/expiry_cards.html", context)


@require_safe
@staff_only(Act.DORMANCY_LIST, Act.DATA_EXPORT)
def ending_csv(request: DeskRequest) -> HttpResponse:
    """The same as a file: whom the shop tells itself."""
    header = [_("会员卡号"), _("会员"), _("级别"), _("有效期至"), _("通知日期"), _("通知方式")]
    names = ("number", "member_name", "level_name", "ends_on", "noticed_on", "channel_label")
    found = queries.cards_ending(today=clock.today()).order_by("ends_on", "id")
    rows = ([row[name] for name in names] for row in map(_ending_row, found))
    return csv_response("cards-ending.csv", header, rows)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.VALUE_POLICY)
def rules(request: DeskRequest) -> HttpResponseBase:
    """The chain's rules of expiry."""
    now = queries.policy()
    initial = {name: getattr(now, name) for name in ExpiryRulesForm.base_fields}
    form = ExpiryRulesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, lambda: set_rules(actor=request.desk.actor, **form.cleaned_data))
        if saved is not None:
            messages.success(request, _("到期规则已保存。已发出的通知仍按原日期。"))
            return redirect("desk:expiry")
    return render(request, "desk/expiry_rules.html", {"form": form, "nav": "expiry"}, status=status_of(form))


def _row(notice: ClearingNotice) -> dict[str, Any]:
    member = notice.card.member
    return {
        "number": notice.card.number,
        "level_name": notice.card.level.name,
        "member_name": member.name if member else "",
        "points": notice.points,
        "noticed_on": notice.noticed_on,
        "clears_on": notice.clears_on,
        "channel_label": notice.get_channel_display(),
    }


def _ending_row(notice: ValidityNotice) -> dict[str, Any]:
    member = notice.card.member
    return {
        "number": notice.card.number,
        "level_name": notice.card.level.name,
        "member_name": member.name if member else "",
        "ends_on": notice.ends_on,
        "noticed_on": notice.noticed_on,
        "channel_label": notice.get_channel_display(),
    }


def _place(text: str) -> tuple[Any, int] | None:
    day, _sep, pk = text.partition("_")
    try:
        found = parse_date(day)
    except ValueError:
        return None
    return (found, int(pk)) if found and pk.isdecimal() and len(pk) < 19 else None
