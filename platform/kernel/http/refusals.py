"""Refusals that are told outside any view: before one is chosen, or because a part it stands on is down."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.module_loading import import_string

from kernel.errors import DomainError
from kernel.http.handlers import PROGRAMS_PREFIX
from kernel.observability.context import current
from kernel.outages import OutcomeUnknown, Unavailable, part_lost

_log = structlog.get_logger("kayun.outage")


def refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """The refusal as a page for people, as JSON for programs, in the language of the request."""
    if hasattr(request, "LANGUAGE_CODE"):
        response = _drawn(request, refusal)
    else:
        with translation.override(translation.get_language_from_request(request)):
            response = _drawn(request, refusal)
    if refusal.retry_after_s is not None:
        response["Retry-After"] = str(refusal.retry_after_s)
    return response


def _drawn(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    if request.path_info.startswith(PROGRAMS_PREFIX):
        error = {**refusal.as_dict(), "request_id": current().request_id}
        return JsonResponse({"error": error}, status=refusal.status)
    page: Callable[..., HttpResponse] = import_string(settings.ERROR_PAGE)
    return page(request, status=refusal.status, code=refusal.code, message=str(refusal))


class OutageMiddleware:
    """Answer 503 when the database or Valkey is out of reach, instead of calling it our own fault.

    Stands directly outside ``RequestTransactionMiddleware``, which finds the database gone before any view does.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        # Django wraps every middleware so that its exceptions come out as responses; the next one's must come to us.
        self.get_response = getattr(get_response, "__wrapped__", get_response)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response: HttpResponseBase = self.get_response(request)
        except OutcomeUnknown as refusal:
            return refused(request, refusal)
        except Exception as error:
            answer = self.process_exception(request, error)
            if answer is None:
                raise
            return answer
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn what says that a part is gone into the refusal."""
        part = part_lost(exception)
        if not part:
            return None
        _log.warning("a part is out of reach", part=part, error=type(exception).__name__)
        return refused(request, Unavailable())
