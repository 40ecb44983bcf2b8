"""The trail of acts, to read."""

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.desk.access import DeskRequest, staff_only
from portal.desk.audit_words import Names, entry_row
from portal.desk.people_forms import AuditFilterForm
from tenants.audit.domain import OBJECTS
from tenants.audit.queries import entries
from tenants.people.domain import EVERYWHERE, Act

_A_PAGE = 50


@require_safe
@staff_only(Act.AUDIT_VIEW)
def audit(request: DeskRequest) -> HttpResponseBase:
    """Who did what to what, the latest first; only in her own stores for those who may look no further."""
    form = AuditFilterForm(request.GET or None)
    wanted = form.cleaned_data if form.is_valid() else {}
    kind, _slash, key = request.GET.get("about", "").replace("\0", "").partition("/")
    about = (kind, key) if key else None
    rows = entries(
        act=wanted.get("act", ""),
        actor=wanted.get("actor", ""),
        day=wanted.get("day"),
        stores=stores_of_trail(request),
        about=about,
    )
    number = _page_number(request)
    start = (number - 1) * _A_PAGE
    # One more than is shown tells whether there is a next page; the trail is too long to be counted.
    found = list(rows[start : start + _A_PAGE + 1])
    names = Names.read(found)
    kept = {key: str(value) for key, value in request.GET.items() if key != "page"}
    context = {
        "entries": [entry_row(entry, names) for entry in found[:_A_PAGE]],
        "filter_form": form,
        "about": (OBJECTS.get(kind, kind), key) if about else None,
        "next_page_url": f"?{urlencode({**kept, 'page': str(number + 1)})}" if len(found) > _A_PAGE else None,
        "nav": "audit",
    }
    return render(request, "desk/audit.html", context)


def stores_of_trail(request: DeskRequest) -> frozenset[int] | None:
    """The stores whose acts she may read, who has ``AUDIT_VIEW`` somewhere; None for all."""
    granted = request.desk.actor.grants[Act.AUDIT_VIEW]
    return None if granted == EVERYWHERE else frozenset(granted)  # type: ignore[arg-type]


def _page_number(request: DeskRequest) -> int:
    given = request.GET.get("page", "")
    return max(1, int(given)) if given.isdecimal() and len(given) < 7 else 1
