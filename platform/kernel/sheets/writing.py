"""Writing tables: a workbook in constant memory, or a CSV that Excel opens rightly.

Our own writer of the few parts of SpreadsheetML (ECMA-376 part 1, §18) that a plain table needs: one sheet's XML is
formatted by columns, half a thousand rows at a time, straight into the zip. It writes no formula whatever the data
says: a text is an inline string, and inline strings are never evaluated. In a CSV, where Excel would evaluate them,
texts that begin like a formula get an apostrophe before them.
"""

import csv
import io
import math
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import chain, islice
from typing import IO, Any, BinaryIO, Final
from xml.sax.saxutils import escape, quoteattr

from kernel.clock import CHINA

_CHUNK: Final = 500
_ROWS_MAX: Final = 1_048_576
_LONGEST_TEXT: Final = 32_767
_LONGEST_NAME: Final = 31
# What XML cannot hold, even escaped, and what must be escaped.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_SPECIAL: Final = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]")
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  (spreadsheets know no zones)
_DAY_S: Final = 86_400
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


class ColumnKind(Enum):
    """What a column holds, and so how its cells are written."""

    TEXT = "TEXT"
    """As it stands: card numbers keep their zeros and all their digits."""
    NUMBER = "NUMBER"
    """A whole number or a decimal, to reckon with."""
    YUAN = "YUAN"
    """An amount in fen, written in yuan with two places."""
    DATE = "DATE"
    """A day."""
    MOMENT = "MOMENT"
    """A moment, in China's time."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet. ``width`` in characters."""

    title: str
    kind: ColumnKind = ColumnKind.TEXT
    width: int = 16


def write_workbook(target: BinaryIO, sheets: Iterable[tuple[str, Sequence[Column], Iterable[Sequence[Any]]]]) -> int:
    """Write a workbook of named sheets, each with a title row; returns how many rows of data were written.

    Cells are None (empty) or fit their column's kind. Rows are taken one chunk at a time, so a generator over a
    million rows is never held.

    Raises:
        ValueError: more rows than a sheet can hold.
    """
    written, names = 0, []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for position, (name, columns, rows) in enumerate(sheets, 1):
            names.append(_sheet_name(name))
            with archive.open(f"xl/worksheets/sheet{position}.xml", "w", force_zip64=True) as part:
                written += _write_sheet(part, columns, rows)
        for path, text in _other_parts(names):
            archive.writestr(path, text)
    return written


def write_csv(target: BinaryIO, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> int:
    """Write a CSV in UTF-8 with the mark Excel looks for; returns how many rows of data were written."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([tamed(column.title) for column in columns])
    written = 0
    for row in rows:
        writer.writerow([_plain(cell, column.kind) for cell, column in zip(row, columns, strict=True)])
        written += 1
    text.detach()
    return written


def _write_sheet(part: IO[bytes], columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> int:
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{column.width}" customWidth="1"/>'
        for place, column in enumerate(columns, 1)
    )
    part.write(
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>".encode()
    )
    titles = "".join(f'<c t="inlineStr" s="4"><is><t>{_xml(column.title)}</t></is></c>' for column in columns)
    part.write(f"<row>{titles}</row>".encode())
    formats = [_FORMATS[column.kind] for column in columns]
    source, written = iter(rows), 0
    while chunk := list(islice(source, _CHUNK)):
        written += len(chunk)
        if written >= _ROWS_MAX:
            raise ValueError(f"a sheet holds {_ROWS_MAX} rows")
        cells = [format_column(values) for format_column, values in zip(formats, zip(*chunk, strict=True), strict=True)]
        part.write("".join([f"<row>{''.join(row)}</row>" for row in zip(*cells, strict=True)]).encode())
    part.write(b"</sheetData></worksheet>")
    return written


def _texts(values: Sequence[Any]) -> list[str]:
    texts = ["" if value is None else str(value) for value in values]
    # One search over the column's chunk instead of one a cell: hardly any needs escaping.
    if _SPECIAL.search("\n".join(texts)) or max(map(len, texts)) > _LONGEST_TEXT:
        texts = [_xml(text[:_LONGEST_TEXT]) for text in texts]
    return [f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>' if text else "<c/>" for text in texts]


def _numbers(values: Sequence[Any]) -> list[str]:
    return ["<c/>" if value is None else f"<c><v>{_finite(value)}</v></c>" for value in values]


def _yuan(values: Sequence[Any]) -> list[str]:
    return ["<c/>" if fen is None else f'<c s="1"><v>{_in_yuan(fen)}</v></c>' for fen in values]


def _days(values: Sequence[Any]) -> list[str]:
    epoch = _EPOCH.date()
    return ["<c/>" if day is None else f'<c s="2"><v>{(day - epoch).days}</v></c>' for day in values]


def _moments(values: Sequence[Any]) -> list[str]:
    return ["<c/>" if moment is None else f'<c s="3"><v>{_serial(moment):.8f}</v></c>' for moment in values]


_FORMATS: Final[dict[ColumnKind, Callable[[Sequence[Any]], list[str]]]] = {
    ColumnKind.TEXT: _texts,
    ColumnKind.NUMBER: _numbers,
    ColumnKind.YUAN: _yuan,
    ColumnKind.DATE: _days,
    ColumnKind.MOMENT: _moments,
}


def _finite(value: int | float | Decimal) -> str:
    if not isinstance(value, int) and not math.isfinite(value):
        raise ValueError("a sheet holds finite numbers")
    return f"{value}"


def _in_yuan(fen: int) -> str:
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def _serial(moment: datetime) -> float:
    """Days since the epoch of spreadsheets, by China's clocks."""
    since = moment.astimezone(CHINA).replace(tzinfo=None) - _EPOCH
    return since.days + since.seconds / _DAY_S


def _xml(text: str) -> str:
    # A carriage return that is not written as a reference would be read as a line feed.
    return escape(_FORBIDDEN.sub("\ufffd", text), {"\r": "&#13;"})


def _plain(cell: Any, kind: ColumnKind) -> str:
    if cell is None:
        return ""
    if kind is ColumnKind.YUAN:
        return _in_yuan(cell)
    if kind is ColumnKind.DATE:
        return str(cell.isoformat()) if isinstance(cell, date) else tamed(str(cell))
    if kind is ColumnKind.MOMENT:
        return f"{cell.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    return tamed(str(cell)) if kind is ColumnKind.TEXT else str(cell)


def tamed(text: str) -> str:
    """The text, such that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", " ", name)[:_LONGEST_NAME] or "Sheet"


# ── The parts around the sheets ───────────────────────────────────────────────────────────────────────────────────

_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES: Final = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _other_parts(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    places = range(1, len(names) + 1)
    sheets = "".join(
        f'<sheet name={quoteattr(_FORBIDDEN.sub("", name))} sheetId="{place}" r:id="rId{place}"/>'
        for place, name in zip(places, names, strict=True)
    )
    overrides = "".join(
        f'<Override PartName="/{path}" ContentType="{_TYPE}.{kind}+xml"/>'
        for path, kind in chain(
            [("xl/workbook.xml", "sheet.main"), ("xl/styles.xml", "styles")],
            ((f"xl/worksheets/sheet{place}.xml", "worksheet") for place in places),
        )
    )
    relations = "".join(
        f'<Relationship Id="rId{place}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{place}.xml"/>'
        for place in places
    )
    yield (
        "[Content_Types].xml",
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
    )
    yield (
        "_rels/.rels",
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    )
    yield "xl/workbook.xml", f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="rId{len(names) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", _STYLES
