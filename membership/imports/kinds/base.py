"""What a kind of import is: its columns, its checks in SQL, and how good rows are taken over in SQL."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar

from django.db import connection
from django.utils.functional import Promise

from membership.imports.domain import ROW_BITS, Column
from membership.imports.models import Import
from tenants.people.domain import Act

_kinds: dict[str, "Kind"] = {}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an import's rows, by number in the file: after ``after``, up to and with ``upto``."""

    imported: Import
    after: int
    upto: int

    @property
    def params(self) -> dict[str, Any]:
        """What every statement of a kind may use: ``%(low)s < row.id AND row.id <= %(high)s``."""
        base = self.imported.first_row_id
        return {"low": base + self.after, "high": base + self.upto, "store": self.imported.store_id}


class Kind(ABC):
    """A kind of import. Registered by ``@kind``; a new one is a new file in this folder."""

    code: ClassVar[str]
    label: ClassVar[str | Promise]
    hint: ClassVar[str | Promise] = ""
    act: ClassVar[Act]
    """What the person must be allowed to do besides importing: the act that each row is."""
    columns: ClassVar[tuple[Column, ...]]
    problems: ClassVar[Mapping[str, str | Promise]] = {}
    """Its own problems in words, by code."""
    listed: ClassVar[bool] = True
    """Whether people start it by itself; the sheets of a take-over are kinds, too."""

    @abstractmethod
    def check(self, span: Span) -> None:
        """Add the problems of the rows that need the database, or the other rows, to be seen."""

    @abstractmethod
    def apply(self, span: Span) -> int:
        """Take over the rows of the span that have no problem; how many. One transaction: all of them, or none.

        What has come into being since the rows were checked (a card made meanwhile) is added as a problem first.
        """

    def totals(self, span: Span) -> dict[str, int]:
        """Sums over the good rows, for the person who decides."""
        return {}

    def cell(self, code: str) -> str:
        """The SQL of a column's cell in a staged row called ``row``."""
        return f"row.cells[{self.place(code)}]"

    def place(self, code: str) -> int:
        """Where a column stands in the staged cells, counted from 1 as PostgreSQL does."""
        return next(place for place, column in enumerate(self.columns, 1) if column.code == code)


K = TypeVar("K", bound=type[Kind])


def kind(cls: K) -> K:
    """Register a kind of import."""
    _kinds[cls.code] = cls()
    return cls


def kind_of(code: str) -> Kind:
    """The kind with this code.

    Raises:
        KeyError
    """
    return _kinds[code]


def listed_kinds() -> list[Kind]:
    """The kinds that people start by themselves."""
    return [each for each in _kinds.values() if each.listed]


# ── SQL that kinds share ──────────────────────────────────────────────────────────────────────────────────────────

SPAN: Final = "row.id > %(low)s AND row.id <= %(high)s"
GOOD: Final = f"{SPAN} AND NOT EXISTS (SELECT FROM imports_importproblem p WHERE p.row_id = row.id)"
"""The rows of a span without a problem."""
_SHOWN: Final = 40


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wrong with a row where ``where`` holds, and at which column."""

    column: str
    code: str
    where: str


def run(sql: str, params: Mapping[str, Any]) -> int:
    """Execute one statement in the chain's open transaction; the rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return max(int(cursor.rowcount), 0)


def fetch(sql: str, params: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """The rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def add_problem(
    each: Kind,
    span: Span,
    column: str,
    code: str,
    *,
    where: str,
    join: str = "",
    params: Mapping[str, Any] = {},
    among: str = SPAN,
) -> int:
    """Add a problem to every row of the span for which ``where`` holds; how many. ``join`` brings in other tables;
    ``among``: GOOD asks only rows that have no problem yet.
    """
    return run(
        f"""
        INSERT INTO imports_importproblem (row_id, "column", code, value)
        SELECT row.id, %(column)s, %(code)s, {_shown(each, column)}
        FROM imports_importrow row {join} WHERE {among} AND ({where})
        """,  # noqa: S608  (written by kinds, never by people)
        {**span.params, **params, "column": column, "code": code},
    )


def add_problems(
    each: Kind,
    span: Span,
    asked: Sequence[Ask],
    *,
    join: str = "",
    among: str = SPAN,
) -> int:
    """Ask many things of every row of the span by going over them once; how many problems were added, those of a row in
    the order of ``asked``.
    """
    # First whether anything is wrong at all, which it hardly ever is, and only of such a row what.
    any_of = " OR ".join(f"({ask.where})" for ask in asked)
    listed = ", ".join(f"('{ask.column}', '{ask.code}', ({ask.where}), {_shown(each, ask.column)})" for ask in asked)
    return run(
        f"""
        INSERT INTO imports_importproblem (row_id, "column", code, value)
        SELECT row.id, said.place, said.code, said.value
        FROM imports_importrow row {join}
        CROSS JOIN LATERAL (VALUES {listed}) AS said (place, code, wrong, value)
        WHERE {among} AND ({any_of}) AND said.wrong
        """,  # noqa: S608  (written by kinds, never by people)
        span.params,
    )


def _shown(each: Kind, column: str) -> str:
    """The SQL of what a problem shows of a cell; ``domain.masked`` says the same for problems found while reading."""
    cell = each.cell(column)
    asked = next(one for one in each.columns if one.code == column)
    if asked.sealed:
        # What is staged is masked already.
        return cell
    if asked.personal:
        return f"""CASE WHEN {cell} = '' THEN '' WHEN length({cell}) < 3 THEN left({cell}, 1) || '*'
            WHEN length({cell}) < 7 THEN left({cell}, 1) || '****' || right({cell}, 1)
            ELSE left({cell}, 3) || '****' || right({cell}, 3) END"""
    return f"left({cell}, {_SHOWN})"


def there_is(rows: str) -> str:
    """The SQL of whether there is one of ``rows`` (a table and its condition), looked up by an index for each staged
    row: a join would read the whole table again for every batch.
    """
    return f"EXISTS (SELECT FROM {rows} OFFSET 0)"


def add_duplicates(each: Kind, span: Span, *columns: str) -> int:
    """Add a problem to every row but the first of those that hold the same in these columns; how many."""
    cells = [each.cell(column) for column in columns]
    same = " AND ".join(f"{cell} = again.at{place}" for place, cell in enumerate(cells))
    # Grouped in one pass, which keeps a million numbers in memory and not their rows; hardly any is there twice.
    return run(
        f"""
        WITH again AS MATERIALIZED (
            SELECT {", ".join(f"{cell} AS at{place}" for place, cell in enumerate(cells))}, min(row.id) AS first
            FROM imports_importrow row WHERE {SPAN} AND {cells[0]} <> ''
            GROUP BY {", ".join(cells)} HAVING count(*) > 1
        )
        INSERT INTO imports_importproblem (row_id, "column", code, value)
        SELECT row.id, %(column)s, 'duplicate_in_file', {_shown(each, columns[0])}
        FROM again JOIN imports_importrow row ON {same}
        WHERE {SPAN} AND row.id > again.first
        """,  # noqa: S608
        {**span.params, "column": columns[0]},
    )


def row_number(row_id: int) -> int:
    """The number in the file of a staged row."""
    return row_id & ((1 << ROW_BITS) - 1)
