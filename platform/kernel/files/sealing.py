"""How the bytes of a file are kept: AES-256-GCM over chunks (the STREAM construction), so that a file of any size is
read and written in constant memory and can be neither cut short, reordered nor moved.

    KYF1 | key version (2 bytes) | salt (16) | chunk …        each chunk: up to 64 KiB and its tag (16)

Each file has a key of its own: HKDF-SHA-256 of the chain's key for files (``kernel.crypto``) with the salt, bound to
the file's id. A file under another chain's name, or another file's, does not open. The nonce counts the chunks and
says which is the last.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.crypto import derived_key, newest_data_version

_MAGIC: Final = b"KYF1"
_HEADER: Final = struct.Struct(">4sH16s")
_NONCE: Final = struct.Struct(">QI")
_CHUNK: Final = 1 << 16
_TAG: Final = 16
_LAST: Final = 1
_PURPOSE: Final = "files"


class SealBroken(Exception):
    """The bytes are not what was stored under this context, or were stored under a secret that is gone."""


def sealed(plain: Iterable[bytes], *, file_id: UUID, schema: str) -> Iterator[bytes]:
    """Encrypt a stream for one file of one chain, under the newest key."""
    version = newest_data_version()
    salt = os.urandom(16)
    header = _HEADER.pack(_MAGIC, version, salt)
    cipher = AESGCM(_file_key(version, salt, file_id, schema))
    yield header
    place, waiting = 0, b""
    for chunk in _even(plain):
        if waiting:
            yield cipher.encrypt(_NONCE.pack(place, 0), waiting, header)
            place += 1
        waiting = chunk
    yield cipher.encrypt(_NONCE.pack(place, _LAST), waiting, header)


def opened(stream: BinaryIO, *, file_id: UUID, schema: str) -> Iterator[bytes]:
    """Decrypt what ``sealed`` made.

    Raises:
        SealBroken: nothing that was changed is ever yielded; what came before the change may have been.
    """
    header = stream.read(_HEADER.size)
    if len(header) != _HEADER.size or header[:4] != _MAGIC:
        raise SealBroken("no sealed file")
    _magic, version, salt = _HEADER.unpack(header)
    try:
        cipher = AESGCM(_file_key(version, salt, file_id, schema))
    except KeyError as error:
        raise SealBroken(f"no key of version {version}") from error
    place, chunk = 0, stream.read(_CHUNK + _TAG)
    while True:
        following = stream.read(_CHUNK + _TAG)
        try:
            yield cipher.decrypt(_NONCE.pack(place, 0 if following else _LAST), chunk, header)
        except InvalidTag as error:
            raise SealBroken(f"chunk {place}") from error
        if not following:
            return
        place, chunk = place + 1, following


def version_of(stream: BinaryIO) -> int | None:
    """The version of the key that a sealed file is under; None for anything else."""
    header = stream.read(_HEADER.size)
    if len(header) != _HEADER.size or header[:4] != _MAGIC:
        return None
    return int(_HEADER.unpack(header)[1])


def _file_key(version: int, salt: bytes, file_id: UUID, schema: str) -> bytes:
    chains = derived_key(_PURPOSE, version=version, schema=schema)
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=file_id.bytes).derive(chains)


def _even(plain: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of one size, the last one shorter."""
    waiting = bytearray()
    for piece in plain:
        waiting += piece
        while len(waiting) >= _CHUNK:
            yield bytes(waiting[:_CHUNK])
            del waiting[:_CHUNK]
    if waiting:
        yield bytes(waiting)
