"""Keys by version, schema and purpose. Derived when needed, never stored."""

from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection

KEY_BYTES: Final = 32

# Purposes times schemas that one process meets in a while; a key that is forgotten is derived again in microseconds.
_KEPT: Final = 4_096


def chosen_schema(schema: str | None) -> str:
    """The schema that was named, else the one that is chosen now."""
    return schema or str(connection.schema_name)  # type: ignore[attr-defined]


def newest_data_version() -> int:
    """The version under which new texts are encrypted."""
    return max(settings.DATA_KEYS)


def newest_index_version() -> int:
    """The version under which new blind indexes are made."""
    return max(settings.INDEX_KEYS)


def derived_key(purpose: str, *, version: int, schema: str | None = None) -> bytes:
    """The 32 bytes that encrypt for one purpose in one schema (by default the one chosen now).

    Raises:
        KeyError: the settings hold no data key of this version.
    """
    return _derive(settings.DATA_KEYS[version], _label("data", chosen_schema(schema), purpose))


def index_key(purpose: str, *, version: int, schema: str | None = None) -> bytes:
    """The 32 bytes that make blind indexes for one purpose in one schema.

    Raises:
        KeyError: the settings hold no index key of this version.
    """
    return _derive(settings.INDEX_KEYS[version], _label("index", chosen_schema(schema), purpose))


def _label(use: str, schema: str, purpose: str) -> bytes:
    # NUL occurs in none of the three: no two different triples make the same label.
    return "\0".join(("kayun", use, schema, purpose)).encode()


@lru_cache(maxsize=_KEPT)
def _derive(secret: str, label: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label).derive(secret.encode())
