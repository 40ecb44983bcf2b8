"""Who may act for the platform: its staff, with a second factor. The one place that says so, for all of /platform/."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from portal.actors import actor_of_request
from tenants.people.domain import Actor, require_platform

View = Callable[..., HttpResponseBase]

_KEPT = "_kayun_platform_actor"


class PlatformRequest(HttpRequest):
    """A request that passed ``platform_only``."""

    actor: Actor


def platform_actor(request: HttpRequest) -> Actor | None:
    """Who acts for the platform in this request: one of its staff who has a second factor, which the log-in then asked
    for. None for everybody else. One query a request, beside the actor's own.
    """
    if not hasattr(request, _KEPT):
        actor = actor_of_request(request)
        staff = actor if actor is not None and actor.kind == "platform" else None
        setattr(request, _KEPT, staff if staff is not None and is_mfa_enabled(request.user) else None)
    kept: Actor | None = getattr(request, _KEPT)
    return kept


def turn_away(request: HttpRequest, *, onward: str = "") -> HttpResponse:
    """Where whoever is no ``platform_actor`` goes: to the log-in; or, staff without a second factor, to set one up.
    ``onward``: where the log-in leads; without, to what was asked for.

    Raises:
        NotAllowed: an owner's account.
    """
    actor = actor_of_request(request)
    if actor is None:
        return redirect_to_login(onward or request.get_full_path())
    require_platform(actor)
    messages.warning(request, _("平台员工须先启用两步验证，才能查看或处理平台事务。"))
    return redirect("mfa_index")


def platform_only(view: View) -> View:
    """Let in whoever acts for the platform, turn away the others: what is seen here is everybody's, what is done here
    moves money.

    Raises:
        NotAllowed: an owner's account.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = platform_actor(request)
        if actor is None:
            return turn_away(request)
        request.actor = actor  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return guarded
