"""From the file to the staged rows: read, brought to normal form, and copied in by the ten thousand.

A chunk of rows, the problems found on the way and the counter that tells how far we are commit together: after a kill
the file is read again from its beginning, and what the counter passes over is already there.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import dropwhile, islice
from typing import BinaryIO, Final

from django.conf import settings
from django.db import connection

from kernel import clock
from kernel.db import in_chain, quote_schema
from kernel.files.models import StoredFile
from kernel.files.services import contents
from kernel.files.spooling import spool
from kernel.sheets import Row, rows_of
from kernel.sheets.errors import SheetEmpty
from membership.imports.domain import Column, ImportState
from membership.imports.kinds import kind_of
from membership.imports.kinds.documents import DocumentReader, SealedRow
from membership.imports.locks import hold
from membership.imports.models import Import
from membership.imports.reading import Problem, RowReader

_SPECIAL: Final = re.compile(r'[\\\t\n\r"]')
_QUOTED_IN_ARRAY: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})
_ESCAPED_IN_COPY: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@contextmanager
def unsealed(kept: StoredFile) -> Iterator[BinaryIO]:
    """A stored file of the chain at hand as a stream that can seek; never in clear on a disk, gone when it is closed.

    Raises:
        FileGone
    """
    with spool() as stream:
        for chunk in contents(kept):
            stream.write(chunk)
        stream.seek(0)
        yield stream


def stage(schema_name: str, imported: Import, stream: BinaryIO) -> bool:
    """Stage the rows that are not staged yet; False when somebody else has taken the import over, or ended it.

    Opens its own transactions: one for each chunk.

    Raises:
        SheetError: the file cannot be used as a whole.
    """
    with closing(rows_of(stream, sheet=imported.sheet or None)) as rows:
        header = next(rows, None)
        if header is None:
            raise SheetEmpty
        reader = RowReader.of(kind_of(imported.kind).columns, header[1], imported.defaults)
        return _stage_rows(schema_name, imported, reader, rows)


def _stage_rows(schema_name: str, imported: Import, reader: RowReader, rows: Iterator[Row]) -> bool:
    left = dropwhile(lambda row: row[0] <= imported.staged, rows)
    while chunk := list(islice(left, settings.IMPORT_BATCH_ROWS)):
        with in_chain(schema_name):
            held = hold(imported.pk, ImportState.CHECKING)
            if held is None or held.staged != imported.staged:
                return False
            _stage_chunk(held, reader, chunk)
        imported.staged = held.staged
    return True


def _stage_chunk(imported: Import, reader: RowReader, chunk: Sequence[Row]) -> None:
    problems: list[Problem] = []
    base = imported.first_row_id
    staged = [
        (base + number, cells) for (number, _cells), cells in zip(chunk, reader.read(chunk, problems), strict=True)
    ]
    documents = _documents(kind_of(imported.kind).columns, base, staged, problems)
    schema = quote_schema(connection.schema_name)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {schema}.imports_importrow (id, cells) FROM STDIN") as copy:
            copy.write("".join([_line(row_id, cells) for row_id, cells in staged]))
        if documents:
            columns = "id, kind, number, number_index, masked"
            with cursor.copy(f"COPY {schema}.imports_stageddocument ({columns}) FROM STDIN") as copy:
                for number, *rest in documents:
                    copy.write_row((base + number, *rest))
        if problems:
            with cursor.copy(f'COPY {schema}.imports_importproblem (row_id, "column", code, value) FROM STDIN') as copy:
                for number, column, code, value in problems:
                    copy.write_row((base + number, column, code, value))
    imported.mapping = reader.mapping
    imported.staged, imported.touched_at = chunk[-1][0], clock.now()
    imported.rows += len(chunk)
    imported.save(update_fields=["mapping", "staged", "rows", "touched_at"])


def _documents(
    columns: Sequence[Column], base: int, staged: Sequence[tuple[int, list[str]]], problems: list[Problem]
) -> list[SealedRow]:
    """The ID documents of the rows, taken out of their cells."""
    reader = DocumentReader.of(columns)
    if reader is None:
        return []
    found = (reader.read(row_id - base, cells, problems) for row_id, cells in staged)
    return [row for row in found if row is not None]


def _line(row_id: int, cells: Sequence[str]) -> str:
    """A line of COPY's text format: the key and an array of texts."""
    joined = "\x1f".join(cells)
    if _SPECIAL.search(joined):
        quoted = '","'.join(cell.translate(_QUOTED_IN_ARRAY) for cell in cells).translate(_ESCAPED_IN_COPY)
    else:
        quoted = '","'.join(cells)
    return f'{row_id}\t{{"{quoted}"}}\n'
