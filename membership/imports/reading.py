"""One row of a file brought to the normal form of its kind, with what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import override

from kernel.errors import DomainError
from kernel.sheets import as_text
from kernel.sheets.cells import Cell
from membership.imports.domain import Column, masked, match_columns
from membership.imports.errors import ColumnsMissing

Problem = tuple[int, str, str, str]
"""The row's number in the file, the column, the code, what stood there (masked)."""

_SHOWN: Final = 60


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

    def read(self, number: int, cells: Sequence[Cell], problems: list[Problem]) -> list[str]:
        """The row's cells in the kind's order and normal form; what is wrong is added to ``problems``."""
        width, texts = len(cells), []
        for column, place, default in self.columns:
            text: str | None = ""
            if place is not None and place < width:
                cell = cells[place]
                text = cell.strip() if type(cell) is str else as_text(cell)
            if text:
                texts.append(self._normal(column, text, number, problems))
                continue
            if text is None:
                problems.append((number, column.code, "number_imprecise", masked(f"{cells[place or 0]:.0f}", column)))
            elif column.required and not default:
                problems.append((number, column.code, "value_missing", ""))
            texts.append(default)
        return texts

    @staticmethod
    def _normal(column: Column, text: str, number: int, problems: list[Problem]) -> str:
        if "\0" in text:
            text = text.replace("\0", "")
        try:
            if column.clean is not None:
                text = column.clean(text)
            if len(text) <= column.longest:
                return text
            code = "value_too_long"
        except DomainError as error:
            code = error.code
        problems.append((number, column.code, code, masked(text, column)))
        return text[: column.longest]
