"""Codes that change with the time (RFC 6238 over RFC 4226, with SHA-256), and how a card's is written. Pure."""

import hmac
import re
from hashlib import sha256
from typing import Final, NamedTuple

STEP_S: Final = 30
DIGITS: Final = 8
DRIFT: Final = 1
"""Steps by which a code may be old, or early: it is shown, turned to the scanner and read."""
HANDLE_DIGITS: Final = 12
_MARK: Final = "KY"
# Letters and digits alone: a scanner types them the same on any keyboard, and their pattern is small.
_FORM: Final = re.compile(rf"\A{_MARK}(\d{{{HANDLE_DIGITS}}})(\d{{{DIGITS}}})\Z", re.ASCII)


class WrittenCode(NamedTuple):
    """A code as it was read: which card it says it is, and its digits."""

    handle: str
    digits: str


def hotp(secret: bytes, counter: int, *, digits: int = DIGITS) -> str:
    """The code of one counter value."""
    mac = hmac.digest(secret, counter.to_bytes(8), sha256)
    offset = mac[-1] & 0x0F
    value = int.from_bytes(mac[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{value % 10**digits:0{digits}d}"


def step_at(epoch_s: float) -> int:
    """The step that a moment lies in."""
    return int(epoch_s) // STEP_S


def matching_step(secret: bytes, digits: str, *, now: int) -> int | None:
    """The step around ``now`` of which these are the digits; the earliest, None where they are no step's."""
    steps = range(max(0, now - DRIFT), now + DRIFT + 1)
    found = [step for step in steps if hmac.compare_digest(hotp(secret, step), digits)]
    return found[0] if found else None


def written(handle: str, digits: str) -> str:
    """A code as the pattern holds it."""
    return f"{_MARK}{handle}{digits}"


def read_code(text: str) -> WrittenCode | None:
    """What a scanned text says, tidied as card numbers are; None where it is no such code."""
    found = _FORM.match(text)
    return WrittenCode(found[1], found[2]) if found else None
