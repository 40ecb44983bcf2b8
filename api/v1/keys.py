"""The key that a request comes under."""

import re
from typing import Final

from rest_framework.request import Request

from api.errors import IdempotencyKeyInvalid, IdempotencyKeyMissing

KEY_LIMIT: Final = 200
_KEY: Final = re.compile(rf"[\x21-\x7e]{{1,{KEY_LIMIT}}}\Z")


def key_of(request: Request) -> str:
    """What ``Idempotency-Key`` says.

    Raises:
        IdempotencyKeyMissing, IdempotencyKeyInvalid
    """
    key = str(request.META.get("HTTP_IDEMPOTENCY_KEY", ""))
    if not key:
        raise IdempotencyKeyMissing
    if not _KEY.match(key):
        raise IdempotencyKeyInvalid(limit=KEY_LIMIT)
    return key
