"""Keeping, reading and deleting private files. All but ``sweep`` work in the chain's open transaction."""

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import IO, BinaryIO, Final, cast
from uuid import UUID

from django.core.files import File
from django.core.files.storage import Storage, storages
from django.core.signing import BadSignature, TimestampSigner
from django.db import connection
from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.db import in_chain
from kernel.errors import DomainError
from kernel.files.models import StoredFile
from kernel.files.sealing import opened, sealed
from kernel.ids import uuid7

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"

_FOLDER: Final = "files"
_SIGNER: Final = "kernel.files"
_LINK_LASTS: Final = timedelta(minutes=10)
_IN_MEMORY: Final = 1 << 20
_SWEPT_AT_ONCE: Final = 500
# A file whose transaction has not ended for so long was rolled back.
_UNCLAIMED: Final = timedelta(days=1)


class FileGone(DomainError):
    """There is no such file, or no more."""

    code = "file_gone"
    status = 404
    message = _("文件不存在，或已到期删除。")


class LinkExpired(DomainError):
    """The link was made for somebody else, or too long ago."""

    code = "link_expired"
    status = 410
    message = _("下载链接已过期。请回到原来的页面重新点击下载。")


def keep(
    content: Iterable[bytes], *, filename: str, content_type: str, actor: str, expires_at: datetime | None = None
) -> StoredFile:
    """Store a file, encrypted, in the chain at hand; it is read a chunk at a time.

    When the transaction is undone the bytes stay behind and are found by the sweeper.
    """
    kept = StoredFile(
        id=uuid7(),
        filename=" ".join(filename.replace("/", " ").replace("\\", " ").split())[-200:] or "file",
        content_type=content_type,
        actor=actor,
        created_at=clock.now(),
        expires_at=expires_at,
    )
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in content:
            digest.update(chunk)
            size += len(chunk)
            yield chunk

    # Sealed before it touches a disk: the folder of temporary files is not ours.
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as folder:
        for chunk in sealed(counted(), file_id=kept.pk, schema=_schema()):
            folder.write(chunk)
        folder.seek(0)
        storage().save(path_of(kept.pk), File(cast("IO[bytes]", folder)))
    kept.sha256, kept.size = digest.hexdigest(), size
    kept.save(force_insert=True)
    return kept


def contents(kept: StoredFile) -> Iterator[bytes]:
    """The file's bytes, decrypted as they are taken. Sends no SQL: it may outlive the transaction.

    Raises:
        FileGone
        SealBroken: the bytes in the storage are not those that were kept.
    """
    if kept.deleted_at is not None or (kept.expires_at is not None and kept.expires_at <= clock.now()):
        raise FileGone
    try:
        stream = storage().open(path_of(kept.pk), "rb")
    except FileNotFoundError as error:
        raise FileGone from error
    schema = _schema()

    def read() -> Iterator[bytes]:
        with stream:
            yield from opened(cast("BinaryIO", stream), file_id=kept.pk, schema=schema)

    return read()


def make_durable(kept: StoredFile) -> None:
    """Have the bytes on the disk itself before anything is done that relies on them. A storage that is no folder of
    this machine is safe when it has taken them.
    """
    try:
        path = storage().path(path_of(kept.pk))
    except NotImplementedError:
        return
    # The folder too: it holds the file's name.
    for place in (path, os.path.dirname(path)):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def find(file_id: UUID) -> StoredFile:
    """The file with that id.

    Raises:
        FileGone
    """
    try:
        return StoredFile.objects.get(id=file_id)
    except StoredFile.DoesNotExist:
        raise FileGone from None


def link_token(kept: StoredFile, *, holder: str) -> str:
    """A token that lets ``holder`` (an actor, as text) fetch the file within ten minutes, in this chain only."""
    return TimestampSigner(salt=_SIGNER).sign_object([_schema(), kept.pk.hex, holder], compress=False)


def file_behind(token: str, *, holder: str) -> StoredFile:
    """The file that a token leads to.

    Raises:
        LinkExpired: too old, forged, made for another person, or in another chain.
        FileGone
    """
    try:
        schema_name, file_id, person = TimestampSigner(salt=_SIGNER).unsign_object(token, max_age=_LINK_LASTS)
    except BadSignature as error:
        raise LinkExpired from error
    if (schema_name, person) != (_schema(), holder):
        raise LinkExpired
    return find(UUID(hex=file_id))


def delete(kept: StoredFile) -> None:
    """Delete the bytes now; the row stays and says so. Deleting twice does nothing."""
    if kept.deleted_at is None:
        storage().delete(path_of(kept.pk))
        kept.deleted_at = clock.now()
        kept.save(update_fields=["deleted_at"])


def sweep(schema_name: str) -> int:
    """Delete the files whose time is over, and bytes that no row knows; how many. Opens its own transactions."""
    with in_chain(schema_name):
        due = StoredFile.objects.filter(deleted_at__isnull=True, expires_at__lte=clock.now()).order_by("expires_at")
        found = list(due.select_for_update(skip_locked=True)[:_SWEPT_AT_ONCE])
        for kept in found:
            delete(kept)
        return len(found) + _delete_unclaimed()


def _delete_unclaimed() -> int:
    place, folder = storage(), f"{_FOLDER}/{_schema()}"
    try:
        _folders, names = place.listdir(folder)
    except FileNotFoundError:
        return 0
    living = {pk.hex for pk in StoredFile.objects.filter(deleted_at__isnull=True).values_list("pk", flat=True)}
    unclaimed = [
        name
        for name in names
        if name not in living and place.get_modified_time(f"{folder}/{name}") < clock.now() - _UNCLAIMED
    ]
    for name in unclaimed:
        place.delete(f"{folder}/{name}")
    return len(unclaimed)


def storage() -> Storage:
    """Where the bytes are."""
    return storages["private"]


def _schema() -> str:
    return str(connection.schema_name)  # type: ignore[attr-defined]


def path_of(file_id: UUID) -> str:
    """The name of a file of the chain at hand in the storage."""
    return f"{_FOLDER}/{_schema()}/{file_id.hex}"
