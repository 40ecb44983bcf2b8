"""Who is acting in a request."""

from dataclasses import replace
from datetime import date

from django.http import HttpRequest
from django.utils.translation import gettext as _

from kernel import clock
from kernel.observability.context import bind
from tenants.people.domain import OBLIGING, SYSTEM, Actor
from tenants.people.queries import actor_of

_KEPT = "_kayun_actor"


def actor_of_request(request: HttpRequest) -> Actor | None:
    """The person logged in, with what her roles allow now; None when nobody is. One query a request."""
    if not hasattr(request, _KEPT):
        user = getattr(request, "user", None)
        actor = actor_of(user) if user is not None and user.is_authenticated else None
        if actor is not None:
            if is_held(request):
                actor = replace(actor, withheld=OBLIGING)
            bind(actor=str(actor))
        setattr(request, _KEPT, actor)
    kept: Actor | None = getattr(request, _KEPT)
    return kept


def is_held(request: HttpRequest) -> bool:
    """Whether the chain has owed the platform for so long that nothing new is promised to members."""
    held_from: date | None = getattr(getattr(request, "chain", None), "held_from", None)
    return held_from is not None and held_from <= clock.today()


def shown_name(actor: str, name: str) -> str:
    """Whoever did it, for people to read: ``actor`` and ``name`` as rows keep them. The program itself has a name in
    each language; a member is named as one, whatever her name: she is no colleague.
    """
    if actor.startswith("member:"):
        return _("会员本人")
    return _("系统") if actor == str(SYSTEM) else name or actor
