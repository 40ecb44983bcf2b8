"""Addresses that name nothing."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kernel.http.handlers import PROGRAMS_PREFIX
from portal.errors import not_found

_LONGEST = 1000


class PathMiddleware:
    """Answer 404 to paths that no page can have: with control characters, which PostgreSQL refuses as text (NUL), or
    endlessly long. One place for every address with a free text in it, those of other packages included.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path.startswith(PROGRAMS_PREFIX):
            # Programs are answered by the API, in JSON.
            return self.get_response(request)
        if len(path) > _LONGEST or any(ord(character) < 32 for character in path):
            return not_found(request)
        return self.get_response(request)
