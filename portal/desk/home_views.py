"""The first page of the desk."""

from collections.abc import Mapping
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kernel import clock
from kernel.calendar import span_of
from membership.members.models import Member
from membership.records.queries import cards_issued, page_of_records, records_of_store
from membership.requests.queries import kinds_for, open_requests
from membership.talks.queries import waiting_threads
from membership.tills.domain import ByKind
from membership.tills.queries import day_takings, totals_by_day
from portal.desk.access import DeskRequest, staff_only
from portal.desk.day_views import people_of
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
    context |= _waiting(request)
    context["may"] = [act.label for act in Act if actor.may_somewhere(act)]
    return render(request, "desk/home.html", context)


def _report(store_id: int | None) -> dict[str, Any]:
    """The day's report, from the books as the page of the day has it: of one store, or with None of all."""
    today = clock.today()
    start, end = span_of(today)
    joined = Member.objects.filter(created_at__gte=start, created_at__lt=end)
    if store_id is not None:
        joined = joined.filter(store_id=store_id)
    days = totals_by_day(store_id=store_id, last=today, days=_DAYS)
    found = day_takings(day=today, store_id=store_id)
    people = people_of(found)
    return {
        "today": {
            "revenue_fen": days[-1].revenue_fen,
            "top_up_fen": days[-1].top_up_fen,
            "bonus_fen": days[-1].bonus_fen,
            "consumption_count": _count(found, "CONSUMPTION"),
            "top_up_count": _count(found, "TOP_UP"),
            "cards_issued": cards_issued(store_id=store_id, day=today),
            "members_new": joined.count(),
        },
        "days": days,
        "cashiers": sorted(people, key=lambda person: -person["total"].count),
    }


def _waiting(request: DeskRequest) -> dict[str, Any]:
    """How many members wait for an answer, or for what they asked; only for whoever deals with it."""
    actor = request.desk.actor
    kinds = kinds_for(actor)
    return {
        "messages_waiting": waiting_threads().count() if actor.may_somewhere(Act.MEMBER_CREATE) else 0,
        "requests_waiting": open_requests(kinds).count() if kinds else 0,
    }


def _count(found: Mapping[str, ByKind], kind: str) -> int:
    return sum(kinds[kind].count for kinds in found.values() if kind in kinds)
