"""Whether the database can be reached at all, and how those who cannot reach it learn so at once."""

from time import monotonic
from typing import Final

import psycopg

# Of PostgreSQL's states: connections refused or broken off, the server shutting down or starting, no connection left.
_LOST_CLASS: Final = "08"
_LOST_STATES: Final = frozenset({"57P01", "57P02", "57P03", "53300"})

PAUSE_S: Final = 1.0
"""How long after a vain attempt nobody tries again."""

# Until when (monotonic) nobody but one tries, by the database's alias.
_down: dict[str, float] = {}


class NotConnected(psycopg.OperationalError):
    """There is no connection to the database: whatever was wanted of it has not begun."""


def database_lost(error: BaseException) -> bool:
    """Whether an error, psycopg's or Django's, says that the database cannot be reached (any more)."""
    told = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(told, psycopg.OperationalError):
        return False
    if told.sqlstate is not None:
        return told.sqlstate.startswith(_LOST_CLASS) or told.sqlstate in _LOST_STATES
    # Without a state it is the driver that speaks. Its kinds that are about something else have names of their own.
    return type(told) in {psycopg.OperationalError, NotConnected}


def never_reached(error: BaseException) -> bool:
    """Whether there was no connection to begin with, so that certainly nothing was done."""
    return isinstance(error, NotConnected) or isinstance(error.__cause__, NotConnected)


def ask_leave(alias: str, *, patience_s: float) -> None:
    """Before waiting for a pool's connection: while its database is down one caller at a time tries, for
    ``patience_s``; the others need not wait with him.

    Raises:
        NotConnected
    """
    until = _down.get(alias)
    if until is None:
        return
    if monotonic() < until:
        raise NotConnected("the database could not be reached a moment ago")
    _down[alias] = monotonic() + patience_s


def note_down(alias: str) -> None:
    """The database was not reached: for a moment nobody else tries."""
    _down[alias] = monotonic() + PAUSE_S


def note_up(alias: str) -> None:
    """The database was reached."""
    _down.pop(alias, None)
