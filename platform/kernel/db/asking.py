"""Asking all chains in few statements, none of which one chain can spoil for the others."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, DatabaseError

from kernel.db.context import in_public

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE: Final = 200
"""Schemas named in one statement: for thousands it would be planned for longer than it runs."""

# Of PostgreSQL's states: no such schema, table, column. So answers a chain whose migrations have not come yet, are
# broken, or whose schema was lost.
_BEHIND: Final = frozenset({"3F000", "42P01", "42703"})

_log = logging.getLogger(__name__)


def ask_all(
    asked: Iterable[T],
    ask: Callable[[Sequence[T]], Iterable[R]],
    *,
    at_once: int = AT_ONCE,
    using: str = DEFAULT_DB_ALIAS,
) -> list[R]:
    """What ``ask`` answers for all of these, so many in each call; in public, in the open transaction if there is one.

    ``ask`` runs one statement about the schemas of those it is given, by their full names (``qualified``). One schema
    that is not there, or is not as this release expects it, would spoil the statement for all: it is looked for by
    halves and left out, with an error in the log.
    """
    everyone = list(asked)
    answers: list[R] = []
    for begin in range(0, len(everyone), at_once):
        answers += _asked(everyone[begin : begin + at_once], ask, using)
    return answers


def _asked(part: Sequence[T], ask: Callable[[Sequence[T]], Iterable[R]], using: str) -> list[R]:
    try:
        with in_public(using=using):
            return list(ask(part))
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) not in _BEHIND:
            raise
        if len(part) == 1:
            _log.exception("left out, its schema is not as it should be: %s", part[0])
            return []
    half = len(part) // 2
    return _asked(part[:half], ask, using) + _asked(part[half:], ask, using)
