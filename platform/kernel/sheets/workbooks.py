"""Workbooks (.xlsx, ECMA-376): measured by inflating them once, then read by calamine."""

import re
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from typing import BinaryIO, Final

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from kernel.sheets.cells import Cell
from kernel.sheets.errors import (
    FileDamaged,
    FileExpandsTooMuch,
    FormatUnknown,
    FormulaInSheet,
    OldWorkbook,
    SheetEmpty,
    SheetMissing,
    TooManyColumns,
)
from kernel.sheets.limits import Limits

_CHUNK: Final = 1 << 18
# Small parts may pack well: the share is asked of large ones.
_NOTABLE: Final = 8 << 20
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
_SHEET_PART: Final = re.compile(r"\Axl/worksheets/[^/]+\.xml\Z", re.IGNORECASE)
# Tags may carry a prefix of their namespace.
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s/>]")
_REFERENCE: Final = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3}[0-9]{1,7})"')
_OVERLAP: Final = 512


def rows(stream: BinaryIO, *, sheet: str | None, limits: Limits) -> Generator[tuple[int, list[Cell]], None, None]:
    """The rows of a sheet, numbered from 1.

    Raises:
        SheetError
    """
    _measure(stream, limits)
    found = _sheet(_workbook(stream), sheet)
    if found.start is None or found.end is None:
        raise SheetEmpty
    first_row, first_column = found.start
    if found.end[1] >= 4 * limits.columns:
        # A stray cell far to the right would be read as that many empty ones in each row.
        raise TooManyColumns(row=first_row + 1, limit=limits.columns)
    before: list[Cell] = [""] * first_column
    # Rows come from the sheet's first on, columns from the first that holds something.
    for number, cells in enumerate(found.iter_rows(), 1):
        yield number, [*before, *cells]


def names(stream: BinaryIO, *, limits: Limits) -> list[str]:
    """The sheets' names, as their tabs stand.

    Raises:
        SheetError
    """
    _measure(stream, limits)
    return list(_workbook(stream).sheet_names)


def _workbook(stream: BinaryIO) -> CalamineWorkbook:
    stream.seek(0)
    try:
        return CalamineWorkbook.from_filelike(stream)
    except PasswordError as error:
        raise OldWorkbook from error
    except (CalamineError, OSError, ValueError) as error:
        raise FileDamaged from error


def _sheet(workbook: CalamineWorkbook, name: str | None) -> CalamineSheet:
    if not workbook.sheet_names:
        raise SheetEmpty
    if name is not None and name not in workbook.sheet_names:
        raise SheetMissing(sheet=name, found=list(workbook.sheet_names))
    try:
        return workbook.get_sheet_by_name(name) if name is not None else workbook.get_sheet_by_index(0)
    except CalamineError as error:
        raise FileDamaged from error


def _measure(stream: BinaryIO, limits: Limits) -> None:
    """Inflate every part once, counting: what a zip says of its sizes is only a claim.

    Raises:
        FileDamaged, FormatUnknown, FileExpandsTooMuch, FormulaInSheet
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileDamaged from error
    if len(parts) > limits.parts:
        raise FileExpandsTooMuch
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise FormatUnknown
    expanded = 0
    for part in parts:
        expanded += _inflated(stream, part, limits, room=limits.expanded_bytes - expanded)


def _inflated(stream: BinaryIO, part: zipfile.ZipInfo, limits: Limits, *, room: int) -> int:
    """How many bytes the part really holds."""
    if part.flag_bits & 1:
        raise OldWorkbook
    looks_for_formulas = _SHEET_PART.match(part.filename) is not None
    total, tail = 0, b""
    for chunk in _chunks(stream, part):
        total += len(chunk)
        if total > room or (total > _NOTABLE and total > limits.expansion * max(part.compress_size, 1)):
            raise FileExpandsTooMuch
        if looks_for_formulas:
            text = tail + chunk
            if found := _FORMULA.search(text):
                cells = _REFERENCE.findall(text, 0, found.start())
                raise FormulaInSheet(cell=cells[-1].decode() if cells else "?")
            tail = text[-_OVERLAP:]
    return total


def _chunks(stream: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """A part's bytes, a bounded piece at a time."""
    stream.seek(part.header_offset)
    header = stream.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
        raise FileDamaged
    _magic, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    stream.seek(name_length + extra_length, 1)
    left = part.compress_size
    if part.compress_type == zipfile.ZIP_STORED:
        while left > 0 and (piece := stream.read(min(_CHUNK, left))):
            left -= len(piece)
            yield piece
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise FileDamaged
    yield from _inflate(stream, left)


def _inflate(stream: BinaryIO, left: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        while left > 0 and not inflater.eof and (packed := stream.read(min(_CHUNK, left))):
            left -= len(packed)
            while packed and not inflater.eof:
                yield inflater.decompress(packed, _CHUNK)
                packed = inflater.unconsumed_tail
        yield inflater.flush(_CHUNK)
    except zlib.error as error:
        raise FileDamaged from error
