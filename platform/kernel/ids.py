"""Identifiers: time-ordered UUIDs made by the client, and unguessable tokens."""

import os
import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A UUID of version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits.

    Made here rather than by the database so that a posting and its entries can be written in one trip.
    """
    millis = time.time_ns() // 1_000_000
    tail = int.from_bytes(os.urandom(10))
    value = (millis & (2**48 - 1)) << 80 | 7 << 76 | (tail >> 68) << 64 | 0b10 << 62 | (tail & (2**62 - 1))
    return UUID(int=value)


def token(nbytes: int = 24) -> str:
    """An unguessable URL-safe text with ``nbytes`` bytes of randomness."""
    return secrets.token_urlsafe(nbytes)
