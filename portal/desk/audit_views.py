"""The trail of acts, to read."""

import json
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.desk.access import DeskRequest, staff_only
from portal.desk.people_forms import AuditFilterForm
from tenants.audit.domain import ACTS, OBJECTS
from tenants.audit.models import AuditEntry
from tenants.audit.queries import entries
from tenants.people.domain import EVERYWHERE, Act
from tenants.stores.queries import stores

_A_PAGE = 50


@require_safe
@staff_only(Act.AUDIT_VIEW)
def audit(request: DeskRequest) -> HttpResponseBase:
    """Who did what to what, the latest first; only in her own stores for those who may look no further."""
    form = AuditFilterForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    granted = request.desk.actor.grants[Act.AUDIT_VIEW]
    rows = entries(
        act=wanted.get("act", ""),
        actor=wanted.get("actor", ""),
        day=wanted.get("day"),
        stores=None if granted == EVERYWHERE else frozenset(granted),  # type: ignore[arg-type]
    )
    number = _page_number(request)
    start = (number - 1) * _A_PAGE
    # One more than is shown tells whether there is a next page; the trail is too long to be counted.
    found = list(rows[start : start + _A_PAGE + 1])
    names = {store.pk: store.name for store in stores()}
    kept = {key: str(value) for key, value in request.GET.items() if key != "page"}
    context = {
        "entries": [_shown(entry, names) for entry in found[:_A_PAGE]],
        "filter_form": form,
        "next_page_url": f"?{urlencode({**kept, 'page': str(number + 1)})}" if len(found) > _A_PAGE else None,
        "nav": "audit",
    }
    return render(request, "desk/audit.html", context)


def _page_number(request: DeskRequest) -> int:
    given = request.GET.get("page", "")
    return max(1, int(given)) if given.isdecimal() and len(given) < 7 else 1


def _shown(entry: AuditEntry, store_names: dict[int, str]) -> dict[str, Any]:
    return {
        "occurred_at": entry.occurred_at,
        "actor": entry.actor,
        "actor_name": entry.actor_name,
        "act": entry.act,
        "act_label": ACTS.get(entry.act, entry.act),
        "object_label": OBJECTS.get(entry.object_type, entry.object_type),
        "object_id": entry.object_id,
        "store_name": None if entry.store_id is None else store_names.get(entry.store_id, "?"),
        "request_id": entry.request_id,
        "detail_text": json.dumps(entry.detail, ensure_ascii=False) if entry.detail else "",
    }
