"""The description of version 1 for machines (OpenAPI), made from the structs that the addresses really use."""

from typing import Any, Final

import msgspec
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from api.v1 import shapes

_REFERENCE: Final = "#/components/schemas/{name}"
_SHAPES: Final = (
    shapes.ConsumptionBody, shapes.Consumption, shapes.BatchBody, shapes.BatchOutcome, shapes.CardState,
    shapes.PastConsumption, shapes.MembersBody, shapes.MembersOutcome, shapes.ErrorAnswer,
)  # fmt: skip


def _refer(shape: type[Any]) -> dict[str, Any]:
    return {"application/json": {"$ref": _REFERENCE.format(name=shape.__name__)}}


def _answers(status: int, shape: type[Any], description: str, *refusals: int) -> dict[int, Any]:
    described = {status: _response(shape, description)}
    for refusal in refusals:
        described[refusal] = _response(shapes.ErrorAnswer, _REFUSALS[refusal])
    return described


def _response(shape: type[Any], description: str) -> OpenApiResponse:
    return OpenApiResponse({"$ref": _REFERENCE.format(name=shape.__name__)}, description=description)


_REFUSALS: Final = {
    400: "`malformed_json`, `invalid_request`, `amount_not_positive`, `idempotency_key_missing`, "
    "`idempotency_key_invalid`",
    401: "`invalid_api_key`",
    403: "`not_allowed`",
    404: "`card_not_found`, `store_not_found`, `not_found`",
    409: "`insufficient_balance`, `idempotency_conflict`, `pin_required`, `wrong_pin`, `card_pin_locked`, `card_lost`, "
    "`card_expired`, `card_locked`, `vehicle_mismatch`, …",
    411: "`length_required`",
    413: "`body_too_large`",
    415: "`unsupported_media_type`",
    503: "`busy`: too many PINs are being checked; ask again after `Retry-After` seconds",
}
_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="A new one for each new request, the same one when asking again. 1 to 200 printable characters.",
)

CONSUMPTION: Final[dict[str, Any]] = {
    "operation_id": "createConsumption",
    "summary": "Take an amount from a card",
    "description": "Repeating it with the same key does nothing twice and gets the same answer. `pin` is no part of "
    "what is compared, nor kept.",
    "tags": ["consumptions"],
    "parameters": [_KEY],
    "request": _refer(shapes.ConsumptionBody),
    "responses": _answers(201, shapes.Consumption, "Done, now or before.", 400, 401, 403, 404, 409, 411, 413, 415, 503),
}
BATCH: Final[dict[str, Any]] = {
    "operation_id": "createConsumptions",
    "summary": "Take amounts from many cards at once",
    "description": "Up to 1000 of one store. One refusal harms no other. Sending all of it again does nothing twice. "
    "Cards that ask for the PIN are refused here with `pin_required`.",
    "tags": ["consumptions"],
    "request": _refer(shapes.BatchBody),
    "responses": _answers(200, shapes.BatchOutcome, "One outcome per item.", 400, 401, 411, 413, 415),
}
MEMBERS: Final[dict[str, Any]] = {
    "operation_id": "syncMembers",
    "summary": "File or correct members by your own numbers",
    "description": "Up to 5000. One refusal harms no other. A number that is new here files a member, a known one"
    " corrects her. Charged as one call for each started 1000 members who were not refused; asking again with the same"
    " key is free and gets the same answer.",
    "tags": ["members"],
    "parameters": [_KEY],
    "request": _refer(shapes.MembersBody),
    "responses": _answers(
        200, shapes.MembersOutcome, "One outcome per member.", 400, 401, 403, 404, 409, 411, 413, 415
    ),
}
PAST_CONSUMPTION: Final[dict[str, Any]] = {
    "operation_id": "readConsumption",
    "summary": "Read a consumption",
    "description": "For as long as the chain's plan keeps records.",
    "tags": ["consumptions"],
    "responses": _answers(200, shapes.PastConsumption, "The consumption.", 401, 403, 404),
}
CARD: Final[dict[str, Any]] = {
    "operation_id": "readCard",
    "summary": "Read a card's state and balance",
    "description": "What a till needs to know; the holder's name is masked. In place of the number the code that a"
    " member shows on her telephone is taken, once; the answer has the card's number.",
    "tags": ["cards"],
    "responses": _answers(200, shapes.CardState, "The card.", 401, 403, 404, 409),
}


def components() -> dict[str, Any]:
    """The structs as JSON Schema, and how to authenticate: what spectacular appends to the document."""
    _, schemas = msgspec.json.schema_components(_SHAPES, ref_template=_REFERENCE)
    return {
        "schemas": schemas,
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "`kyn_…`, made at the desk."}},
    }
