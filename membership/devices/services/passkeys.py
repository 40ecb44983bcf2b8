"""Passkeys (WebAuthn): made under a card's PIN, and standing for it at the web's door for as long as that PIN does.

What browsers send is checked by ``fido2``: challenge, origin, relying party, presence and verification of the person,
signature. The challenge is the caller's to keep, for one use.
"""

import json
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from django.db import transaction
from django.db.utils import IntegrityError
from django.utils.translation import gettext_lazy as _
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

from kernel import clock
from kernel.errors import DomainError
from membership.cards.models import Card
from membership.devices import locks
from membership.devices.domain import device_of
from membership.devices.models import Passkey
from membership.devices.queries import opens
from tenants.audit.services import record
from tenants.people.domain import Actor

T = TypeVar("T")

MOST: Final = 5
"""Of one card under one PIN."""
CHALLENGE_LASTS_S: Final = 300
_CHALLENGE_BYTES: Final = 32
_HANDLE_BYTES: Final = 32
_LONGEST_ANSWER: Final = 8_192
_LONGEST_ID: Final = 1_023
"""Of a credential: the specification's own limit."""
# What telephones and computers sign with: ES256, EdDSA, RS256.
_ALGORITHMS: Final = (-7, -8, -257)
# Whatever a text that is no answer of an authenticator breaks, on its way through JSON, base64, CBOR and COSE.
_MALFORMED: Final = (
    ValueError, TypeError, LookupError, AttributeError, AssertionError, NotImplementedError, RecursionError,
    OverflowError, struct.error, UnsupportedAlgorithm,
)  # fmt: skip


class PasskeyInvalid(DomainError):
    """What the browser sent is no passkey made for this challenge, here."""

    code = "passkey_invalid"
    status = 400
    message = _("没有完成：浏览器没有给出有效的通行密钥。请再试一次；未作任何更改。")


class TooManyPasskeys(DomainError):
    """The card has as many passkeys as it may."""

    code = "too_many_passkeys"
    status = 409
    message = _("这张卡已有 {most} 个通行密钥。请先移除不用的；未作任何更改。")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a passkey is made and used: the chain's own host and nothing above it. ``origin`` with scheme and port."""

    host: str
    origin: str
    name: str


def new_challenge() -> bytes:
    """What is to be signed. For one use within minutes."""
    return secrets.token_bytes(_CHALLENGE_BYTES)


def handle_of(card: Card) -> bytes:
    """What stands for the card in its passkeys, and says nothing of it: an authenticator keeps one for each."""
    made = Passkey.objects.filter(card=card, pin_version=card.pin_version).order_by("pk").first()
    return bytes(made.user_handle) if made is not None else secrets.token_bytes(_HANDLE_BYTES)


def creation_options(*, card: Card, site: Site, challenge: bytes, handle: bytes) -> dict[str, Any]:
    """What a browser is asked for: a passkey that it finds by itself, and that asks for finger, face or code. Bytes are
    written as in the specification's JSON.
    """
    made = Passkey.objects.filter(card=card, pin_version=card.pin_version).values_list("credential_id", flat=True)
    return {
        "rp": {"id": site.host, "name": site.name},
        "user": {"id": websafe_encode(handle), "name": card.number, "displayName": card.number},
        "challenge": websafe_encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in _ALGORITHMS],
        "excludeCredentials": [{"type": "public-key", "id": websafe_encode(bytes(one))} for one in made],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        },
        "attestation": "none",
        "timeout": CHALLENGE_LASTS_S * 1000,
    }


def add_passkey(*, card: Card, site: Site, challenge: bytes, handle: bytes, answer: str, user_agent: str) -> Passkey:
    """Keep a passkey that was made for this challenge. ``handle``: as in the options. Those made under earlier PINs are
    forgotten. The caller has just had the card's PIN proved.

    Raises:
        PasskeyInvalid, TooManyPasskeys
    """
    Card.objects.select_for_update(no_key=True).values_list("pk").get(pk=card.pk)
    Passkey.objects.filter(card=card).exclude(pin_version=card.pin_version).delete()
    if Passkey.objects.filter(card=card).count() >= MOST:
        raise TooManyPasskeys(most=MOST)
    made = _checked(lambda: _registered(site, challenge, answer))
    if made is None or made.credential_data is None or len(made.credential_data.credential_id) > _LONGEST_ID:
        raise PasskeyInvalid
    try:
        with transaction.atomic():
            passkey = Passkey.objects.create(
                card=card,
                pin_version=card.pin_version,
                credential_id=made.credential_data.credential_id,
                user_handle=handle,
                public_key=bytes(made.credential_data),
                sign_count=made.counter,
                device=device_of(user_agent),
                made_at=clock.now(),
            )
    except IntegrityError:
        # The same answer sent twice, or one that was made for another card.
        raise PasskeyInvalid from None
    record(Actor(kind="member", id=card.member_id), "passkey.add", object_type="card", object_id=card.number)
    return passkey


def request_options(*, site: Site, challenge: bytes) -> dict[str, Any]:
    """What a browser is asked to sign at the door, with whichever passkey of this host it has."""
    return {
        "rpId": site.host,
        "challenge": websafe_encode(challenge),
        "userVerification": "required",
        "timeout": CHALLENGE_LASTS_S * 1000,
    }


def log_in(*, site: Site, challenge: bytes, answer: str) -> Card | None:
    """The card that this answer opens; None for any reason that it opens none. Returned, not raised: that a passkey was
    copied must be in the trail, whatever the answer.
    """
    said = _checked(lambda: _said(answer))
    passkey = locks.hold_passkey(said.raw_id) if said is not None else None
    if said is None or passkey is None or not opens(passkey):
        return None
    digest = sha256(challenge).hexdigest()
    signed = _checked(lambda: _signed(site, challenge, passkey, said))
    if signed is None or passkey.last_challenge == digest or said.response.user_handle != bytes(passkey.user_handle):
        return None
    counter = said.response.authenticator_data.counter
    if (counter or passkey.sign_count) and counter <= passkey.sign_count:
        # Two of them count: one is a copy (WebAuthn 6.1.1). Which, nobody can say.
        actor = Actor(kind="member", id=passkey.card.member_id)
        record(actor, "passkey.copied", object_type="card", object_id=passkey.card.number)
        return None
    Passkey.objects.filter(pk=passkey.pk).update(sign_count=counter, last_challenge=digest, used_at=clock.now())
    return passkey.card


def remove_passkey(*, member_id: int, key: int) -> bool:
    """Forget one of a member's passkeys; whether it was hers. Sessions that it opened stay, and are hers to end."""
    found = Passkey.objects.select_related("card").filter(pk=key, card__member_id=member_id).first()
    if found is None:
        return False
    found.delete()
    actor = Actor(kind="member", id=member_id)
    record(actor, "passkey.remove", object_type="card", object_id=found.card.number)
    return True


def _server(site: Site) -> Fido2Server:
    relying_party = PublicKeyCredentialRpEntity(id=site.host, name=site.name)
    return Fido2Server(relying_party, verify_origin=lambda origin: origin == site.origin)


def _state(challenge: bytes) -> dict[str, Any]:
    """What was asked, in the library's words."""
    return {"challenge": websafe_encode(challenge), "user_verification": UserVerificationRequirement.REQUIRED}


def _parsed(answer: str) -> Any:
    if len(answer) > _LONGEST_ANSWER:
        raise ValueError("too long for an answer")
    return json.loads(answer)


def _said(answer: str) -> AuthenticationResponse:
    said: AuthenticationResponse = AuthenticationResponse.from_dict(_parsed(answer))
    return said


def _registered(site: Site, challenge: bytes, answer: str) -> AuthenticatorData:
    made = _server(site).register_complete(_state(challenge), _parsed(answer))
    data = made.credential_data
    if data is None or data.public_key.get(3) not in _ALGORITHMS:
        raise ValueError("not an algorithm that was asked for")
    return made


def _signed(site: Site, challenge: bytes, passkey: Passkey, said: AuthenticationResponse) -> AttestedCredentialData:
    credential = AttestedCredentialData(bytes(passkey.public_key))
    return _server(site).authenticate_complete(_state(challenge), [credential], said)


def _checked(act: Callable[[], T]) -> T | None:
    """What comes of it; None where the text was not what it should be."""
    try:
        return act()
    except _MALFORMED:
        return None
