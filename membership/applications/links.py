"""Links that open an application to whoever was sent them.

The link to follow it is a signature over its number: the same each time it is sent, kept nowhere. That to set the PIN
is random, kept as a digest, and works once.
"""

from hashlib import sha256

from django.core.signing import Signer
from django.db import connection
from django.utils.crypto import constant_time_compare

from kernel.ids import token

_FOLLOW = "applications.follow"


def follow_link(number: str, *, site_url: str) -> str:
    """The address under which the applicant sees where her application stands. ``site_url`` ends with a slash."""
    return f"{site_url}apply/f/{number}/{_signature(number)}/"


def opens(number: str, signature: str) -> bool:
    """Whether the link was made for this application, in this chain."""
    return any(constant_time_compare(signature, made) for made in _signatures(number))


def pin_link(secret: str, *, site_url: str) -> str:
    """The address under which the card's PIN is set, once."""
    return f"{site_url}apply/pin/{secret}/"


def new_secret() -> tuple[str, str]:
    """What stands in a link to set a PIN, and the digest that is kept of it."""
    secret = token()
    return secret, digest_of(secret)


def digest_of(secret: str) -> str:
    """What is kept of a link's secret: 192 random bits need no key."""
    return sha256(secret.encode()).hexdigest()


def _signature(number: str) -> str:
    return _signatures(number)[0]


def _signatures(number: str) -> list[str]:
    """Under the newest key and those before it."""
    signer = Signer(salt=_FOLLOW)
    told = f"{connection.schema_name}|{number}"  # type: ignore[attr-defined]
    return [signer.signature(told, key) for key in (signer.key, *signer.fallback_keys)]
