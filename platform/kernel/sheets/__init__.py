"""Tables in files: Excel workbooks (.xlsx) and CSV, read and written row by row.

What is read comes from strangers: a file is measured before it is believed (``limits``), and a formula is never taken
for a value. What is written holds values only: a text that looks like a formula is a text (``writing``).
"""

from kernel.sheets.cells import Cell, as_text
from kernel.sheets.limits import DEFAULT_LIMITS, Limits
from kernel.sheets.reading import Row, rows_of, sheet_names
from kernel.sheets.writing import Column, ColumnKind, tamed, write_csv, write_workbook

__all__ = [
    "DEFAULT_LIMITS",
    "Cell",
    "Column",
    "ColumnKind",
    "Limits",
    "Row",
    "as_text",
    "rows_of",
    "sheet_names",
    "tamed",
    "write_csv",
    "write_workbook",
]
