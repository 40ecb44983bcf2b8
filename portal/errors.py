"""What a person sees when something is refused or breaks: the code, what to do next, and the request's id."""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from kernel.observability.context import current

# The statuses that have a page; any other refusal is drawn on 400's, with its own status.
_PAGES = frozenset({400, 403, 404, 500, 503})


def page(request: HttpRequest | None, *, status: int, code: str = "", message: str = "") -> HttpResponse:
    """The error page of that status. Without a request nothing is asked of the database."""
    template = f"{status if status in _PAGES else 400}.html"
    context = {"status": status, "code": code, "message": message, "request_id": current().request_id}
    return HttpResponse(render_to_string(template, context, request), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: Django could not make sense of the request (a forged host, a broken body)."""
    return page(None, status=400, code="bad_request")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 without a domain error: Django's own refusals, the registers' among them."""
    message = str(exception) if isinstance(exception, PermissionDenied) and exception.args else ""
    return page(request, status=403, code="not_allowed", message=message)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404."""
    return page(request, status=404, code="not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500. The transaction is broken by now: the page is drawn without asking it anything."""
    return page(None, status=500, code="server_error")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or of an older session."""
    return page(request, status=403, code="csrf_failed", message=_("页面已过期，未作任何更改。请返回刷新后再试一次。"))


class DomainErrorMiddleware:
    """Draw the refusals that no view caught. Nothing of the request is kept.

    Stands outside ``RequestTransactionMiddleware``, whose ``process_exception`` must hear of the exception first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        return page(None, status=exception.status, code=exception.code, message=str(exception))
