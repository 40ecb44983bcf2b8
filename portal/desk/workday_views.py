"""The days that are worked: what is built in, and the chain's own word."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from kernel import clock
from kernel.holidays import LAST_YEAR
from membership.stock import queries
from membership.stock.services.workdays import set_days, unset_day
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only
from portal.desk.forms import date_input
from portal.fields import DayField
from tenants.people.domain import Act


class WorkdaysForm(forms.Form):
    """Days that are holidays here, or are worked although they are not elsewhere."""

    HOLIDAY, WORKED = "holiday", "worked"

    first = DayField(label=gettext_lazy("从"), widget=date_input())
    last = DayField(
        label=gettext_lazy("到"), required=False, widget=date_input(), help_text=gettext_lazy("留空则只有一天。")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("这些日子"),
        choices=[(HOLIDAY, gettext_lazy("放假")), (WORKED, gettext_lazy("上班"))],
        initial=HOLIDAY,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=gettext_lazy("名称"), max_length=40, required=False, help_text=gettext_lazy("例如“春节”“调休上班”。")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@staff_only(Act.CARD_TYPE)
def workdays(request: DeskRequest) -> HttpResponseBase:
    """What the chain said of days to come, and a form to say more."""
    form = WorkdaysForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        count = attempt(
            form,
            lambda: set_days(
                actor=request.desk.actor,
                first=given["first"],
                last=given["last"] or given["first"],
                worked=given["kind"] == WorkdaysForm.WORKED,
                name=given["name"],
            ),
            fields={"days_unclear": "last"},
        )
        if count is not None:
            messages.success(request, ngettext("已保存 %(n)d 天。", "已保存 %(n)d 天。", count) % {"n": count})
            return redirect("desk:workdays")
    context: dict[str, Any] = {
        "form": form,
        "days": queries.workdays_from(clock.today()),
        "built_in_until": LAST_YEAR,
        "nav": "stock",
    }
    return render(request, "desk/stock_workdays.html", context, status=status_of(form))


@require_POST
@staff_only(Act.CARD_TYPE)
def workday_unset(request: DeskRequest) -> HttpResponseBase:
    """Take back what was said of a day."""
    try:
        day = parse_date(request.POST.get("day", ""))
    except ValueError:
        day = None
    if day is not None and unset_day(actor=request.desk.actor, day=day):
        messages.success(request, _("已恢复为通用日历。"))
    return redirect("desk:workdays")
