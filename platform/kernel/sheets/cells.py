"""Cells as they are read, and as text."""

from datetime import date, datetime, time, timedelta
from typing import Final

Cell = str | int | float | bool | date | datetime | time | timedelta
"""What a cell holds; an empty one is the empty text."""

# Excel keeps 15 significant digits of a number: what is longer has lost its end.
_EXACT: Final = 10**15


def as_text(cell: Cell) -> str | None:
    """The cell as a person reads it, without spaces around; None for a number so long that Excel has rounded it (a card
    number that was not kept as text).
    """
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return _number(cell)
    if isinstance(cell, datetime):
        # Excel has no days without a time.
        return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _number(value: float) -> str | None:
    if abs(value) >= _EXACT:
        return None
    return str(int(value)) if value == int(value) else repr(value)
