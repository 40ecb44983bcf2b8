"""What a browser is asked to sign with a passkey: kept in its session, for one use within minutes."""

import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from fido2.utils import websafe_decode, websafe_encode

from membership.devices.services.passkeys import CHALLENGE_LASTS_S, Site, new_challenge


@dataclass(frozen=True, slots=True)
class Kept:
    """A challenge that was waiting; ``handle``: what stands for the card in the passkey that is made, if one is."""

    challenge: bytes
    handle: bytes


def site_of(request: HttpRequest) -> Site:
    """The chain's own host, as this browser has it in its address bar."""
    host = request.get_host()
    name = request.chain.name  # type: ignore[attr-defined]
    return Site(host=host.partition(":")[0], origin=f"{request.scheme}://{host}", name=name)


def keep_challenge(request: HttpRequest, purpose: str, *, handle: bytes = b"") -> bytes:
    """A new challenge, in place of any that waited for the same."""
    challenge = new_challenge()
    request.session[purpose] = {
        "challenge": websafe_encode(challenge),
        "handle": websafe_encode(handle),
        "at": time.time(),
    }
    return challenge


def take_challenge(request: HttpRequest, purpose: str) -> Kept | None:
    """The challenge that waits, which thereby waits no more; None where there is none, or it is too old."""
    kept: dict[str, Any] | None = request.session.pop(purpose, None)
    if kept is None or time.time() - kept["at"] > CHALLENGE_LASTS_S:
        return None
    return Kept(websafe_decode(kept["challenge"]), websafe_decode(kept["handle"]))
