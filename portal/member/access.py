"""A member's session: one card, proved by its PIN.

It lives in the browser's session beside whatever else is there (a clerk may be logged in at the same desk), so it
keeps its own time. What it may do is a row (``membership.devices``), by which it is ended from elsewhere; it ends with
the PIN it was opened under.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from kernel.http.addresses import client_network
from kernel.observability.context import bind
from membership.cards.models import Card
from membership.devices.domain import IDLE, Way
from membership.devices.queries import session_of
from membership.devices.services import sessions

Arguments = ParamSpec("Arguments")

IDLE_S: Final = IDLE.total_seconds()
_RENEW_S: Final = 60
_KEY: Final = "member"


class MemberRequest(HttpRequest):
    """A request that passed ``members_only``."""

    card: Card
    session_key: int
    """Of the row of ``membership.devices`` that she is in by."""


MemberView = Callable[Concatenate[MemberRequest, Arguments], HttpResponseBase]
AnyView = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]


def open_session(request: HttpRequest, card: Card, *, way: Way = Way.PIN) -> None:
    """Remember the card, under a new session key: one that was known before the log-in opens nothing. Whatever was open
    in this browser is over.
    """
    _leave(request)
    request.session.cycle_key()
    opened = sessions.open_session(
        card=card, way=way, user_agent=request.headers.get("User-Agent", ""), address=client_network(request)
    )
    request.session[_KEY] = {"session": opened.pk, "seen": time.time()}


def close_session(request: HttpRequest) -> None:
    """Forget the card, under a new session key."""
    _leave(request)
    request.session.pop(_KEY, None)
    request.session.cycle_key()


def session_card(request: HttpRequest) -> Card | None:
    """The card whose PIN was proved in this session, if that still holds. One query; one more once a minute."""
    kept: dict[str, Any] | None = request.session.get(_KEY)
    now = time.time()
    if kept is None or "session" not in kept or now - kept["seen"] > IDLE_S:
        return None
    session = session_of(kept["session"])
    if session is None:
        return None
    if now - kept["seen"] > _RENEW_S:
        request.session[_KEY] = kept | {"seen": now}
        sessions.note_use(session.pk)
    return session.card


def _leave(request: HttpRequest) -> None:
    if "session" in (kept := _kept(request)):
        sessions.leave(kept["session"])


def _kept(request: HttpRequest) -> dict[str, Any]:
    return request.session.get(_KEY) or {}


def members_only(view: MemberView[Arguments]) -> AnyView[Arguments]:
    """Let in whoever proved a card's PIN; until an initial PIN is changed, only to the page that changes it (X-19)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        card = session_card(request)
        if card is None:
            _say_that_it_is_over(request)
            return _elsewhere(request, reverse("member:login"))
        if card.pin_must_change and request.path != reverse("member:pin_change"):
            return _elsewhere(request, reverse("member:pin_change"))
        bind(actor=f"member:{card.member_id}")
        request.card = card  # type: ignore[attr-defined]
        request.session_key = _kept(request).get("session", 0)  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    # Seen from outside, whatever is wrapped around it: tests walk all addresses.
    guarded.members_only = True  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]  # wraps() keeps the narrower signature


def _say_that_it_is_over(request: HttpRequest) -> None:
    """At the door, once; to whoever was never in, nothing."""
    if request.session.pop(_KEY, None) is None:
        return
    text = _("登录已结束：超过 15 分钟没有使用，或已在别处结束。请重新登录。")
    if request.method not in ("GET", "HEAD"):
        text = _("登录已结束，刚才提交的内容没有办理。请重新登录后再做一次。")
    messages.warning(request, text)


def _elsewhere(request: HttpRequest, url: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        # A fragment of a page cannot hold another page: have the browser go there.
        return HttpResponse(headers={"HX-Redirect": url})
    return redirect(url)
