"""What may leave the process in a log line or a report.

A person's name looks like any other text, so nothing can be found and removed after the fact: what is not known to be
harmless is left out. The type, the place and the code of an error are enough to mend it.
"""

import re
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DjangoDatabaseError
from django.db import OperationalError as DjangoOperationalError

from kernel.errors import DomainError

REMOVED: Final = "[removed]"

_PERSONAL_KEYS: Final = frozenset(
    {"pin", "old_pin", "new_pin", "password", "passwd", "secret", "token", "key", "api_key", "authorization"}
    | {"cookie", "cookies", "session", "sessionid", "csrftoken"}
    | {"name", "full_name", "holder", "member_name", "actor_name", "phone", "mobile", "email", "address", "birthday"}
    | {"id_number", "id_no", "document_number", "landline", "owner_code", "vin", "plate", "proof"}
    | {"body", "data", "form", "post", "query", "params", "args", "kwargs"}
)
_API_KEY: Final = re.compile(r"kyn_[A-Za-z0-9]+_[A-Za-z0-9_-]+")
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# PINs, telephones, ID and card numbers. Not the digits inside a UUID or another longer word.
_LONG_NUMBER: Final = re.compile(r"(?<![\w-])\d{6,}[Xx]?(?![\w-])", re.ASCII)
# Vehicles lead to their owners: identification numbers (17 places, digits among them) and licence plates.
_VIN: Final = re.compile(r"(?<![\w-])(?=[A-HJ-NPR-Z0-9]*[0-9]{4})[A-HJ-NPR-Z0-9]{17}(?![\w-])", re.ASCII)
_PLATE: Final = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z]·?[A-HJ-NP-Z0-9]{5,6}"
)
_URL_PASSWORD: Final = re.compile(r"(?<=://)([^:/@\s]*):[^@\s]+@")
# What one of them begins with: most texts have none of it.
_SUSPECT: Final = re.compile(r"kyn_|@|[0-9]{6}|[A-HJ-NPR-Z0-9]{17}|[\u4e00-\u9fff][A-Z]·?[A-HJ-NP-Z0-9]{5}")

# Their texts name code, types and connections. Exact types: a subclass may put a value into its text.
_SPEAKS_OF_CODE: Final = frozenset(
    {
        AttributeError,
        NameError,
        ImportError,
        ModuleNotFoundError,
        NotImplementedError,
        RecursionError,
        ImproperlyConfigured,
    }
)


def scrub(text: str) -> str:
    """The text without what can be recognised: API keys, e-mail addresses, passwords in URLs, long numbers,
    vehicles' numbers and plates.
    """
    if not _SUSPECT.search(text):
        return text
    text = _API_KEY.sub(REMOVED, text)
    text = _URL_PASSWORD.sub(rf"\1:{REMOVED}@", text)
    text = _EMAIL.sub(REMOVED, text)
    text = _VIN.sub(REMOVED, text)
    text = _PLATE.sub(REMOVED, text)
    return _LONG_NUMBER.sub(REMOVED, text)


def scrub_mapping(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without those under personal names, and with every text scrubbed, at any depth."""
    return {key: REMOVED if key.lower() in _PERSONAL_KEYS else _scrub_value(value) for key, value in values.items()}


def _scrub_value(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, bool | int | float | type(None)):
        return value
    if isinstance(value, Mapping):
        return scrub_mapping({str(key): inner for key, inner in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [_scrub_value(inner) for inner in value]
    return scrub(str(value))


def describe(error: BaseException) -> str:
    """What may be said of an error: the code of a refusal, SQLSTATE and constraint of a database's, the text of those
    that only ever speak of code. Nothing else: ``Key (phone)=(138…) already exists`` is a text, too.
    """
    if isinstance(error, DomainError):
        return error.code
    if isinstance(error, DjangoOperationalError) and not _sqlstate(error):
        return scrub(str(error))  # No server answered: the text tells of a host and a port.
    if isinstance(error, DjangoDatabaseError) or _sqlstate(error):
        return _describe_database_error(error)
    if type(error) in _SPEAKS_OF_CODE:
        return scrub(str(error))
    return REMOVED


def _sqlstate(error: BaseException) -> str:
    source = error.__cause__ if isinstance(error, DjangoDatabaseError) and error.__cause__ is not None else error
    return str(getattr(source, "sqlstate", None) or "")


def _describe_database_error(error: BaseException) -> str:
    source = error.__cause__ or error
    diagnosis = getattr(source, "diag", None)
    parts = {
        "sqlstate": _sqlstate(error),
        "table": getattr(diagnosis, "table_name", None),
        "constraint": getattr(diagnosis, "constraint_name", None),
    }
    return " ".join(f"{name}={value}" for name, value in parts.items() if value) or REMOVED


def describe_traceback(error: BaseException) -> list[dict[str, Any]]:
    """An error and those behind it, outermost last: type, what may be said of it, and where it passed. No values."""
    chain: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        kind = f"{type(current).__module__}.{type(current).__qualname__}".removeprefix("builtins.")
        chain.append({"type": kind, "what": describe(current), "at": _places(current.__traceback__)})
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return list(reversed(chain))


def _places(traceback: TracebackType | None) -> list[str]:
    places = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        places.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_qualname}")
        traceback = traceback.tb_next
    return places
