"""Meters: what is counted, where, and what it is charged as. Pure.

A call leaves a row in the chain's schema in the transaction of the call itself: for a posting, the posting is the row.
A counter beside it would be the row that every till waits for.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.functional import Promise

NO_MODULE: Final = 0
"""In place of a module's number, where none has the price."""
CLOCKS_DIFFER: Final = timedelta(minutes=10)
"""Between the moment in a row's id and the one it says: servers' clocks, and waiting for a lock."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Further rows that a meter counts: of an app above the one that registered it. The two as a ``Meter`` has them."""

    rows: str
    listed: str


@dataclass(frozen=True, slots=True)
class Meter:
    """One thing that is counted. Each has a module of its own; the one without has the price of the plan itself."""

    code: str
    name: Promise
    module: int
    """Whose price a call costs; ``NO_MODULE``: a card that came of an application (R-A13)."""
    rows: str
    """A SELECT over a chain's tables (``{s}.table``) of ``at``, one row for each call, from ``%(since)s`` on. A row
    that was committed stays and keeps its moment, at least until no count looks back so far."""
    listed: str
    """A SELECT of (at, what, subject) in ``[%(since)s, %(until)s)``, newest first, ``%(limit)s`` of them: the calls one
    by one. Nothing that says who a member is."""
    subject: Promise
    """What ``subject`` is: a column's heading."""

    def with_more(self, more: Rows) -> "Meter":
        """The same meter counting these rows as well."""
        both = f"(({self.listed}) UNION ALL ({more.listed})) AS call (at, what, subject)"
        return replace(
            self,
            rows=f"{self.rows} UNION ALL {more.rows}",
            listed=f"SELECT at, what, subject FROM {both} ORDER BY at DESC LIMIT %(limit)s",  # noqa: S608 - our own text
        )


def first_id(since: datetime) -> UUID:
    """The least id (UUID version 7) that a row of that moment may have."""
    millis = int((since - CLOCKS_DIFFER).timestamp() * 1000)
    return UUID(int=millis << 80)


def hour_of(moment: datetime) -> datetime:
    """The hour that a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)
