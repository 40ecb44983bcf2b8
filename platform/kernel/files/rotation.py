"""Moving private files to the newest key, and proving that they open. Opens its own transactions, one for each file.

A file is written anew beside the old one and takes its name in one step, so whoever is reading it goes on, and a kill
leaves the old one. What is done is found to be done: the work can be broken off anywhere and taken up again.

Taking a name in one step is what a folder can do; for any other kind of storage there is no such act, and the work says
so (``NotImplementedError``) before it has changed anything.
"""

import hashlib
import os
from collections.abc import Iterator
from typing import BinaryIO, Final, cast
from uuid import UUID

from kernel import clock
from kernel.crypto import newest_data_version
from kernel.db import in_chain
from kernel.files.models import StoredFile
from kernel.files.sealing import SealBroken, opened, sealed, version_of
from kernel.files.services import contents, path_of, storage

_NEW: Final = ".new"


def stale_files(schema_name: str) -> int:
    """How many files of a chain are not under the newest key yet. Reads the beginning of each."""
    with in_chain(schema_name):
        return sum(_is_stale(kept) for kept in _living())


def rotate_files(schema_name: str) -> int:
    """Encrypt a chain's files anew, one after the other; how many.

    Raises:
        SealBroken: a file whose key is no longer in the settings, or that was changed; those before it are done.
    """
    with in_chain(schema_name):
        stale = [kept.pk for kept in _living() if _is_stale(kept)]
    return sum(_rotate(schema_name, file_id) for file_id in stale)


def prove_files(schema_name: str) -> int:
    """Decrypt every file of a chain and compare it with its checksum, changing nothing; how many there are.

    Raises:
        SealBroken: the first that does not open, or holds something else.
        FileGone: its bytes are not in the storage.
    """
    proved = 0
    with in_chain(schema_name):
        for kept in _living():
            digest = hashlib.sha256()
            for piece in contents(kept):
                digest.update(piece)
            if digest.hexdigest() != kept.sha256:
                raise SealBroken(f"{kept.pk} is not what was kept")
            proved += 1
    return proved


def _living() -> Iterator[StoredFile]:
    """The files that can still be read."""
    kept = StoredFile.objects.filter(deleted_at__isnull=True).exclude(expires_at__lte=clock.now())
    return kept.order_by("pk").iterator()


def _is_stale(kept: StoredFile) -> bool:
    try:
        with storage().open(path_of(kept.pk), "rb") as stream:
            return version_of(cast("BinaryIO", stream)) != newest_data_version()
    except FileNotFoundError:
        # Somebody deletes it at this moment; if not, proving says so.
        return False


def _rotate(schema_name: str, file_id: UUID) -> bool:
    with in_chain(schema_name):
        # Held, so that nobody deletes it meanwhile and finds it there again.
        kept = StoredFile.objects.select_for_update(no_key=True).filter(pk=file_id, deleted_at__isnull=True).first()
        if kept is None:
            return False
        try:
            _write_anew(kept, schema_name)
        except FileNotFoundError:
            return False
        return True


def _write_anew(kept: StoredFile, schema_name: str) -> None:
    name = storage().path(path_of(kept.pk))
    with open(name, "rb") as old, open(name + _NEW, "wb", opener=_private) as anew:
        for piece in sealed(opened(old, file_id=kept.pk, schema=schema_name), file_id=kept.pk, schema=schema_name):
            anew.write(piece)
        anew.flush()
        os.fsync(anew.fileno())
    os.replace(name + _NEW, name)


def _private(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)
