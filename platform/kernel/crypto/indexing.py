"""Blind indexes: HMAC-SHA256 of a value, by which its row is found although the value is encrypted.

An index tells whether two rows hold the same value, and nothing else to whoever lacks the key. It is not for values of
which there are few, whose frequencies speak for themselves.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

from django.conf import settings

from kernel.crypto.keys import chosen_schema, index_key, newest_index_version

INDEX_LENGTH: Final = 40
"""The longest index, in characters."""

# 144 bits: no two of a chain's values ever meet.
_BYTES: Final = 18


def blind_index(value: str, *, purpose: str, schema: str | None = None) -> str:
    """The index to store beside the encrypted value, under the newest key. Give the value in its one normal form."""
    return _index(value, purpose, newest_index_version(), chosen_schema(schema))


def blind_indexes(value: str, *, purpose: str, schema: str | None = None) -> list[str]:
    """Every index the value may be stored under, the newest first: what to look for, also while keys rotate."""
    schema = chosen_schema(schema)
    return [_index(value, purpose, version, schema) for version in sorted(settings.INDEX_KEYS, reverse=True)]


def index_prefix(version: int) -> str:
    """What indexes under this version begin with."""
    return f"v{version}:"


def _index(value: str, purpose: str, version: int, schema: str) -> str:
    digest = hmac.digest(index_key(purpose, version=version, schema=schema), value.encode(), sha256)
    return f"{index_prefix(version)}{urlsafe_b64encode(digest[:_BYTES]).decode()}"
