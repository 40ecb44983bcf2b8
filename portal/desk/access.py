"""Who may see a page of the desk, and in which store she is working."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from billing.subscriptions.entitlements import modules_of
from membership.applications.queries import count_waiting, plan_has_applications
from portal.actors import actor_of_request
from portal.desk.menu import menu_for
from portal.errors import signed_out
from tenants.people.domain import Act, Actor, NotAllowed
from tenants.stores.models import Store
from tenants.stores.queries import open_stores

SESSION_STORE = "desk_store"


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk as one person has it: what the pages' shell draws."""

    actor: Actor
    stores: list[Store]
    """The open stores where her roles let her do anything."""
    store: Store | None
    """The one she works in now; None when there is none for her."""
    modules: frozenset[str]
    """What the chain has subscribed to, by code."""
    has_applications: bool = False
    """Whether the chain's plan has applications on the web."""

    def _waiting(self) -> dict[str, int]:
        """How much waits for this person behind an entry of the menu. One query, where the plan has applications."""
        if not self.has_applications or not self.actor.may_somewhere(Act.CARD_ISSUE):
            return {}
        return {"applications": count_waiting(self.actor)}

    def shell(self) -> dict[str, Any]:
        """The context of ``layouts/desk.html``."""
        return {
            "staff_name": self.actor.name,
            "stores": self.stores,
            "store": self.store,
            "allowed": {act for act in Act.values if self.actor.may_somewhere(act)},
            "modules": self.modules,
            "menu": menu_for(self.actor, modules=self.modules),
            # Asked by the page that draws the menu, once; parts of a page have none.
            "waiting": SimpleLazyObject(self._waiting),
        }


class DeskRequest(HttpRequest):
    """A request that passed ``staff_only``."""

    desk: Desk


View = Callable[..., HttpResponseBase]


def staff_only(*acts: Act) -> Callable[[View], View]:
    """Let in the staff who may do one of the acts in some store (any staff, when none is named); send others to log in.

    It only opens the page: the service that does an act asks again, for the store it is done in.

    Raises:
        NotAllowed
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            actor = actor_of_request(request)
            if actor is None:
                return signed_out(request) if request.method == "POST" else _to_login(request)
            if acts and not any(actor.may_somewhere(act) for act in acts):
                raise NotAllowed(act=acts[0].label)
            request.desk = _desk(request, actor)  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        return guarded

    return guard


def working_store(request: DeskRequest, act: Act) -> int:
    """The store where the person at the desk works now, in which she does the act.

    Raises:
        NotAllowed: there is none for her.
    """
    if request.desk.store is None:
        raise NotAllowed(act=act.label)
    return request.desk.store.pk


def _desk(request: HttpRequest, actor: Actor) -> Desk:
    stores = open_stores(for_actor=actor)
    chosen = request.session.get(SESSION_STORE)
    store = next((store for store in stores if store.pk == chosen), stores[0] if stores else None)
    modules = modules_of(request.chain)  # type: ignore[attr-defined]
    has_applications = plan_has_applications(request.chain)  # type: ignore[attr-defined]
    return Desk(actor=actor, stores=stores, store=store, modules=modules, has_applications=has_applications)


def _to_login(request: HttpRequest) -> HttpResponse:
    url = f"{reverse('desk:login')}?{urlencode({'next': request.get_full_path()})}"
    if getattr(request, "htmx", False):
        # A fragment of a page cannot hold the log-in page: have the browser go there.
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
