"""The desk's door: log-in by name or e-mail, log-out, and the owner's ticket."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from portal.hosts import public_url
from tenants.audit.services import record
from tenants.people import services
from tenants.people.queries import actor_of

# The ticket has already answered for the person: signed by the public site, for an owner who logged in there.
_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class DeskLoginForm(LoginForm):  # type: ignore[misc]
    """allauth's form, in the desk's words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("用户名或邮箱")
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "placeholder": ""})


class DeskLogin(LoginView):  # type: ignore[misc]
    """allauth's log-in (rate limits, second factor) on the desk's page."""

    template_name = "desk/login.html"
    form_class = DeskLoginForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return {
            **context,
            "next": self.request.GET.get("next", ""),
            "console_url": public_url(self.request, "/console/"),
        }


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Log out."""
    logout(request)
    return HttpResponseRedirect(reverse("desk:login"))


@require_GET
@never_cache
def enter(request: HttpRequest) -> HttpResponse:
    """Spend an owner's ticket and open the desk as his staff account.

    Raises:
        TicketRefused
    """
    staff = services.redeem_ticket(raw=request.GET.get("ticket", ""), chain_slug=request.chain.slug)  # type: ignore[attr-defined]
    login(request, staff, backend=_BACKEND)
    record(actor_of(staff), "desk.enter", object_type="user", object_id=staff.pk)
    return HttpResponseRedirect(reverse("desk:home"))
