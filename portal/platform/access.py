"""Who may act for the platform: its staff, with a second factor."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from portal.actors import actor_of_request
from tenants.people.domain import Actor, require_platform

View = Callable[..., HttpResponseBase]


class PlatformRequest(HttpRequest):
    """A request that passed ``platform_only``."""

    actor: Actor


def platform_only(view: View) -> View:
    """Let in the platform's staff who have a second factor, which the log-in then asked for; others are sent to set one
    up: what is done here moves money.

    Raises:
        NotAllowed: an owner's account.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = actor_of_request(request)
        if actor is not None:
            require_platform(actor)
        if not is_mfa_enabled(request.user):
            messages.warning(request, _("平台员工须先启用两步验证，才能处理账务。"))
            return redirect("mfa_index")
        request.actor = actor  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return login_required(guarded)
