"""How the API says no: one shape, with a stable code.

{"error": {"code": "…", "message": "…", "params": {…}, "request_id": "…"}}
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response

from kernel.errors import DomainError
from kernel.observability import context


class MalformedJson(DomainError):
    """The body is not JSON."""

    code = "malformed_json"
    status = 400
    message = _("请求体不是有效的 JSON,未作任何更改。")


class InvalidRequest(DomainError):
    """The body is JSON, but not what this address takes. ``fields`` names each fault by its path."""

    code = "invalid_request"
    status = 400
    message = _("请求内容无效,未作任何更改:{problem}")


class UnsupportedMediaType(DomainError):
    """The body is not ``application/json``."""

    code = "unsupported_media_type"
    status = 415
    message = _("请求体须为 application/json,未作任何更改。")


class BodyTooLarge(DomainError):
    """The body is larger than the address takes."""

    code = "body_too_large"
    status = 413
    message = _("请求体超过 {limit_bytes} 字节,未作任何更改。")


class NotFound(DomainError):
    """There is nothing at this address."""

    code = "not_found"
    status = 404
    message = _("没有找到所请求的内容。")


class MethodNotAllowed(DomainError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    message = _("此地址不支持该请求方法,未作任何更改。")


class NotPermitted(DomainError):
    """Known, but not allowed."""

    code = "not_allowed"
    status = 403
    message = _("没有权限执行此操作,未作任何更改。")


_BY_STATUS = {404: NotFound, 405: MethodNotAllowed, 403: NotPermitted, 415: UnsupportedMediaType}


def handle(error: Exception, view_context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What is nobody's refusal is left to Django: logged, reported, answered with 500."""
    refusal = _as_refusal(error)
    if refusal is None:
        return None
    _roll_back()
    headers = {"WWW-Authenticate": 'Bearer realm="kayun"'} if refusal.status == 401 else None
    return Response({"error": body(refusal)}, status=refusal.status, headers=headers)


def body(refusal: DomainError) -> dict[str, Any]:
    """The error object of the answer."""
    return {**refusal.as_dict(), "request_id": context.current().request_id}


def _as_refusal(error: Exception) -> DomainError | None:
    if isinstance(error, DomainError):
        return error
    if isinstance(error, exceptions.ParseError):
        return MalformedJson()
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return NotPermitted()
    if isinstance(error, exceptions.APIException):
        known = _BY_STATUS.get(error.status_code)
        return known() if known else InvalidRequest(problem=str(error.detail))
    return None


def _roll_back() -> None:
    """The answer is made from the error, so no exception reaches the request's transaction: undo it here."""
    if transaction.get_connection().in_atomic_block:
        transaction.set_rollback(True)
