"""A chain's own look: its style sheet and its logo, for whoever opens the members' portal."""

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from kernel.files.services import contents
from membership.branding.domain import Colour, stylesheet
from portal.branding import look_of

_FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def brand_css(request: HttpRequest, version: int) -> HttpResponseBase:
    """The colours the chain has chosen. Another choice has another address."""
    look = look_of(request)
    if look is None or look.version != version:
        raise Http404
    colours = [Colour.parse(text) if text else None for text in (look.colour, look.card_colour)]
    text = stylesheet(brand=colours[0], card=colours[1])
    return HttpResponse(text, content_type="text/css", headers={"Cache-Control": _FOR_EVER})


@require_safe
def brand_logo(request: HttpRequest, version: int) -> HttpResponseBase:
    """The chain's logo, a PNG whose bytes were looked at when it was chosen."""
    look = look_of(request)
    if look is None or look.version != version or look.logo is None:
        raise Http404
    headers = {"Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(b"".join(contents(look.logo)), content_type="image/png", headers=headers)
