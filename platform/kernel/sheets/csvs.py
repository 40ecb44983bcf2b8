"""CSV as it is met in China: UTF-8 with or without a mark, or GB18030 (Excel's own); commas, semicolons or tabs."""

import codecs
import csv
import io
from collections.abc import Generator, Iterator
from typing import BinaryIO, Final, cast

from kernel.sheets.cells import Cell
from kernel.sheets.errors import CellTooLong, EncodingUnknown, FileDamaged, FormatUnknown, SheetEmpty
from kernel.sheets.limits import Limits

_CHUNK: Final = 1 << 20
_DELIMITERS: Final = ",;\t"
# Bytes no text has: a picture, a program, UTF-16.
_NOT_TEXT: Final = bytes({*range(9), 11, 12, *range(14, 32)} - {27})


def rows(stream: BinaryIO, *, limits: Limits) -> Generator[tuple[int, list[Cell]], None, None]:
    """The rows, numbered from 1; a field in quotes may hold line breaks.

    Raises:
        SheetError
    """
    encoding = _encoding(stream)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    number = 0
    try:
        first = text.readline(limits.cell_characters * limits.columns)
        if not first.strip():
            raise SheetEmpty
        delimiter = max(_DELIMITERS, key=first.count)
        text.seek(0)
        # Texts are cells; to say so by copying a million lists would take as long as to read them.
        reader = cast("Iterator[list[Cell]]", csv.reader(text, delimiter=delimiter, strict=True))
        for number, cells in enumerate(reader, 1):
            yield number, cells
    except UnicodeDecodeError as error:
        raise EncodingUnknown(row=number + 1) from error
    except csv.Error as error:
        if "field limit" in str(error):
            raise CellTooLong(row=number + 1, limit=limits.cell_characters) from error
        raise FileDamaged from error
    finally:
        # The stream is the caller's: leaving it to the wrapper would close it.
        text.detach()


def _encoding(stream: BinaryIO) -> str:
    """UTF-8 proves itself, read once through; what is not UTF-8 must at least be GB18030, likewise all through.

    Raises:
        FormatUnknown: it is no text.
        EncodingUnknown: it is, in an encoding we do not read.
    """
    stream.seek(0)
    marked = stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
    if _broken_at(stream, "utf-8") is None:
        return "utf-8-sig" if marked else "utf-8"
    row = _broken_at(stream, "gb18030")
    if row is not None:
        raise EncodingUnknown(row=row)
    return "gb18030"


def _broken_at(stream: BinaryIO, encoding: str) -> int | None:
    """The line at which the stream is not of that encoding; None when it is.

    Raises:
        FormatUnknown: it is no text.
    """
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 1
    stream.seek(0)
    while True:
        chunk = stream.read(_CHUNK)
        if len(chunk) != len(chunk.translate(None, _NOT_TEXT)):
            raise FormatUnknown
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            return lines + chunk.count(b"\n", 0, error.start)
        if not chunk:
            return None
        lines += chunk.count(b"\n")
