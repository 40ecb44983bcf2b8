"""The chain's registers, at /desk/registers/."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portal.actors import actor_of_request
from portal.registers.base import RegisterSite
from tenants.people.domain import Act, NotAllowed


class DeskRegisters(RegisterSite):
    """For staff whose roles let them look."""

    site_title = site_header = index_title = _("登记簿")
    site_url = "/desk/"

    def has_permission(self, request: HttpRequest) -> bool:
        actor = actor_of_request(request)
        return actor is not None and actor.may_somewhere(Act.REGISTER_VIEW)

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """The desk's own log-in; whoever is logged in and may not look is told so.

        Raises:
            NotAllowed
        """
        if actor_of_request(request) is not None:
            raise NotAllowed(act=Act.REGISTER_VIEW.label)
        return HttpResponseRedirect(
            f"{reverse('desk:login')}?{urlencode({'next': request.GET.get('next', '/desk/registers/')})}"
        )

    def logout(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("desk:home"))


registers_site = DeskRegisters(name="registers")
