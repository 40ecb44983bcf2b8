"""An archive's file: card records as lines of JSON, compressed (gzip), encrypted by the private storage.

The first line says what it is; each further line is a record, the card's key first, so that one card's lines are
found without decoding the others'. Decrypted, it is read with ordinary tools.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from kernel.files.models import StoredFile
from kernel.files.sealing import SealBroken
from kernel.files.services import FileGone, contents
from membership.records.models import Record
from membership.retention.errors import ArchiveBroken

CONTENT_TYPE: Final = "application/gzip"
_HEADER: Final = b'{"kayun":"records","version":1}'
# A night's worth is small: speed matters more than the last percent.
_LEVEL: Final = 6
_GZIP: Final = 31
"""zlib's word for a gzip stream."""
_PIECE: Final = 1 << 18


class ArchivedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record as its line has it; the card first. Amounts in fen, the moment in UTC."""

    card: int
    id: UUID
    kind: str
    amount: int
    balance: int | None
    store: int | None
    actor: str
    actor_name: str
    posting: UUID | None
    at: datetime
    detail: dict[str, Any]

    @classmethod
    def of(cls, record: Record) -> "ArchivedRecord":
        """What is written of a record: everything."""
        return cls(
            card=record.card_id,
            id=record.pk,
            kind=record.kind,
            amount=record.amount_fen,
            balance=record.balance_after_fen,
            store=record.store_id,
            actor=record.actor,
            actor_name=record.actor_name,
            posting=record.posting_id,
            at=record.occurred_at,
            detail=record.detail,
        )

    def restored(self) -> Record:
        """The record as it stood in the table. It is not in the database: for showing only."""
        return Record(
            id=self.id,
            card_id=self.card,
            kind=self.kind,
            amount_fen=self.amount,
            balance_after_fen=self.balance,
            store_id=self.store,
            actor=self.actor,
            actor_name=self.actor_name,
            posting_id=self.posting,
            occurred_at=self.at,
            detail=self.detail,
        )


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(ArchivedRecord).decode


class Packing:
    """Compresses records on their way to the storage, and counts what went through."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records
        self._digest = hashlib.sha256()
        self.records = 0

    @property
    def sha256(self) -> str:
        """Of all lines, once they have been taken."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        yield packer.compress(self._noted(_HEADER))
        for record in self._records:
            self.records += 1
            if piece := packer.compress(self._noted(_encode(ArchivedRecord.of(record)))):
                yield piece
        yield packer.flush()

    def _noted(self, text: bytes) -> bytes:
        line = text + b"\n"
        self._digest.update(line)
        return line


def verify(kept: StoredFile, *, records: int, sha256: str) -> None:
    """Read a file back, whole, and see that it holds what was written: every line decodes, and all of them are there.

    Raises:
        ArchiveBroken
    """
    digest, count = hashlib.sha256(), 0
    for number, line in enumerate(_lines(kept)):
        digest.update(line + b"\n")
        if number:
            _decoded(line)
            count += 1
    if (count, digest.hexdigest()) != (records, sha256):
        raise ArchiveBroken(f"{kept.pk}: {count} records of {records}")


def ids_in(kept: StoredFile, *, at_once: int) -> Iterator[list[UUID]]:
    """The ids of its records, ``at_once`` at a time.

    Raises:
        ArchiveBroken
    """
    batch: list[UUID] = []
    for record in read(kept):
        batch.append(record.id)
        if len(batch) == at_once:
            yield batch
            batch = []
    if batch:
        yield batch


def read(kept: StoredFile, *, card_id: int | None = None) -> Iterator[ArchivedRecord]:
    """The records of a file in the order they happened; of one card, if it is named.

    Raises:
        ArchiveBroken
    """
    # The key is followed by a comma: no other card's begins like it.
    begin = b"" if card_id is None else b'{"card":%d,' % card_id
    for number, line in enumerate(_lines(kept)):
        if number and line.startswith(begin):
            yield _decoded(line)


def _decoded(line: bytes) -> ArchivedRecord:
    try:
        return _decode(line)
    except msgspec.DecodeError as error:
        raise ArchiveBroken("a line is no record") from error


def _lines(kept: StoredFile) -> Iterator[bytes]:
    unpacker, rest, first = zlib.decompressobj(_GZIP), b"", True
    try:
        for piece in contents(kept):
            *lines, rest = (rest + unpacker.decompress(piece)).split(b"\n")
            for line in lines:
                if first and line != _HEADER:
                    raise ArchiveBroken(f"{kept.pk} is no archive of records")
                first = False
                yield line
    except (SealBroken, FileGone, zlib.error) as error:
        raise ArchiveBroken(f"{kept.pk} cannot be read") from error
    if rest or not unpacker.eof:
        raise ArchiveBroken(f"{kept.pk} is cut short")
