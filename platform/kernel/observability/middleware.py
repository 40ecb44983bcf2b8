"""The outermost middlewares: a context for each request and its line in the log, and the health addresses."""

import re
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kernel.ids import uuid7
from kernel.observability import context, health

HEADER: Final = "X-Request-ID"
# What a proxy or a chain's own software may choose; anything else could forge log lines.
_SANE: Final = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9._-]{7,39}\Z")

_log = structlog.get_logger("kayun.request")


class RequestContextMiddleware:
    """Give the request an id (its own, if sane), return it, and write one line when it ends.

    The line names the route, not the path: paths hold card numbers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _SANE.match(given) else uuid7().hex
        began = time.perf_counter()
        with context.work(request_id=request_id, request=request):
            response = self.get_response(request)
            _log.info(
                "request",
                method=request.method,
                route=context.route_of(request),
                status=response.status_code,
                took_ms=round((time.perf_counter() - began) * 1000, 1),
            )
        response[HEADER] = request_id
        return response


class HealthMiddleware:
    """Answer ``/healthz`` and ``/readyz`` under any host name, before anything that needs a database or a chain."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = health.VIEWS.get(request.path_info)
        return view(request) if view else self.get_response(request)
