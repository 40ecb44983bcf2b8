"""Answers that a browser saves as a file."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header


def as_download(
    content: Iterable[bytes] | bytes, *, filename: str, content_type: str, size: int | None = None
) -> HttpResponseBase:
    """An answer that the browser saves and does not open."""
    headers: dict[str, Any] = {
        "Content-Disposition": content_disposition_header(True, filename) or "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    if isinstance(content, bytes):
        return HttpResponse(content, content_type=content_type, headers=headers)
    if size is not None:
        headers["Content-Length"] = str(size)
    return StreamingHttpResponse(content, content_type=content_type, headers=headers)
