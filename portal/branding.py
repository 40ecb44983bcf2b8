"""The look that the chain of a request has chosen, where it has the module."""

from django.http import HttpRequest

from billing.subscriptions.entitlements import has_module
from membership.branding.models import Branding
from membership.branding.queries import chosen
from membership.branding.services import MODULE

_KEPT = "_kayun_look"


def look_of(request: HttpRequest) -> Branding | None:
    """The chain's look; None for the house's own. Asked once in a request; without the module not at all."""
    if not hasattr(request, _KEPT):
        on = has_module(request.chain, MODULE)  # type: ignore[attr-defined]
        setattr(request, _KEPT, chosen() if on else None)
    found: Branding | None = getattr(request, _KEPT)
    return found
