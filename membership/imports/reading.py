"""Rows of a file brought to the normal form of their kind, with what is wrong with them: column by column, for what a
column asks is looked up once for thousands of cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import override

from kernel.errors import DomainError
from kernel.sheets import Row, as_text
from kernel.sheets.cells import Cell
from membership.imports.domain import Column, masked, match_columns
from membership.imports.errors import ColumnsMissing

Problem = tuple[int, str, str, str]
"""The row's number in the file, the column, the code, what stood there (masked)."""

_SHOWN: Final = 60
_KNOWN_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class RowReader:
    """How the rows of one file are read: where each column of the kind stands, and what fills it where it is not."""

    columns: tuple[tuple[Column, int | None, str], ...]
    mapping: list[list[str]]

    @classmethod
    def of(cls, columns: Sequence[Column], header: Sequence[Cell], defaults: Mapping[str, str]) -> "RowReader":
        """Match a header with the columns.

        Raises:
            ColumnsMissing: one that every row has to fill is neither there nor has a default.
        """
        headings = [as_text(cell) or "" for cell in header]
        places = match_columns(headings, columns)
        missing = [
            column
            for column in columns
            if column.required and column.code not in places and not defaults.get(column.code)
        ]
        if missing:
            with override("zh-hans"):
                raise ColumnsMissing(columns=[str(column.title) for column in missing])
        codes = {place: code for code, place in places.items()}
        return cls(
            columns=tuple((column, places.get(column.code), defaults.get(column.code, "")) for column in columns),
            mapping=[[heading[:_SHOWN], codes.get(place, "")] for place, heading in enumerate(headings) if heading],
        )

    def read(self, rows: Sequence[Row], problems: list[Problem]) -> list[list[str]]:
        """The rows' cells in the kind's order and normal form; what is wrong is added to ``problems``."""
        found = [self._column(rows, column, place, default, problems) for column, place, default in self.columns]
        return [list(cells) for cells in zip(*found, strict=True)]

    @staticmethod
    def _column(
        rows: Sequence[Row], column: Column, place: int | None, default: str, problems: list[Problem]
    ) -> list[str]:
        if place is None:
            return [default] * len(rows)
        # A level or a day comes again and again, and is the same each time.
        known: dict[str, str] = {}
        texts = []
        for number, cells in rows:
            cell = cells[place] if place < len(cells) else ""
            text = cell.strip() if type(cell) is str else as_text(cell)
            if not text:
                problems += _nothing(number, column, default, cell, text)
                texts.append(default)
                continue
            normal = known.get(text)
            if normal is None:
                normal, problem = _normal(column, text)
                if problem:
                    problems.append((number, column.code, problem, masked(text.replace("\0", ""), column)))
                elif len(known) < _KNOWN_MAX:
                    known[text] = normal
            texts.append(normal)
        return texts


def _nothing(number: int, column: Column, default: str, cell: Cell, text: str | None) -> list[Problem]:
    """What is wrong with a cell of which no text is left."""
    if text is None and isinstance(cell, int | float):
        return [(number, column.code, "number_imprecise", masked(f"{cell:.0f}", column))]
    return [(number, column.code, "value_missing", "")] if column.required and not default else []


def _normal(column: Column, text: str) -> tuple[str, str]:
    """A text in the column's normal form, and the code of what is wrong with it; empty when nothing is."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        if column.clean is not None:
            text = column.clean(text)
    except DomainError as error:
        return text[: column.longest], error.code
    return text[: column.longest], "value_too_long" if len(text) > column.longest else ""
