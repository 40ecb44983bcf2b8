"""What every page knows without its view saying so."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """``local_mode``: whether the local helps (the mail page, the style page) are linked."""
    return {"local_mode": settings.LOCAL}
