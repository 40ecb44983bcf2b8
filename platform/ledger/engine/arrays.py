"""Columns as PostgreSQL array literals.

A whole column travels as one text parameter: the statement and its parameter types are the same for one row and for
ten thousand, so it is prepared once. (psycopg's own list dumper chooses int2[], int4[] or int8[] by the values it
meets, each a statement of its own, and is written in Python.)
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any


def plain(values: Iterable[Any]) -> str:
    """Numbers, UUIDs: what needs no quotes. ``None`` is NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def moments(values: Iterable[datetime | None]) -> str:
    """Aware moments."""
    return "{" + ",".join(["NULL" if value is None else value.isoformat() for value in values]) + "}"


def texts(values: Iterable[str | None]) -> str:
    """Text, JSON text."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def binaries(values: Iterable[bytes]) -> str:
    """Byte strings, as hexadecimal."""
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
