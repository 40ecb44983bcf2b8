"""Encrypted texts: AES-256-GCM, written ``v2:`` and base64url of nonce, ciphertext and tag.

Nonces are random. A key serves one purpose of one chain, far from the 2³² messages after which random nonces of 96 bits
may meet.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kernel.crypto.keys import chosen_schema, derived_key, newest_data_version

SEALED_FORM: Final = r"^v[0-9]{1,9}:[A-Za-z0-9_-]{38,}$"
"""What an encrypted text looks like, for constraints of tables that hold some."""

_NONCE_BYTES: Final = 12


class Undecryptable(Exception):
    """The text was not encrypted for this schema and purpose, was changed, or its key is no longer in the settings."""


def encrypt(plain: str, *, purpose: str, schema: str | None = None) -> str:
    """Encrypt a text for one purpose in one schema (by default the one chosen now), under the newest key.

    ``purpose`` names table and column, such as ``members.id_number``; it never changes.
    """
    schema, version = chosen_schema(schema), newest_data_version()
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _cipher(purpose, version, schema).encrypt(nonce, plain.encode(), _bound(purpose, version, schema))
    return f"{prefix(version)}{urlsafe_b64encode(nonce + sealed).decode().rstrip('=')}"


def decrypt(sealed: str, *, purpose: str, schema: str | None = None) -> str:
    """The text that was encrypted for this purpose in this schema.

    Raises:
        Undecryptable
    """
    schema = chosen_schema(schema)
    head, _, body = sealed.partition(":")
    try:
        version = int(head.removeprefix("v"))
        raw = urlsafe_b64decode(body + "=" * (-len(body) % 4))
        plain = _cipher(purpose, version, schema).decrypt(
            raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound(purpose, version, schema)
        )
    except (ValueError, KeyError, InvalidTag):
        # Not from it: what failed may hold a part of the text.
        raise Undecryptable(f"{purpose} under key {head[:12]}") from None
    return plain.decode()


def prefix(version: int) -> str:
    """What texts encrypted under this version begin with."""
    return f"v{version}:"


def _cipher(purpose: str, version: int, schema: str) -> AESGCM:
    return AESGCM(derived_key(purpose, version=version, schema=schema))


def _bound(purpose: str, version: int, schema: str) -> bytes:
    """The associated data: beside the key, the tag itself says what the text is for."""
    return "\0".join((str(version), schema, purpose)).encode()
