"""Columns as PostgreSQL array literals.

A whole column travels as one text parameter: the statement and its parameter types are the same for one row and for
ten thousand, so it is prepared once. (psycopg's own list dumper chooses int2[], int4[] or int8[] by the values it
meets, each a statement of its own, and is written in Python.)
"""

from collections.abc import Iterable
from typing import Any

import msgspec


def plain(values: Iterable[Any]) -> str:
    """Numbers, UUIDs, moments, dates: what holds no character that an array would have to escape. ``None`` is NULL.

    Between its brackets a JSON array of such values is an array literal, and msgspec writes it in C.
    """
    return "{" + msgspec.json.encode(list(values))[1:-1].decode() + "}"


def texts(values: Iterable[str | None]) -> str:
    """Text, JSON text."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def binaries(values: Iterable[bytes]) -> str:
    """Byte strings, as hexadecimal."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
