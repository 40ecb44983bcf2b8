"""From the pages of a list to a workbook, a page in memory at a time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, BinaryIO, Final

from kernel.sheets import write_workbook
from membership.exports.kinds import ExportKind
from membership.exports.kinds.base import Filters

_A_PAGE: Final = 2_000

Turn = Callable[[], AbstractContextManager[object]]
"""In what each page is read: a transaction of its own where a worker writes, the one at hand where a person waits."""


def write_list(
    target: BinaryIO, kind: ExportKind, filters: Filters, *, revealed: bool, turn: Turn = nullcontext
) -> int:
    """Write the whole list, titled in the active language; how many rows.

    Every page begins behind the last object of the one before: what is added meanwhile may or may not be in it, but
    nothing is in it twice.

    Raises:
        ValueError: more rows than a sheet can hold.
    """
    rows = _rows(kind, filters, revealed, turn)
    return write_workbook(target, [(str(kind.label), kind.columns(), rows)])


def _rows(kind: ExportKind, filters: Filters, revealed: bool, turn: Turn) -> Iterator[list[Any]]:
    after: Any = None
    while True:
        with turn():
            page = kind.page(kind.found(filters), size=_A_PAGE, after=after)
            rows = kind.rows(page, revealed=revealed)
        yield from rows
        if len(page) < _A_PAGE:
            return
        after = page[-1]
