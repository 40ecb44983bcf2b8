"""Reading imports, and what the sweeper looks for."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from django.db.models import QuerySet

from membership.imports.domain import ROW_BITS, RUNNING
from membership.imports.kinds import listed_kinds
from membership.imports.kinds.base import fetch
from membership.imports.models import Import, ImportProblem

PATIENCE: Final = timedelta(seconds=45)
"""How long a worker may be silent before another is sent: a batch takes seconds."""

_STATES: Final = ", ".join(f"'{state.value}'" for state in RUNNING)
DUE: Final = (
    f"SELECT FROM {{schema}}.imports_import WHERE NOT led AND state IN ({_STATES})"
    f" AND touched_at <= %(now)s - interval '{PATIENCE.seconds} seconds'"
)
"""Whether a chain has an import that nobody seems to work on."""

_FAULTY_PAGE: Final = 5_000


def imports() -> QuerySet[Import]:
    """The imports that people started, with their files."""
    kinds = [each.code for each in listed_kinds()]
    return Import.objects.filter(kind__in=kinds).select_related("file", "error_file", "store")


def page_of_imports(*, size: int, before_id: int | None = None) -> list[Import]:
    """The newest ``size`` imports older than ``before_id``. One query on any page."""
    found = imports() if before_id is None else imports().filter(pk__lt=before_id)
    return list(found.order_by("-pk")[:size])


def problems_of(imported: Import, *, size: int) -> list[ImportProblem]:
    """The first problems, in the file's order."""
    first = imported.first_row_id
    found = ImportProblem.objects.filter(row_id__gt=first, row_id__lt=first + (1 << ROW_BITS))
    return list(found.order_by("row_id", "id")[:size])


def faulty_rows(imported: Import) -> Iterator[tuple[int, Sequence[str], Sequence[tuple[str, str]]]]:
    """Each row that has problems: its number in the file, its cells, and (column, code) of each problem."""
    after, end = imported.first_row_id, imported.first_row_id + (1 << ROW_BITS)
    while True:
        rows = fetch(
            """
            SELECT p.row_id, row.cells, array_agg(p."column" ORDER BY p.id), array_agg(p.code ORDER BY p.id)
            FROM (
                SELECT DISTINCT row_id FROM imports_importproblem WHERE row_id > %(after)s AND row_id < %(end)s
                ORDER BY row_id LIMIT %(page)s
            ) AS faulty
            JOIN imports_importproblem p ON p.row_id = faulty.row_id
            LEFT JOIN imports_importrow row ON row.id = faulty.row_id
            GROUP BY p.row_id, row.cells ORDER BY p.row_id
            """,
            {"after": after, "end": end, "page": _FAULTY_PAGE},
        )
        for row_id, cells, columns, codes in rows:
            yield row_id - imported.first_row_id, cells or (), list(zip(columns, codes, strict=True))
        if len(rows) < _FAULTY_PAGE:
            return
        after = rows[-1][0]
