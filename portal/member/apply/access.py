"""Which application somebody has shown to be hers: in the browser's session, for a while."""

import time
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from membership.applications.domain import ApplicationState
from membership.applications.models import Application

DRAFT: Final = "apply_draft"
FINDING: Final = "apply_finding"
_MINE: Final = "apply_mine"
_LASTS_S: Final = 30 * 60


def remember(request: HttpRequest, key: str, value: Any) -> None:
    """Keep what was typed for the next page."""
    request.session[key] = {"value": value, "at": time.time()}


def remembered(request: HttpRequest, key: str) -> Any:
    """What was kept, while it lasts; None afterwards."""
    kept: dict[str, Any] | None = request.session.get(key)
    return kept["value"] if kept is not None and time.time() - kept["at"] <= _LASTS_S else None


def begin_anew(request: HttpRequest, key: str, *, at: str, text: str) -> HttpResponse:
    """What this page goes on from is not there. Whoever has sent it already sees what became of it; whoever took too
    long is told so, ``at`` the page where it begins.
    """
    if mine_of(request) is not None:
        return redirect("member:apply_mine")
    if request.session.pop(key, None) is not None:
        messages.warning(request, text)
    return redirect(at)


def open_mine(request: HttpRequest, application: Application) -> None:
    """She has shown that it is hers: under a new session key, one that was known before opens nothing."""
    request.session.cycle_key()
    for key in (DRAFT, FINDING):
        request.session.pop(key, None)
    remember(request, _MINE, application.pk)


def mine_of(request: HttpRequest) -> Application | None:
    """The application that this session opens. One query."""
    key = remembered(request, _MINE)
    if key is None:
        return None
    found = Application.objects.select_related("type", "level", "store", "card", "terms")
    return found.exclude(state=ApplicationState.DRAFT).filter(pk=key).first()
