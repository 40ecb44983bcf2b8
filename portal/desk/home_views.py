"""The first page of the desk."""

from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.calendar import span_of
from membership.members.models import Member
from membership.records.queries import page_of_records, records_of_store, totals_by_cashier, totals_by_day
from portal.desk.access import DeskRequest, staff_only
from portal.rows import record_row
from tenants.people.domain import Act

_DAYS = 14
_RECENT = 8


@require_safe
@staff_only()
def home(request: DeskRequest) -> HttpResponseBase:
    """Today in the store she works in: what came in, who took it, what happened last.

    Everybody who has an account may come here, so each part is shown only to those who may see it in that store;
    without a store, to those who may see it in all. For whoever sees none of it the page says what she may do.
    """
    actor, store = request.desk.actor, request.desk.store
    store_id = store.pk if store else None
    context: dict[str, Any] = {"date": clock.today(), "nav": "home"}
    if actor.may(Act.REPORT_VIEW, store_id=store_id):
        context |= _report(store_id)
    if actor.may(Act.CARD_VIEW, store_id=store_id):
        records = page_of_records(records_of_store(store_id), size=_RECENT)
        context["recent"] = [record_row(record) for record in records]
    context["may"] = [act.label for act in Act if actor.may_somewhere(act)]
    return render(request, "desk/home.html", context)


def _report(store_id: int | None) -> dict[str, Any]:
    """The day's report: of one store, or with None of all."""
    today = clock.today()
    days = totals_by_day(store_id=store_id, last=today, days=_DAYS)
    start, end = span_of(today)
    joined = Member.objects.filter(created_at__gte=start, created_at__lt=end)
    if store_id is not None:
        joined = joined.filter(store_id=store_id)
    totals = days[-1]
    return {
        "today": {
            "date": totals.date,
            "consumption_fen": totals.consumption_fen,
            "consumption_count": totals.consumption_count,
            "top_up_fen": totals.top_up_fen,
            "bonus_fen": totals.bonus_fen,
            "top_up_count": totals.top_up_count,
            "cards_issued": totals.cards_issued,
            "members_new": joined.count(),
        },
        "days": days,
        "cashiers": [
            {
                "name": cashier.actor_name,
                "consumption_fen": cashier.consumption_fen,
                "top_up_fen": cashier.top_up_fen,
                "count": cashier.count,
            }
            for cashier in totals_by_cashier(store_id=store_id, day=today)
        ],
    }
