"""How long records are kept, what will be cleared and when, the archives, and a card's old records out of them."""

from calendar import monthrange
from datetime import date, timedelta
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing.pricebook.domain import PLANS, Plan
from billing.pricebook.modules import MODULES_BY_CODE
from billing.subscriptions.entitlements import features_of, has_module, module_missing
from kernel import clock
from kernel.clock import CHINA
from membership.cards.domain import tidy_number
from membership.cards.errors import CardNotFound
from membership.cards.queries import find_card
from membership.retention import queries, services
from membership.retention.domain import RetrievalState, first_day_kept, last_day_kept
from membership.retention.errors import RetrievalNotFound
from membership.retention.models import Archive, Retrieval
from portal.attempts import attempt, status_of
from portal.desk.access import DeskRequest, staff_only, working_store
from portal.desk.file_views import link_to
from portal.desk.menu import RETENTION_ACTS
from portal.desk.retention_forms import RetrievalForm
from tenants.people.domain import Act

_ARCHIVES: Final = 12
_RETRIEVALS: Final = 10
_TONES: Final = {
    RetrievalState.WAITING: "brand",
    RetrievalState.DONE: "good",
    RetrievalState.EMPTY: "",
    RetrievalState.FAILED: "bad",
}
_FIELDS: Final = {"card_not_found": "card_number", "retrieval_days_invalid": "first_day"}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only(*RETENTION_ACTS)
def retention(request: DeskRequest) -> HttpResponseBase:
    """What is kept and what goes when; asking for what went (module 5)."""
    sums = queries.archived()
    form = RetrievalForm(request.POST or None, initial=_initial(request, sums))
    if request.method == "POST" and form.is_valid():
        asked = attempt(form, lambda: _ask(request, **form.cleaned_data), fields=_FIELDS)
        if asked is not None:
            return redirect("desk:retrieval", retrieval_id=asked.pk)
    return render(request, "desk/retention.html", _context(request, form, sums), status=status_of(form))


@require_safe
@never_cache
@staff_only(Act.DATA_EXPORT)
def retrieval(request: DeskRequest, retrieval_id: int) -> HttpResponseBase:
    """One request. While a worker is at it, its part of the page asks again.

    Raises:
        RetrievalNotFound: there is none of hers.
    """
    found = queries.find_retrieval(retrieval_id, actor=str(request.desk.actor))
    if found is None:
        raise RetrievalNotFound
    template = "desk/_retrieval_progress.html" if request.htmx else "desk/retrieval.html"  # type: ignore[attr-defined]
    context = {"retrieval": _row(found), "file_url": link_to(request.desk, found.file), "nav": "retention"}
    return render(request, template, context)


def _ask(request: DeskRequest, *, card_number: str, first_day: date, last_day: date, reason: str) -> Retrieval:
    card = find_card(card_number)
    if card is None:
        raise CardNotFound(card_number=tidy_number(card_number))
    return services.ask_for(
        actor=request.desk.actor,
        chain=request.chain,  # type: ignore[attr-defined]
        card=card,
        first_day=first_day,
        last_day=last_day,
        reason=reason,
        store_id=working_store(request, Act.DATA_EXPORT),
    )


def _initial(request: DeskRequest, sums: queries.Archived) -> dict[str, Any]:
    """The card, where one comes from its page; and all that is archived."""
    days = {"first_day": sums.first_at, "last_day": sums.last_at}
    shown = {name: moment.astimezone(CHINA).date().isoformat() for name, moment in days.items() if moment}
    return {"card_number": request.GET.get("number", "")[:40], **shown}


def _context(request: DeskRequest, form: RetrievalForm, sums: queries.Archived) -> dict[str, Any]:
    chain, today = request.chain, clock.today()  # type: ignore[attr-defined]
    months = features_of(chain).records_kept_months
    decided = queries.clearing()
    archives = queries.page_of_archives(size=_ARCHIVES + 1, before=_key(request.GET.get("before", "")))
    may_ask = request.desk.actor.may_somewhere(Act.DATA_EXPORT)
    context: dict[str, Any] = {
        "nav": "retention",
        "plan": chain.plan,
        "months_kept": months,
        "kept_since": max(first_day_kept(today, months), _day_of(decided.cleared_before) or date.min),
        "plans": [_plan(plan, today, chain.plan) for plan in PLANS],
        "months": [_month(row, today, months) for row in queries.records_by_month()],
        "sums": sums,
        "archives": [_archive(archive) for archive in archives[:_ARCHIVES]],
        "offered": has_module(chain, services.MODULE),
        "module": MODULES_BY_CODE[services.MODULE],
        "refusal": str(module_missing(services.MODULE)),
        "may_ask": may_ask,
        "form": form,
        "kept_days": services.KEPT_DAYS,
    }
    if may_ask:
        mine = queries.retrievals_of(str(request.desk.actor), size=_RETRIEVALS)
        context["retrievals"] = [_row(one) for one in mine]
    if len(archives) > _ARCHIVES:
        context["older_url"] = f"?{urlencode({'before': archives[_ARCHIVES - 1].pk})}"
    return context


def _plan(plan: Plan, today: date, now: str) -> dict[str, Any]:
    months = PLANS[plan].records_kept_months
    return {
        "code": plan.value,
        "months": months,
        "since": first_day_kept(today, months),
        "clears": queries.would_clear(today=today, months=months),
        "is_now": plan.value == now,
    }


def _month(row: queries.MonthKept, today: date, months: int) -> dict[str, Any]:
    """When a month's first and last records go: each as the day after its last begins."""
    last = row.first_day.replace(day=monthrange(row.first_day.year, row.first_day.month)[1])
    begins = last_day_kept(row.first_day, months) + timedelta(days=1)
    ends = last_day_kept(last, months) + timedelta(days=1)
    return {"first_day": row.first_day, "records": row.records, "begins": begins, "ends": ends, "due": begins <= today}


def _archive(archive: Archive) -> dict[str, Any]:
    return {
        "first_day": _day_of(archive.first_at),
        "last_day": _day_of(archive.last_at),
        "records": archive.records,
        "size": archive.file.size,
        "state_label": archive.get_state_display(),
        "done": archive.cleared_at is not None,
        "cleared_at": archive.cleared_at,
        "sha256": archive.sha256,
    }


def _row(found: Retrieval) -> dict[str, Any]:
    state = RetrievalState(found.state)
    return {
        "id": found.pk,
        "number": found.card.number,
        "first_day": found.first_day,
        "last_day": found.last_day,
        "reason": found.reason,
        "state": found.state,
        "state_label": state.label,
        "tone": _TONES[state],
        "rows": found.rows,
        "created_at": found.created_at,
        "kept_days": services.KEPT_DAYS,
    }


def _day_of(moment: Any) -> date | None:
    return moment.astimezone(CHINA).date() if moment else None


def _key(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
