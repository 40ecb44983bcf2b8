"""Reading a table row by row, whatever it is kept in."""

from collections.abc import Generator, Sequence
from contextlib import closing
from typing import BinaryIO, Final

from kernel.sheets import csvs, workbooks
from kernel.sheets.cells import Cell
from kernel.sheets.errors import CellTooLong, FileTooLarge, OldWorkbook, TooManyColumns, TooManyRows
from kernel.sheets.limits import DEFAULT_LIMITS, Limits

Row = tuple[int, list[Cell]]
"""The row's number as a spreadsheet shows it, counted from 1, and its cells."""

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"


def rows_of(
    stream: BinaryIO, *, sheet: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Generator[Row, None, None]:
    """The rows of a workbook's sheet (the first, when none is named) or of a CSV, without empty rows.

    ``stream`` can seek. What kind of file it is, its first bytes say, never its name. A CSV has no sheets: the name is
    ignored.

    Raises:
        SheetError: of the class that says why; some while the rows are read.
    """
    source = (
        workbooks.rows(stream, sheet=sheet, limits=limits)
        if _is_workbook(stream, limits)
        else csvs.rows(stream, limits=limits)
    )
    with closing(source):
        for number, cells in source:
            if number > limits.rows:
                raise TooManyRows(limit=limits.rows)
            if len(cells) > limits.columns and any(cell != "" for cell in cells[limits.columns :]):
                raise TooManyColumns(row=number, limit=limits.columns)
            if _too_long(cells, limits.cell_characters):
                raise CellTooLong(row=number, limit=limits.cell_characters)
            if any(cells) or any(cell != "" for cell in cells):
                yield number, cells if len(cells) <= limits.columns else cells[: limits.columns]


def sheet_names(stream: BinaryIO, *, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """The names of a workbook's sheets; none for a CSV.

    Raises:
        SheetError
    """
    return workbooks.names(stream, limits=limits) if _is_workbook(stream, limits) else []


def _is_workbook(stream: BinaryIO, limits: Limits) -> bool:
    size = stream.seek(0, 2)
    if size > limits.file_bytes:
        raise FileTooLarge(limit_mib=limits.file_bytes >> 20)
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    if head == _OLE:
        raise OldWorkbook
    return head == _ZIP


def _too_long(cells: Sequence[Cell], longest: int) -> bool:
    # A loop: for a million rows of a few cells each, a generator takes twice as long.
    for cell in cells:  # noqa: SIM110
        if type(cell) is str and len(cell) > longest:
            return True
    return False
