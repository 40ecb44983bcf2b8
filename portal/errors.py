"""What a person sees when something is refused or breaks: the code, what to do next, and the request's id."""

from collections.abc import Callable
from typing import Any

from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from kernel.errors import DomainError
from kernel.http.handlers import PROGRAMS_PREFIX
from kernel.http.refusals import refused
from kernel.observability.context import current
from portal.hosts import public_url
from tenants.chains.middleware import UnknownHost

# The statuses that have a page; any other refusal is drawn on 400's, with its own status.
_PAGES = frozenset({400, 403, 404, 405, 429, 500, 503})


def page(request: HttpRequest | None, *, status: int, code: str = "", message: object = "") -> HttpResponse:
    """The error page of that status, with a way back and, where there is one, the other language.

    Nothing is asked of the database: the transaction may be broken, or there is none. ``request`` is None when even its
    host cannot be believed.
    """
    template = f"{status if status in _PAGES else 400}.html"
    context: dict[str, Any] = {"status": status, "code": code, "message": message, "request_id": current().request_id}
    if request is None:
        return HttpResponse(render_to_string(template, context), status=status)
    if hasattr(request, "chain"):
        context |= _way_back(request, code)
        if hasattr(request, "LANGUAGE_CODE"):
            # Not where the refusal came before sessions and cookies: the switch would know nothing of them.
            context |= _other_language(request)
        return HttpResponse(render_to_string(template, context), status=status)
    # No chain answers here: nothing that could keep a language does either, so the browser's own is taken.
    with translation.override(translation.get_language_from_request(request)):
        context |= {"home_url": public_url(request, "/"), "home_label": _("前往卡云首页")}
        return HttpResponse(render_to_string(template, context), status=status)


def _way_back(request: HttpRequest, code: str) -> dict[str, Any]:
    """Where whoever met the error goes on: staff to the desk, the platform's to its registers, owners to the console,
    others to the front page.
    """
    on_chain = request.chain is not None  # type: ignore[attr-defined]
    if code in {"csrf_failed", "signed_out"}:
        return {"home_url": _log_in_address(request), "home_label": _("重新登录")}
    if code == "ticket_refused":
        return {"home_url": public_url(request, "/console/"), "home_label": _("回到控制台")}
    if on_chain and request.path_info.startswith("/desk/"):
        return {"home_url": "/desk/", "home_label": _("回到前台")}
    # Whom the request knows by now: to ask would be to ask the database.
    if not on_chain and getattr(getattr(request, "_cached_user", None), "kind", "") == "PLATFORM":
        return {"home_url": "/platform/", "home_label": _("回到平台管理")}
    if not on_chain and request.path_info.startswith("/console/"):
        return {"home_url": "/console/", "home_label": _("回到控制台")}
    return {"home_url": "/", "home_label": _("回到首页")}


def _log_in_address(request: HttpRequest) -> str:
    """Where whoever sent a form too late logs in again."""
    if request.chain is None:  # type: ignore[attr-defined]
        return "/accounts/login/"
    return "/desk/login/?next=/desk/" if request.path_info.startswith("/desk/") else "/"


def _other_language(request: HttpRequest) -> dict[str, Any]:
    """What the language switch needs. A page that answers only to forms cannot be come back to."""
    here = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
    return {"csrf_token": get_token(request), "language_next": here}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: Django could not make sense of the request (a forged host, a broken body); or a form was sent twice, and the
    first of them began another session.
    """
    if isinstance(exception, SessionInterrupted):
        message = _("这个浏览器的登录刚刚更换，这一次提交没有办理。请回到首页看一下，再做一次。")
        return page(request, status=400, code="session_changed", message=message)
    return page(None, status=400, code="bad_request")


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 without a domain error: Django's own refusals, the registers' among them."""
    message = str(exception) if isinstance(exception, PermissionDenied) and exception.args else ""
    return page(request, status=403, code="not_allowed", message=message)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404. Programs that ask the platform's own host for the API have left out their chain's name; they read JSON."""
    if request.path_info.startswith(PROGRAMS_PREFIX):
        return refused(request, UnknownHost(host=request.get_host()))
    return page(request, status=404, code="not_found")


def server_error(request: HttpRequest) -> HttpResponse:
    """500. The transaction is broken by now: the page is drawn without asking it anything."""
    return page(request, status=500, code="server_error")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose token is missing or of an older session."""
    message = _("页面已过期，提交的内容没有办理，请重新登录后再做一次。")
    return page(request, status=403, code="csrf_failed", message=message)


def signed_out(request: HttpRequest) -> HttpResponse:
    """403 for a form sent after the log-in had ended."""
    message = _("登录已过期，提交的内容没有办理，请重新登录后再做一次。")
    return page(request, status=403, code="signed_out", message=message)


class DomainErrorMiddleware:
    """Draw the refusals that no view caught, and Django's bare 405. Nothing of the request is kept.

    Stands outside ``RequestTransactionMiddleware``, whose ``process_exception`` must hear of the exception first.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        drawn = page(request, status=405, code="method_not_allowed")
        drawn["Allow"] = response["Allow"]
        return drawn

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DataError) and "NUL" in str(exception):
            # No column keeps that byte, wherever it was sent.
            message = _("提交的内容里有无法保存的字符，未作任何更改。请删去后再试一次。")
            return page(request, status=400, code="bad_request", message=message)
        if not isinstance(exception, DomainError):
            return None
        drawn = page(request, status=exception.status, code=exception.code, message=str(exception))
        if exception.retry_after_s is not None:
            drawn["Retry-After"] = str(exception.retry_after_s)
        return drawn
