"""A temporary file whose bytes on the disk nobody can read: what people upload, and lists while they are written.

Encrypted under a key that is nowhere but in this process's memory and goes with the file (AES-256-CTR; there is nothing
to authenticate: the file has no name, and nobody else writes it).
"""

import io
import os
import tempfile
from typing import Any, BinaryIO, Final, cast

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest

_BLOCK: Final = 16
_BUFFER: Final = 1 << 18


def spool() -> BinaryIO:
    """An empty temporary file to write, read and seek in; gone when it is closed."""
    return cast("BinaryIO", io.BufferedRandom(_Sealed(), _BUFFER))


class _Sealed(io.RawIOBase):
    """The file itself: the key stream belongs to places, so any place can be read and written."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  (closed with this)
        self._key = algorithms.AES256(os.urandom(32))

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        at = self._file.tell()
        read = self._file.readinto(buffer) or 0
        buffer[:read] = self._turned(at, buffer[:read])
        return read

    def write(self, data: Any, /) -> int:
        at = self._file.tell()
        return self._file.write(self._turned(at, data))

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def truncate(self, size: int | None = None, /) -> int:
        return self._file.truncate(size)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _turned(self, at: int, data: Any) -> bytes:
        block, within = divmod(at, _BLOCK)
        stream = Cipher(self._key, modes.CTR(block.to_bytes(_BLOCK, "big"))).encryptor()
        stream.update(bytes(within))
        return stream.update(data)


class SealedUploadHandler(FileUploadHandler):
    """Keeps an upload of any size in a ``spool`` instead of the folder of temporary files."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._spool = spool()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._spool.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        self._spool.seek(0)
        return UploadedFile(
            file=self._spool,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        if hasattr(self, "_spool"):
            self._spool.close()


class CappedUploadHandler(SealedUploadHandler):
    """Keeps no more of an upload than ``most`` bytes: enough for whoever reads it to see that it is too large, and for
    the form around it to come back with all that was typed. Its size is told as it was sent.
    """

    def __init__(self, request: HttpRequest, *, most: int) -> None:
        super().__init__(request)
        self._most = most

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start < self._most:
            super().receive_data_chunk(raw_data[: self._most - start], start)
