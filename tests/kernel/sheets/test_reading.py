"""Tables are read as people keep them; what is no honest table is refused with its reason."""

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import xlsxwriter

from kernel.sheets import DEFAULT_LIMITS, Limits, as_text, rows_of, sheet_names
from kernel.sheets.errors import (
    CellTooLong,
    EncodingUnknown,
    FileDamaged,
    FileExpandsTooMuch,
    FileTooLarge,
    FormatUnknown,
    FormulaInSheet,
    OldWorkbook,
    SheetEmpty,
    SheetError,
    SheetMissing,
    TooManyColumns,
    TooManyRows,
)


def workbook(fill: Callable[[Any], None], *names: str) -> io.BytesIO:
    """A workbook as another program writes it."""
    kept = io.BytesIO()
    book = xlsxwriter.Workbook(kept, {"in_memory": True})
    sheets = [book.add_worksheet(name) for name in names or ("Sheet1",)]
    fill(sheets[0])
    book.close()
    return kept


def read(stream: io.BytesIO, **options: Any) -> list[tuple[int, list[Any]]]:
    return list(rows_of(stream, **options))


def test_a_workbook_is_read_with_its_row_numbers_from_where_it_begins() -> None:
    def fill(sheet: Any) -> None:
        sheet.write_row(2, 1, ["卡号", "面值"])
        sheet.write_string(4, 1, "0088")
        sheet.write_number(4, 2, 12.5)

    assert read(workbook(fill)) == [(3, ["", "卡号", "面值"]), (5, ["", "0088", 12.5])]


def test_a_sheet_is_found_by_its_name() -> None:
    book = workbook(lambda sheet: sheet.write(0, 0, "一"), "会员", "会员卡")
    assert sheet_names(book) == ["会员", "会员卡"]
    assert read(book, sheet="会员") == [(1, ["一"])]
    with pytest.raises(SheetMissing) as caught:
        read(book, sheet="余额")
    assert caught.value.params == {"sheet": "余额", "found": ["会员", "会员卡"]}
    with pytest.raises(SheetEmpty):
        read(book, sheet="会员卡")


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        ('卡号,姓名\n001,"江,河"\n'.encode(), [["卡号", "姓名"], ["001", "江,河"]]),
        ("\ufeff卡号,姓名\r\n001,江河\r\n".encode(), [["卡号", "姓名"], ["001", "江河"]]),
        ("卡号;姓名\n001;江河".encode("gb18030"), [["卡号", "姓名"], ["001", "江河"]]),
        ('卡号\t姓名\n001\t"江\n河"\n'.encode("gb18030"), [["卡号", "姓名"], ["001", "江\n河"]]),
        (b"\n\n", []),
    ],
)
def test_csv_is_read_in_the_encodings_of_china(data: bytes, rows: list[list[str]]) -> None:
    if not rows:
        with pytest.raises(SheetEmpty):
            read(io.BytesIO(data))
        return
    stream = io.BytesIO(data)
    assert [cells for _number, cells in read(stream)] == rows
    assert not stream.closed


def test_empty_rows_are_left_out_and_still_counted() -> None:
    assert read(io.BytesIO(b"a,b\n,\n1,2\n")) == [(1, ["a", "b"]), (3, ["1", "2"])]


def _zip(parts: dict[str, bytes], **options: Any) -> io.BytesIO:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return kept


def _lying_zip() -> io.BytesIO:
    """Says that its sheet holds ten bytes; it holds sixteen million."""
    kept = _zip({"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": b"<c/>" * (4 << 20)})
    raw = bytearray(kept.getvalue())
    at = raw.rfind(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 10)
    return io.BytesIO(bytes(raw))


@pytest.mark.parametrize(
    ("stream", "limits", "error"),
    [
        (io.BytesIO(b""), DEFAULT_LIMITS, SheetEmpty),
        (io.BytesIO(b"\xd0\xcf\x11\xe0" + bytes(600)), DEFAULT_LIMITS, OldWorkbook),
        (io.BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(90)), DEFAULT_LIMITS, FormatUnknown),
        (io.BytesIO("é,à\nü".encode("latin-1")), DEFAULT_LIMITS, EncodingUnknown),
        (io.BytesIO(b'a,"b\n1,2'), DEFAULT_LIMITS, FileDamaged),
        (io.BytesIO(b"PK\x03\x04" + bytes(50)), DEFAULT_LIMITS, FileDamaged),
        (_zip({"readme.txt": b"x"}), DEFAULT_LIMITS, FormatUnknown),
        (_zip({"[Content_Types].xml": b" " * (32 << 20)}), DEFAULT_LIMITS, FileExpandsTooMuch),
        (_lying_zip(), DEFAULT_LIMITS, FileExpandsTooMuch),
        (io.BytesIO(b"a,b\n" * 9), Limits(rows=8), TooManyRows),
        (io.BytesIO(b"a,b,c\n"), Limits(columns=2), TooManyColumns),
        (io.BytesIO(b"a," + b"x" * 300), Limits(cell_characters=200), CellTooLong),
        (io.BytesIO(b"a," + b"x" * 300), Limits(file_bytes=200), FileTooLarge),
    ],
)
def test_what_is_no_honest_table_is_refused(stream: io.BytesIO, limits: Limits, error: type[SheetError]) -> None:
    with pytest.raises(error) as caught:
        read(stream, limits=limits)
    assert "{" not in str(caught.value)


def test_a_formula_is_refused_by_its_cell() -> None:
    def fill(sheet: Any) -> None:
        sheet.write_row(0, 0, ["卡号", "余额"])
        sheet.write_formula(1, 1, "=1+1", value=2)

    with pytest.raises(FormulaInSheet) as caught:
        read(workbook(fill))
    assert caught.value.params == {"cell": "B2"}


def test_a_stray_cell_far_to_the_right_is_refused() -> None:
    with pytest.raises(TooManyColumns):
        read(workbook(lambda sheet: sheet.write(0, 9000, "x")))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("  0088 ", "0088"),
        (8800000001.0, "8800000001"),
        (12.5, "12.5"),
        (6.2220212345678901e18, None),
        (True, "TRUE"),
        (datetime(2026, 3, 2), "2026-03-02"),  # noqa: DTZ001
        (datetime(2026, 3, 2, 9, 30), "2026-03-02 09:30:00"),  # noqa: DTZ001
    ],
)
def test_a_cell_becomes_text_without_losing_digits(cell: Any, text: str | None) -> None:
    assert as_text(cell) == text
