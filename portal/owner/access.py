"""Who may see the console: owners, logged in on the public site."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from kernel.observability.context import bind
from tenants.people.domain import NotAllowed, UserKind
from tenants.people.models import User

View = Callable[..., HttpResponseBase]


class OwnerRequest(HttpRequest):
    """A request that passed ``owner_only``."""

    user: User


def owner_only(view: View) -> View:
    """Let in owners; send whoever is not logged in to the log-in page.

    Raises:
        NotAllowed: a platform account has no console.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if getattr(request.user, "kind", None) != UserKind.OWNER:
            raise NotAllowed(act=_("控制台"))
        bind(actor=f"owner:{request.user.pk}")
        return view(request, *args, **kwargs)

    return login_required(guarded)
