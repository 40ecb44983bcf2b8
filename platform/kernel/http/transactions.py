"""A request is one transaction: sessions and log-in included, undone on any error.

Django has turned exceptions into responses by the time a middleware sees them, so the middleware listens where they pass:
``process_exception`` for what a view or a template response raises (a 404 included), ``got_request_exception`` for what an
inner middleware raises.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_resolver

from kernel.db import selected
from kernel.http.marks import opens_own_transactions

_failed: ContextVar[bool] = ContextVar("kayun_request_failed", default=False)


def _note_failure(**_: Any) -> None:
    _failed.set(True)


got_request_exception.connect(_note_failure, dispatch_uid="kernel.http.transactions")


class RequestTransactionMiddleware:
    """Wrap the rest of the request in one transaction of the chosen schema."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if _view_opens_its_own(request):
            return self.get_response(request)
        token = _failed.set(False)
        try:
            with transaction.atomic():
                response = self.get_response(request)
                if _failed.get():
                    transaction.set_rollback(True)
        finally:
            _failed.reset(token)
        if isinstance(response, StreamingHttpResponse):
            _stream_in_a_transaction(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Note that the view raised; what the person sees is decided by the handlers further out."""
        _failed.set(True)
        return None


def _view_opens_its_own(request: HttpRequest) -> bool:
    try:
        match = get_resolver(getattr(request, "urlconf", None)).resolve(request.path_info)
    except Resolver404:
        return False
    return opens_own_transactions(match.func)


def _stream_in_a_transaction(response: StreamingHttpResponse) -> None:
    """The body is produced after the request's transaction has ended: give it one of its own, in the same schema."""
    if response.is_async:
        raise TypeError("served over WSGI: give a streaming response a plain iterator")
    schema_name = connection.schema_name  # type: ignore[attr-defined]
    body = iter(response)  # type: ignore[call-overload]

    def in_own_transaction() -> Iterator[bytes]:
        with selected(schema_name), transaction.atomic():
            yield from body

    response.streaming_content = in_own_transaction()
