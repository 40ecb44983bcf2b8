"""Who is acting in a request."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from kernel.observability.context import bind
from tenants.people.domain import SYSTEM, Actor
from tenants.people.queries import actor_of

_KEPT = "_kayun_actor"


def actor_of_request(request: HttpRequest) -> Actor | None:
    """The person logged in, with what her roles allow now; None when nobody is. One query a request."""
    if not hasattr(request, _KEPT):
        user = getattr(request, "user", None)
        actor = actor_of(user) if user is not None and user.is_authenticated else None
        if actor is not None:
            bind(actor=str(actor))
        setattr(request, _KEPT, actor)
    kept: Actor | None = getattr(request, _KEPT)
    return kept


def shown_name(actor: str, name: str) -> str:
    """Whoever did it, for people to read: ``actor`` and ``name`` as rows keep them. The program itself has a name in
    each language.
    """
    return _("系统") if actor == str(SYSTEM) else name or actor
