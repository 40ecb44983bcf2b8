"""Pictures for tests, written part by part."""

import struct
import zlib


def png(width: int = 400, height: int = 260, *, extra: bytes = b"") -> bytes:
    """A grey PNG; ``extra``: chunks to stand before its end."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xcc" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + extra + chunk(b"IEND", b"")


def chunk(kind: bytes, body: bytes) -> bytes:
    """One part of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def segment(marker: int, body: bytes) -> bytes:
    """One part of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def exif(*entries: tuple[int, int]) -> bytes:
    """What a camera writes into a JPEG: tags with short values, little-endian as phones do it."""
    rows = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries)) + rows + b"\0\0\0\0"
    return segment(0xE1, b"Exif\0\0" + tiff)


def jpeg(width: int = 400, height: int = 260, *, notes: bytes = b"", tail: bytes = b"") -> bytes:
    """The parts of a JPEG in their order; ``notes`` after its head, ``tail`` behind its end."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0"
    drawn = b"\x12\x34\xff\x00\x56\xff\xd0\x78"
    parts = [segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), notes, segment(0xDB, bytes(65)), segment(0xC0, frame)]
    parts += [segment(0xC4, bytes(17)), segment(0xDA, b"\x01\x01\0\0\x3f\0"), drawn]
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xd9" + tail
