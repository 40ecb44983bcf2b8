"""Photos that people send: taken only when they are what they say, and kept without what the camera wrote into them.

JPEG and PNG are read part by part (ITU T.81, Annex B; PNG, clause 5), never by their names. What draws the picture is
kept, and how it is turned; place, time, device, previews, comments and whatever follows the end are left out. Nothing
is decoded: what is in a file is no program of ours to run.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError

JPEG: Final = "image/jpeg"
PNG: Final = "image/png"
LARGEST_BYTES: Final = 5 * 1024 * 1024

_MOST_PIXELS: Final = 60_000_000
_LEAST_SIDE: Final = 200

_PNG_HEAD: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB"})
_SOI, _EOI, _SOS, _DNL, _APP1 = 0xD8, 0xD9, 0xDA, 0xDC, 0xE1
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})
# Frame, Huffman and quantization tables, restart interval, JFIF's and Adobe's heads: what a decoder needs.
_JPEG_KEPT: Final = _FRAMES | {0xC4, 0xDB, 0xDD, 0xE0, 0xEE, _SOS, _DNL}
_RESTARTS: Final = range(0xD0, 0xD8)
_ORIENTATION: Final = 0x0112


class NotAPicture(DomainError):
    """Neither JPEG nor PNG, whatever it is called, or a damaged one."""

    code = "not_a_picture"
    status = 400
    message = _("请上传 JPG 或 PNG 格式的照片；这个文件不是，或已损坏。")


class PictureTooLarge(DomainError):
    """More bytes or pixels than are taken."""

    code = "picture_too_large"
    status = 400
    message = _("照片太大：最多 {megabytes} MB。请缩小后再上传。")


class PictureTooSmall(DomainError):
    """Too few pixels to read anything on it."""

    code = "picture_too_small"
    status = 400
    message = _("照片太小，看不清证件：每边至少 {pixels} 像素。")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be kept: its bytes, cleaned, and what they are."""

    content: bytes
    content_type: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        """What its name ends with."""
        return ".jpg" if self.content_type == JPEG else ".png"


def clean_picture(data: bytes) -> Picture:
    """The picture without anything that is not the picture.

    Raises:
        NotAPicture, PictureTooLarge, PictureTooSmall
    """
    if len(data) > LARGEST_BYTES:
        raise PictureTooLarge(megabytes=LARGEST_BYTES // 1024 // 1024)
    try:
        picture = _png(data) if data.startswith(_PNG_HEAD) else _jpeg(data)
    except (IndexError, struct.error) as error:
        raise NotAPicture from error
    if picture.width * picture.height > _MOST_PIXELS:
        raise PictureTooLarge(megabytes=LARGEST_BYTES // 1024 // 1024)
    if min(picture.width, picture.height) < _LEAST_SIDE:
        raise PictureTooSmall(pixels=_LEAST_SIDE)
    return picture


# ── PNG ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _png(data: bytes) -> Picture:
    kept, kinds = [_PNG_HEAD], []
    for kind, body in _chunks(data):
        kinds.append(kind)
        if kind in _PNG_KEPT:
            kept.append(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
    if not kinds or kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise NotAPicture
    width, height = struct.unpack_from(">II", data, len(_PNG_HEAD) + 8)
    return Picture(b"".join(kept), PNG, width, height)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG_HEAD)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(kind + body) != checksum:
            raise NotAPicture
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + length


# ── JPEG ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _jpeg(data: bytes) -> Picture:
    if data[:3] != b"\xff\xd8\xff":
        raise NotAPicture
    kept, size, turned, drawn = [b"\xff\xd8"], None, 1, False
    for marker, body, drawing in _segments(data):
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", body, 1)
            size = (width, height)
        if marker == _APP1 and body.startswith(b"Exif\0\0"):
            turned = _orientation(body[6:])
        if marker in _JPEG_KEPT:
            kept.append(bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + drawing)
            drawn = drawn or marker == _SOS
    if size is None or not drawn:
        raise NotAPicture
    if turned != 1:
        kept.insert(1, _exif_of(turned))
    return Picture(b"".join([*kept, b"\xff\xd9"]), JPEG, *size)


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, parameters and, after a start of scan, what is drawn, up to the end of the picture."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise NotAPicture
        marker = data[at + 1]
        if marker == 0xFF:  # fill bytes
            at += 1
            continue
        if marker == _EOI:
            return
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) != length - 2:
            raise NotAPicture
        at += 2 + length
        end = _end_of_scan(data, at) if marker == _SOS else at
        yield marker, body, data[at:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is no part of what is drawn."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise NotAPicture
        if data[at + 1] != 0 and data[at + 1] not in _RESTARTS:
            return at
        at += 2


def _orientation(tiff: bytes) -> int:
    """How the camera was held (1 to 8), from its own notes; 1 where they do not say."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for entry in range(min(count, 64)):
            tag, _kind, _many, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def _exif_of(turned: int) -> bytes:
    """Camera's notes that say how it was held and nothing else."""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)
    body = b"Exif\0\0" + tiff
    return bytes((0xFF, _APP1)) + struct.pack(">H", len(body) + 2) + body
