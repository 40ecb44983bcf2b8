"""What every page knows without its view saying so."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """What every template may use.

    ``local_mode``: whether the local helps (the mail page, the style page) are linked. ``chain``: whose host this is,
    None on the public site. On the desk also who is there, where, and what she may do (``Desk.shell``).
    """
    desk = getattr(request, "desk", None)
    return {
        "local_mode": settings.LOCAL,
        "chain": getattr(request, "chain", None),
        **(desk.shell() if desk is not None else {}),
    }
