"""What is wrong with a body, in the API's own words: msgspec tells it in English sentences, and those may change."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from api.errors import InvalidRequest, Reason

WHOLE: Final = "$"
"""The path of the body as a whole."""

_PLACE: Final = re.compile(r"^(?P<said>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
# A name is repeated to its sender, but not at any length.
_NAME_LIMIT: Final = 64
# The names that JSON Schema gives, which is how the addresses are described.
_TYPES: Final[Mapping[str, str]] = {
    "int": "integer",
    "str": "string",
    "float": "number",
    "bool": "boolean",
    "datetime": "string",
    "date": "string",
}

Fault = Callable[[str, "re.Match[str]"], InvalidRequest]


def fault_of(sentence: str) -> InvalidRequest:
    """The refusal that says what msgspec says, with a path that is never empty."""
    place = _PLACE.match(sentence)
    said, path = (place["said"], (place["path"] or "").lstrip(".")) if place else (sentence, "")
    for pattern, fault in _FAULTS:
        if found := pattern.match(said):
            return fault(path, found)
    return InvalidRequest(field=path or WHOLE, reason=Reason.INVALID)


def _plain(reason: Reason) -> Fault:
    return lambda path, found: InvalidRequest(field=path or WHOLE, reason=reason)


def _named(reason: Reason) -> Fault:
    def fault(path: str, found: "re.Match[str]") -> InvalidRequest:
        return InvalidRequest(field=inside(path, found["name"]), reason=reason)

    return fault


def _wrong_type(path: str, found: "re.Match[str]") -> InvalidRequest:
    expected = " | ".join(_TYPES.get(name, name) for name in found["expected"].split(" | "))
    got = _TYPES.get(found["got"], found["got"])
    return InvalidRequest(field=path or WHOLE, reason=Reason.WRONG_TYPE, expected=expected, got=got)


def _counted(path: str, found: "re.Match[str]") -> InvalidRequest:
    reason = Reason.TOO_FEW if found["sign"] == ">" else Reason.TOO_MANY
    return InvalidRequest(field=path or WHOLE, reason=reason, limit=int(found["limit"]))


def inside(path: str, name: str) -> str:
    """The path of a field of that name in the object at that path."""
    return f"{path}.{name[:_NAME_LIMIT]}" if path else name[:_NAME_LIMIT] or WHOLE


_FAULTS: Final[tuple[tuple["re.Pattern[str]", Fault], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), fault)
    for pattern, fault in (
        (r"Object contains unknown field `(?P<name>.*)`$", _named(Reason.UNKNOWN_FIELD)),
        (r"Object missing required field `(?P<name>.*)`$", _named(Reason.MISSING_FIELD)),
        (r"Expected `datetime` with a timezone", _plain(Reason.BAD_MOMENT)),
        (r"Invalid RFC3339 encoded date$", _plain(Reason.BAD_FORMAT)),
        (r"Invalid RFC3339", _plain(Reason.BAD_MOMENT)),
        (r"Expected `array` of length (?P<sign>[<>])= (?P<limit>\d+)$", _counted),
        (r"Expected `str` matching regex", _plain(Reason.BAD_FORMAT)),
        (r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`$", _wrong_type),
        (r"Number out of range", _plain(Reason.OUT_OF_RANGE)),
    )
)


class _Repeated(dict[str, Any]):
    """An object that has a field twice. ``name`` is the field."""

    name: str


class _Twice(Exception):
    """Somewhere in the body, a field is there twice."""


def refuse_repeated_fields(raw: bytes) -> None:
    """Refuse JSON in which an object has a field twice: readers differ in which of the two counts.

    ``raw`` has been read once and is known to be JSON. The second reading takes microseconds, and holds whatever the
    addresses take; where the field stands is only looked for when there is one.

    Raises:
        InvalidRequest: names the field by its path.
    """
    text = raw.decode()
    try:
        _READER.decode(text)
    except _Twice:
        body = json.loads(text, object_pairs_hook=_marked)
        raise InvalidRequest(field=_path_to_repeated(body) or WHOLE, reason=Reason.DUPLICATE_FIELD) from None


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise _Twice


_READER: Final = json.JSONDecoder(object_pairs_hook=_once)


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = _Repeated(pairs)
    if len(fields) == len(pairs):
        return dict(fields)
    names = [name for name, _ in pairs]
    fields.name = next(name for name in names if names.count(name) > 1)
    return fields


def _path_to_repeated(value: Any, path: str = "") -> str | None:
    if isinstance(value, _Repeated):
        return inside(path, value.name)
    if isinstance(value, dict):
        parts = [(inside(path, name), part) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}[{place}]", part) for place, part in enumerate(value)]
    else:
        return None
    return next((found for at, part in parts if (found := _path_to_repeated(part, at)) is not None), None)
