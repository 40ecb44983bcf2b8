"""What makes the members' portal something that can be installed: its manifest, its worker, its page without a network.

None of them holds anything of a member.
"""

from functools import cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from membership.branding.models import Branding
from portal.branding import look_of

_COLOUR: Final = "#0c2a31"
_PAPER: Final = "#f6f8f7"
_ICONS: Final = (("portal/icon-192.png", "192x192"), ("portal/icon-512.png", "512x512"))
# What the page without a network is drawn with.
_PARTS: Final = (
    "portal/app.css",
    "portal/kayun.js",
    "portal/member.js",
    "portal/favicon.svg",
)
_LONGEST_SHORT_NAME: Final = 12
# Browsers install nothing with a smaller one.
_LEAST_ICON: Final = 192


@require_safe
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> HttpResponseBase:
    """The chain's portal as an application: its name, where it begins, its icons."""
    look = look_of(request)
    name = request.chain.name  # type: ignore[attr-defined]
    told = {
        "id": reverse("member:login"),
        "name": _("%(chain)s 会员卡") % {"chain": name},
        "short_name": name[:_LONGEST_SHORT_NAME],
        "lang": "en" if get_language() == "en" else "zh-Hans",
        "start_url": reverse("member:home"),
        "scope": reverse("member:login"),
        "display": "standalone",
        "theme_color": look.colour if look and look.colour else _COLOUR,
        "background_color": _PAPER,
        "icons": _icons(look),
    }
    return JsonResponse(told, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


@require_safe
@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponseBase:
    """The script that stands between the portal and the network. At the root: it serves what is below it."""
    return HttpResponse(_script(), content_type="text/javascript; charset=utf-8")


@require_safe
@cache_control(max_age=3600, private=True)
def offline(request: HttpRequest) -> HttpResponseBase:
    """What is shown without a network to whom nothing was kept for."""
    return render(request, "member/offline.html")


@cache
def worker_url() -> str:
    """The worker's address; it names what the worker keeps, so that another release is another worker."""
    return f"{reverse('member:worker')}?{urlencode([('part', static(path)) for path in _PARTS])}"


def _icons(look: Branding | None) -> list[dict[str, str]]:
    if look is not None and look.logo is not None and (look.logo_side or 0) >= _LEAST_ICON:
        source, side = reverse("member:brand_logo", args=[look.version]), look.logo_side
        return [{"src": source, "sizes": f"{side}x{side}", "type": "image/png", "purpose": "any"}]
    return [
        {"src": static(path), "sizes": size, "type": "image/png", "purpose": purpose}
        for path, size in _ICONS
        for purpose in ("any", "maskable")
    ]


@cache
def _script() -> bytes:
    found = finders.find("portal/sw.js")
    return Path(str(found)).read_bytes()
