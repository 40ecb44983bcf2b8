"""What is written is read back the same, holds no formula, and needs no memory to speak of."""

import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from kernel.sheets import Column, ColumnKind, rows_of, sheet_names, write_csv, write_workbook

COLUMNS = (
    Column("卡号"),
    Column("次数", ColumnKind.NUMBER),
    Column("余额", ColumnKind.YUAN),
    Column("有效期至", ColumnKind.DATE),
    Column("发卡时间", ColumnKind.MOMENT),
)
ROW = ("0088000000000000001", 3, -123_405, date(2026, 3, 2), datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC))


def written(*sheets: Any) -> io.BytesIO:
    kept = io.BytesIO()
    write_workbook(kept, sheets)
    return kept


def test_numbers_are_numbers_dates_dates_and_card_numbers_text() -> None:
    ((_one, titles), (_two, cells)) = list(rows_of(written(("会员卡", COLUMNS, [ROW]))))
    assert titles == ["卡号", "次数", "余额", "有效期至", "发卡时间"]
    assert cells == [
        "0088000000000000001",
        3.0,
        -1234.05,
        date(2026, 3, 2),
        datetime(2026, 3, 2, 12, 0, 5),  # noqa: DTZ001  (spreadsheets know no zones)
    ]


def test_sheets_keep_their_names_and_empty_cells_stay_empty() -> None:
    book = written(("会员", COLUMNS, [(None,) * 5]), ("余/额", COLUMNS, [ROW]))
    assert sheet_names(book) == ["会员", "余 额"]
    assert [number for number, _cells in rows_of(book, sheet="会员")] == [1]
    assert len(list(rows_of(book, sheet="余 额"))) == 2


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+86", "-1", "@SUM(A1)", "<b>&'\"", " 前 后 ", "一\r\n二", "a\tb"])
def test_texts_come_back_as_they_were_and_never_as_formulas(text: str) -> None:
    book = written(("卡", COLUMNS[:1], [(text,)]))
    (_titles, (_number, cells)) = list(rows_of(book))
    assert cells == [text]
    with zipfile.ZipFile(book) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f" not in sheet.replace(b"<formula", b"")
    ET.fromstring(sheet)  # noqa: S314  (ours)


def test_what_xml_cannot_hold_is_replaced() -> None:
    book = written(("卡\x00", COLUMNS[:1], [("a\x00b\x1b\ud800",)]))
    (_titles, (_number, cells)) = list(rows_of(book))
    assert cells == ["a\ufffdb\ufffd\ufffd"]


def test_csv_tames_what_excel_would_evaluate() -> None:
    kept = io.BytesIO()
    assert write_csv(kept, COLUMNS, [("=1+1", *ROW[1:]), (None,) * 5]) == 2
    lines = kept.getvalue().decode("utf-8-sig").splitlines()
    assert lines[1] == "'=1+1,3,-1234.05,2026-03-02,2026-03-02 12:00:05"
    assert lines[2] == ",,,,"
    assert kept.getvalue().startswith(b"\xef\xbb\xbf")
    assert not kept.closed


def test_many_rows_need_little_memory() -> None:
    class Sink(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            return len(data)

    tracemalloc.start()
    written_rows = write_workbook(Sink(), [("卡", COLUMNS, (ROW for _ in range(20_000)))])  # type: ignore[arg-type]
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert written_rows == 20_000
    assert peak < 8 << 20


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.sheets.writing._ROWS_MAX", 3)
    with pytest.raises(ValueError, match="holds 3 rows"):
        written(("卡", COLUMNS[:1], [("1",)] * 3))
