"""What a page may be asked with."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from kernel.http.handlers import PROGRAMS_PREFIX

PAGE_METHODS: Final = ("GET", "HEAD", "POST")


class PageMethodsMiddleware:
    """Answer 405 to whatever no page has an answer to. One place for every page, those of other packages included:
    Django's own form views take a PUT for a form that was sent.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Programs are answered by the API, in JSON.
        if request.method in PAGE_METHODS or request.path_info.startswith(PROGRAMS_PREFIX):
            return self.get_response(request)
        return HttpResponseNotAllowed(PAGE_METHODS)
