"""PINs: made, hashed and checked. Never stored, never logged.

A PIN has a million values, so its hash needs a pepper that is not in the database: argon2id (19 MiB, t=2, p=1) over
HMAC-SHA256(pepper, PIN). The pepper's version stands before the hash: ``v1$argon2id$…``; a PIN hashed under an older
pepper or older parameters is hashed again the next time it is right.
"""

import hmac
import secrets
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from django.conf import settings

from kernel.slots import hashing_slots
from membership.cards.domain import PIN_DIGITS, pin_weakness
from membership.members.domain import national
from membership.members.models import Member

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)


@dataclass(frozen=True, slots=True)
class PinVerdict:
    """Whether the PIN is right and, where its hash is out of date, the hash to store instead."""

    right: bool
    better_hash: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class NewPin:
    """A random PIN, to be shown once, and what is stored of it."""

    pin: str
    hashed: str


def new_pin(*, personal: Iterable[str] = (), wait_s: float | None = None) -> NewPin:
    """Make a random PIN, slowly on purpose: before any lock is taken. Arguments as of the two it is made by.

    Raises:
        Busy
    """
    pin = random_pin(personal=personal)
    return NewPin(pin, hash_pin(pin, wait_s=wait_s))


def random_pin(*, personal: Iterable[str] = ()) -> str:
    """A PIN that is neither trivial nor contained in ``personal`` (phone, card number, birthday)."""
    personal = tuple(personal)
    while True:
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        if pin_weakness(pin, personal=personal) is None:
            return pin


def known_to_a_finder(number: str, member: Member | None) -> tuple[str, ...]:
    """Digits that whoever finds the card may know or guess; no PIN is taken from them."""
    if member is None:
        return (number,)
    birthday = f"{member.birthday:%Y%m%d}" if member.birthday else ""
    return number, national(member.phone), birthday


def hash_pin(pin: str, *, wait_s: float | None = None) -> str:
    """The text to store for a PIN. Waits for a hashing slot: ``wait_s`` at least, for callers who are no strangers.

    Raises:
        Busy
    """
    return hashing_slots().run(lambda: _hash(pin), wait_s=wait_s)


def check_pin(pin: str, stored: str | None, *, wait_s: float | None = None) -> PinVerdict:
    """Compare a PIN with its stored hash. With nothing to compare (an unknown card) the same work is done, in vain.
    ``wait_s`` as in ``hash_pin``.

    Raises:
        Busy
    """
    return hashing_slots().run(lambda: _check(pin, stored or decoy()), wait_s=wait_s)


@cache
def decoy() -> str:
    """A hash that no PIN has: random bytes in place of one, in the form and at the cost of a real one."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"v{_newest_version()}$argon2id$v=19$m={_HASHER.memory_cost},t={_HASHER.time_cost},p=1${salt}${digest}"


def _newest_version() -> int:
    return max(settings.PIN_PEPPERS)


def _peppered(pin: str, version: int) -> bytes:
    return hmac.digest(settings.PIN_PEPPERS[version].encode(), pin.encode(), sha256)


def _hash(pin: str) -> str:
    version = _newest_version()
    return f"v{version}${_HASHER.hash(_peppered(pin, version)).removeprefix('$')}"


def _check(pin: str, stored: str) -> PinVerdict:
    version, _, encoded = stored.removeprefix("v").partition("$")
    encoded = f"${encoded}"
    try:
        _HASHER.verify(encoded, _peppered(pin, int(version)))
    except VerificationError:
        return PinVerdict(right=False)
    if int(version) != _newest_version() or _HASHER.check_needs_rehash(encoded):
        return PinVerdict(right=True, better_hash=_hash(pin))
    return PinVerdict(right=True)
