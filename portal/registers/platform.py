"""The platform's own registers, at /platform/: chains, owners, mail."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portal.actors import actor_of_request
from portal.registers.base import RegisterSite
from tenants.people.domain import NotAllowed


class PlatformRegisters(RegisterSite):
    """For the platform's staff only."""

    site_title = site_header = index_title = _("平台登记簿")
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        actor = actor_of_request(request)
        return actor is not None and actor.kind == "platform" and request.user.is_active

    def login(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """The public site's log-in; an owner has no business here and is told so.

        Raises:
            NotAllowed
        """
        if actor_of_request(request) is not None:
            raise NotAllowed(act=_("平台登记簿"))
        return HttpResponseRedirect(
            f"{reverse('account_login')}?{urlencode({'next': request.GET.get('next', '/platform/')})}"
        )

    def logout(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("account_logout"))


platform_site = PlatformRegisters(name="platform")
