"""CSV as it is met in China: UTF-8 with or without a mark, or GB18030 (Excel's own); commas, semicolons or tabs."""

import codecs
import csv
import io
from collections.abc import Generator
from typing import BinaryIO, Final

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
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        for number, cells in enumerate(reader, 1):
            yield number, list(cells)
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
    """Read once through: UTF-8 proves itself, and what is not UTF-8 must at least be GB18030 all through.

    Raises:
        FormatUnknown: it is no text.
        EncodingUnknown: it is, in an encoding we do not read.
    """
    decoders = {name: codecs.getincrementaldecoder(name)() for name in ("utf-8", "gb18030")}
    stream.seek(0)
    lines, marked = 1, False
    while True:
        chunk = stream.read(_CHUNK)
        if len(chunk) != len(chunk.translate(None, _NOT_TEXT)):
            raise FormatUnknown
        marked = marked or (lines == 1 and chunk.startswith(codecs.BOM_UTF8))
        for name in list(decoders):
            try:
                decoders[name].decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                del decoders[name]
                if not decoders:
                    raise EncodingUnknown(row=lines + chunk.count(b"\n", 0, error.start)) from error
        if not chunk:
            break
        lines += chunk.count(b"\n")
    return ("utf-8-sig" if marked else "utf-8") if "utf-8" in decoders else "gb18030"
