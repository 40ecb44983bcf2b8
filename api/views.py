"""What all of the API's views have in common."""

from typing import Any, ClassVar, Final

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.request import Request
from rest_framework.views import APIView

from api.callers import Caller, Claim, claim_of, identify
from api.errors import BodyTooLarge, LengthRequired, MalformedJson, NotFound
from api.wire import JsonParser, JsonRenderer, OnlyJson
from kernel.errors import DomainError

_WITHOUT_BODY: Final = frozenset({"GET", "HEAD"})
METHODS: Final = ["get", "head", "post", "put", "patch", "delete"]
"""What is looked for in a view. OPTIONS is not: the addresses are described in one place, and asked by no browser."""


class ApiView(APIView):
    """JSON in, JSON out, for a holder of one of the chain's keys."""

    parser_classes = (JsonParser,)
    renderer_classes = (JsonRenderer,)
    content_negotiation_class = OnlyJson
    http_method_names = METHODS

    takes: ClassVar[Any] = Any
    """The struct that the body is read into."""
    body_limit_bytes: ClassVar[int] = 8 * 1024
    identifies_later: ClassVar[bool] = False
    """Whether the method itself learns who calls, from the claim, with whatever else it asks the database."""

    claim: Claim
    caller: Caller
    body: Any

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the body and learn who calls, in one trip. Who is unknown learns nothing about the body's faults. A body
        that no method takes is not read: 405 follows.

        Raises:
            InvalidApiKey, LengthRequired, BodyTooLarge, MalformedJson, InvalidRequest
        """
        super().initial(request, *args, **kwargs)
        fault: Exception | None = None
        self.body = None
        known = str(request.method).lower() in self.http_method_names and hasattr(self, str(request.method).lower())
        if known and request.method not in _WITHOUT_BODY:
            try:
                self.body = self.read(request)
            except (DomainError, UnsupportedMediaType) as error:
                fault = error
        self.claim = claim_of(request._request, store_code=getattr(self.body, "store_code", None))
        if fault is not None or not known or not self.identifies_later:
            self.caller = identify(self.claim)
        if fault is not None:
            raise fault

    def read(self, request: Request) -> Any:
        """What the method takes.

        Raises:
            LengthRequired, BodyTooLarge, MalformedJson, InvalidRequest
        """
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            raise LengthRequired
        declared = str(request.META.get("CONTENT_LENGTH") or "0")
        if not declared.isdecimal() or int(declared) > self.body_limit_bytes:
            raise BodyTooLarge(limit_bytes=self.body_limit_bytes)
        if int(declared) == 0:
            raise MalformedJson
        return request.data


class Nothing(APIView):
    """Where no other address matches: the API's own 404, not a page."""

    renderer_classes = (JsonRenderer,)
    content_negotiation_class = OnlyJson

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """404, whatever the method.

        Raises:
            NotFound
        """
        super().initial(request, *args, **kwargs)
        raise NotFound
