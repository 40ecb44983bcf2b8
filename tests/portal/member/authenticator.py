"""An authenticator in software: what a telephone answers when a page asks it to make or to use a passkey (WebAuthn)."""

import json
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestedCredentialData

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
_NOBODYS = bytes(16)


@dataclass
class Authenticator:
    """One passkey. ``counter``: what its next signature says, minus one; 0 for those that never count."""

    origin: str
    counter: int = 0
    counts: bool = True
    flags: int = PRESENT | VERIFIED
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes = b""

    def make(self, options: dict[str, Any]) -> str:
        """The answer to ``navigator.credentials.create``."""
        self.handle = websafe_decode(options["user"]["id"])
        public_key = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(_NOBODYS, self.credential_id, public_key)
        data = self._data(options["rp"]["id"], self.flags | ATTESTED) + bytes(credential)
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._told(clientDataJSON=client, attestationObject=attestation)

    def use(self, options: dict[str, Any], **differing: bytes) -> str:
        """The answer to ``navigator.credentials.get``."""
        self.counter += self.counts
        data = self._data(options["rpId"], self.flags)
        client = self._client("webauthn.get", options["challenge"])
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": data, "signature": signature, "userHandle": self.handle}
        return self._told(**(parts | differing))

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _data(self, host: str, flags: int) -> bytes:
        return sha256(host.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4)

    def _told(self, **parts: bytes) -> str:
        name = websafe_encode(self.credential_id)
        response = {part: websafe_encode(content) for part, content in parts.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
