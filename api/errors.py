"""How the API says no: one shape, with a stable code.

{"error": {"code": "…", "message": "…", "params": {…}, "request_id": "…"}}
"""

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.db import transaction
from django.db.models import TextChoices
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.db.reaching import database_lost, never_reached
from kernel.errors import DomainError
from kernel.observability import context
from kernel.outages import OutcomeUnknown, Unavailable

_log = structlog.get_logger("kayun.api")


class MalformedJson(DomainError):
    """The body is not JSON."""

    code = "malformed_json"
    status = 400
    message = _("请求体不是有效的 JSON，未作任何更改。")


class Reason(TextChoices):
    """What is wrong with a field: stable, and told in ``params.reason``. The label is for people."""

    UNKNOWN_FIELD = "unknown_field", _("没有这个字段")
    MISSING_FIELD = "missing_field", _("缺少这个字段")
    DUPLICATE_FIELD = "duplicate_field", _("这个字段出现了不止一次")
    WRONG_TYPE = "wrong_type", _("类型须为 {expected}，收到的是 {got}")
    BAD_FORMAT = "bad_format", _("格式不符，请对照接口说明")
    BAD_MOMENT = "bad_moment", _("须为带时区偏移的时间，例如 2026-03-02T12:00:00+08:00")
    OUT_OF_RANGE = "out_of_range", _("数值超出范围")
    TOO_FEW = "too_few", _("至少须有 {limit} 项")
    TOO_MANY = "too_many", _("最多 {limit} 项")
    IN_FUTURE = "in_future", _("是将来的时间")
    TOO_OLD = "too_old", _("已超过 {limit} 天")
    INVALID = "invalid", _("内容无效")


class InvalidRequest(DomainError):
    """The body is JSON, but not what this address takes.

    ``field`` is the path of the fault, ``items[3].amount_fen``, or ``$`` for the body as a whole: it is never empty.
    ``details`` fill the reason's text and are told too: ``expected`` and ``got``, or ``limit``.
    """

    code = "invalid_request"
    status = 400
    message = _("请求内容无效，未作任何更改。{field}：{problem}")

    def __init__(self, *, field: str, reason: Reason, **details: str | int) -> None:
        super().__init__(field=field, reason=reason, **details)
        self._problem = str(reason.label).format(**details)

    def __str__(self) -> str:
        return str(self.message).format(field=self.params["field"], problem=self._problem)


class IdempotencyKeyMissing(DomainError):
    """A request that moves value must carry a key, so that a repetition is known for one."""

    code = "idempotency_key_missing"
    status = 400
    message = _("缺少 Idempotency-Key 请求头，未作任何更改。请为每笔新业务生成一个新的键。")


class IdempotencyKeyInvalid(DomainError):
    """The key is 1 to 200 printable ASCII characters without spaces."""

    code = "idempotency_key_invalid"
    status = 400
    message = _("Idempotency-Key 须为 1–{limit} 个不含空格的可见 ASCII 字符，未作任何更改。")


class OutcomeUnknownToProgram(OutcomeUnknown):
    """The same to a program: the key makes it safe to ask again."""

    message = _("与数据库的连接中断，无法确定是否已经记账。请用同一幂等键重试：已记的不会重复记账。")


class Internal(DomainError):
    """Our fault. It was logged and reported under the request's id."""

    code = "internal_error"
    status = 500
    message = _("服务器内部错误。请用同一幂等键重试；若仍失败，请告知请求编号。")


class UnsupportedMediaType(DomainError):
    """The body is not ``application/json``."""

    code = "unsupported_media_type"
    status = 415
    message = _("请求体须为 application/json，未作任何更改。")


class BodyTooLarge(DomainError):
    """The body is larger than the address takes."""

    code = "body_too_large"
    status = 413
    message = _("请求体超过 {limit_bytes} 字节，未作任何更改。")


class LengthRequired(DomainError):
    """The body came in pieces without saying how many. Nothing of it was read."""

    code = "length_required"
    status = 411
    message = _("请求须带 Content-Length 请求头，未作任何更改。")


class NotFound(DomainError):
    """There is nothing at this address."""

    code = "not_found"
    status = 404
    message = _("没有找到所请求的内容。")


class MethodNotAllowed(DomainError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    status = 405
    message = _("此地址不支持该请求方法，未作任何更改。")


class NotPermitted(DomainError):
    """Known, but not allowed."""

    code = "not_allowed"
    status = 403
    message = _("没有权限执行此操作，未作任何更改。")


_BY_STATUS = {404: NotFound, 405: MethodNotAllowed, 403: NotPermitted, 415: UnsupportedMediaType}


def handle(error: Exception, view_context: dict[str, Any]) -> Response:
    """DRF's exception handler: every error becomes a refusal in the API's one shape, and what was written is undone."""
    refusal = _as_refusal(error) or _as_outage(error, view_context["request"])
    if refusal is None:
        refusal = Internal()
        _tell(error, view_context)
    _roll_back()
    return Response({"error": body(refusal)}, status=refusal.status, headers=_headers(refusal))


def _headers(refusal: DomainError) -> dict[str, str]:
    headers = {"Charged-Calls": "0"}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="kayun"'
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return headers


def _tell(error: Exception, view_context: dict[str, Any]) -> None:
    """What Django does with an exception that no one expected: tell its listeners and the log."""
    request = view_context["request"]._request
    got_request_exception.send(sender=type(view_context["view"]), request=request)
    _log.error("api error", exc_info=error)


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
        return known() if known else InvalidRequest(field="$", reason=Reason.INVALID)
    return None


def _as_outage(error: Exception, request: Request) -> DomainError | None:
    if not database_lost(error):
        return None
    _log.warning("a part is out of reach", part="database", error=type(error).__name__)
    nothing_done = never_reached(error) or request.method in SAFE_METHODS
    return Unavailable() if nothing_done else OutcomeUnknownToProgram()


def _roll_back() -> None:
    """The answer is made from the error, so no exception reaches the request's transaction: undo it here."""
    if transaction.get_connection().in_atomic_block:
        transaction.set_rollback(True)
