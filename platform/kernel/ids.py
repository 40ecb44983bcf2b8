"""Identifiers: time-ordered UUIDs made by the client, and unguessable tokens."""

import os
import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """A UUID of version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 12 bits of its parts (§6.2, method 3) and
    62 random ones: what one process writes within a millisecond sorts as it was written, say a card's issue and its
    activation at one and the same time.

    Made here rather than by the database so that a posting and its entries can be written in one trip.
    """
    millis, nanos = divmod(time.time_ns(), 1_000_000)
    part = (nanos << 12) // 1_000_000
    tail = int.from_bytes(os.urandom(8)) & (2**62 - 1)
    value = (millis & (2**48 - 1)) << 80 | 7 << 76 | part << 64 | 0b10 << 62 | tail
    return UUID(int=value)


def token(nbytes: int = 24) -> str:
    """An unguessable URL-safe text with ``nbytes`` bytes of randomness."""
    return secrets.token_urlsafe(nbytes)
