"""JSON on the wire: read straight into typed structs and written from them, without DRF's serializers in between."""

from collections.abc import Mapping
from typing import IO, Any, ClassVar, Final

import msgspec
from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.errors import MalformedJson
from api.faults import fault_of, refuse_repeated_fields

JSON: Final = "application/json"
CHARGED: Final = "Charged-Calls"
"""The header that says of every answer how many calls it was charged as: 0 for reads, refusals and repetitions."""

_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Shape(msgspec.Struct, kw_only=True):
    """What an address answers."""


class Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What an address takes. A field it does not know is refused: a misspelt one would be lost silently."""


class JsonParser(BaseParser):
    """Read the body into the struct that the view ``takes``."""

    media_type = JSON

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The body as the view's struct.

        Raises:
            MalformedJson, InvalidRequest
        """
        return decode(stream.read(), parser_context["view"].takes)  # type: ignore[index]


class JsonRenderer(BaseRenderer):
    """Write structs, dicts and lists as JSON."""

    media_type = JSON
    format = "json"
    charset: ClassVar[str | None] = None  # type: ignore[misc]  # JSON is UTF-8 and says so itself

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The answer's bytes; nothing for no data."""
        return b"" if data is None else encode(data)


class OnlyJson(BaseContentNegotiation):
    """There is one format, so there is nothing to negotiate: ``Accept`` is not read."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """Our parser if the body is JSON; without one, DRF answers 415."""
        media_type = str(request.content_type or "").partition(";")[0].strip().lower()
        return parsers[0] if media_type == JSON else None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """Our renderer."""
        return renderers[0], JSON


def encode(data: Any) -> bytes:
    """Structs, dicts and lists as JSON; what JSON does not know, as text."""
    return msgspec.json.encode(data, enc_hook=str)


def answered(
    shape: Shape, *, status: int = 200, headers: Mapping[str, str] | None = None, charged_calls: int = 0
) -> HttpResponse:
    """The answer as JSON. Not DRF's ``Response``, a template that is drawn later: there is nothing to choose."""
    told = {CHARGED: str(charged_calls), **(headers or {})}
    return HttpResponse(encode(shape), content_type=JSON, status=status, headers=told)


def decode(raw: bytes, shape: type[Any]) -> Any:
    """Read JSON into a struct, strictly: no float, text or truth value stands in for a whole number.

    Raises:
        MalformedJson: not JSON, not UTF-8, or nested deeper than anybody could mean.
        InvalidRequest: JSON of another shape, or with a field twice; names the first fault's field.
    """
    try:
        body = msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        # It stops at the first fault of shape: whether the rest is JSON at all is still open.
        if not _is_json(raw):
            raise MalformedJson from error
        raise fault_of(str(error)) from error
    except _NOT_JSON as error:
        raise MalformedJson from error
    refuse_repeated_fields(raw)
    return body


def _is_json(raw: bytes) -> bool:
    try:
        msgspec.json.decode(raw)
    except _NOT_JSON:
        return False
    return True
