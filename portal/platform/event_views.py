"""The payment service's messages, and what staff can do about those that nobody could make sense of."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.payments import queries, services
from billing.payments.domain import EventState
from kernel.errors import DomainError
from portal.platform.access import PlatformRequest, platform_only

_A_PAGE: Final = 50


@require_safe
@platform_only
def event_list(request: PlatformRequest) -> HttpResponseBase:
    """The messages, newest first; those that need somebody by default."""
    state = request.GET.get("state", EventState.ATTENTION.value)
    before = request.GET.get("before", "")
    found = queries.events(
        state=state, before=int(before) if before.isascii() and before.isdigit() else None, size=_A_PAGE + 1
    )
    more = f"?{urlencode({'state': state, 'before': found[_A_PAGE - 1].pk})}" if len(found) > _A_PAGE else ""
    context: dict[str, Any] = {
        "nav": "events",
        "events": found[:_A_PAGE],
        "next_page_url": more,
        "state": state,
        "states": [("", _("全部")), *EventState.choices],
    }
    part = getattr(request, "htmx", False) and before
    return render(request, "platform/_event_rows.html" if part else "platform/events.html", context)


@require_POST
@platform_only
def resend(request: PlatformRequest, event_pk: int) -> HttpResponseBase:
    """Have it processed again."""
    try:
        services.resend_event(actor=request.actor, event_pk=event_pk)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("已重新排队，稍候刷新查看结果。"))
    return redirect("office:events")


@require_POST
@platform_only
def ignore(request: PlatformRequest, event_pk: int) -> HttpResponseBase:
    """Put it aside."""
    try:
        services.ignore_event(actor=request.actor, event_pk=event_pk)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("已忽略，账户没有变动。"))
    return redirect("office:events")
