"""A request is one transaction: sessions and log-in included, undone on any error.

Django has turned exceptions into responses by the time a middleware sees them, so the middleware listens where they
pass: ``process_exception`` for what a view or a template response raises (a 404 included), ``got_request_exception``
for what breaks anywhere, and its own call for what the next middleware raises (a session deleted meanwhile). A
framework that makes its response from an exception inside the view says so (DRF), or calls ``roll_back``.
"""

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

from django.core.signals import got_request_exception
from django.db import connection, transaction
from django.http import FileResponse, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, get_resolver

from kernel.db import selected
from kernel.db.reaching import database_lost
from kernel.http.marks import opens_own_transactions
from kernel.outages import OutcomeUnknown

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})

_failed: ContextVar[bool] = ContextVar("kayun_request_failed", default=False)


def roll_back() -> None:
    """Have the request's transaction undone although a response is returned: for who turns an exception into one."""
    _failed.set(True)


def _note_failure(**_: Any) -> None:
    roll_back()


got_request_exception.connect(_note_failure, dispatch_uid="kernel.http.transactions")


class RequestTransactionMiddleware:
    """Wrap the rest of the request in one transaction of the chosen schema.

    Raises:
        OutcomeUnknown: the connection broke while the transaction was being committed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        # Django wraps every middleware so that its exceptions come out as responses; the next one's must come to us.
        self.get_response = getattr(get_response, "__wrapped__", get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        _failed.set(False)
        if _view_opens_its_own(request):
            return self._checked(request)
        to_be_kept = False
        try:
            with transaction.atomic():
                response = self._checked(request)
                # DRF marks what it made from an exception.
                if _failed.get() or getattr(response, "exception", False) is True:
                    transaction.set_rollback(True)
                else:
                    to_be_kept = request.method not in _READING
        except Exception as error:
            if to_be_kept and database_lost(error):
                raise OutcomeUnknown from error
            raise
        # A file is not made by SQL.
        if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
            _stream_in_a_transaction(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Note that the view raised; what the person sees is decided by the handlers further out."""
        roll_back()

    def _checked(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and response.is_async:
            raise TypeError("served over WSGI: give a streaming response a plain iterator")
        return response


def _view_opens_its_own(request: HttpRequest) -> bool:
    try:
        match = get_resolver(getattr(request, "urlconf", None)).resolve(request.path_info)
    except Resolver404:
        return False
    return opens_own_transactions(match.func)


def _stream_in_a_transaction(response: StreamingHttpResponse) -> None:
    """The body is produced after the request's transaction has ended: give it one of its own, in the same schema.

    A reader who leaves before the end closes the generator, which undoes what it wrote.
    """
    schema_name = connection.schema_name  # type: ignore[attr-defined]
    body = iter(response)

    def in_own_transaction() -> Iterator[bytes]:
        with selected(schema_name), transaction.atomic():
            yield from body

    response.streaming_content = in_own_transaction()
