"""Meters: what is counted, where, and what it is charged as. Pure.

A call leaves a row in the chain's schema in the transaction of the call itself: for a posting, the posting is the row.
A counter beside it would be the row that every till waits for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.pricebook.modules import MODULES_BY_CODE

CLOCKS_DIFFER: Final = timedelta(minutes=10)
"""Between the moment in a row's id and the one it says: servers' clocks, and waiting for a lock."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One thing that is counted."""

    code: str
    name: Promise
    module: int
    """Whose price a call costs."""
    rows: str
    """A SELECT over a chain's tables (``{s}.table``) of ``at``, one row for each call, from ``%(since)s`` on."""
    listed: str
    """A SELECT of (at, what, subject) in ``[%(since)s, %(until)s)``, newest first: the calls one by one."""


# A posting's id begins with its moment, so the key finds the newest without an index of its own.
_POSTED: Final = """
    FROM {s}.ledger_posting WHERE id >= %(first_id)s::uuid AND created_at >= %(since)s AND actor LIKE 'api:%%'
"""

_ALL: Final = (
    Meter(
        code="api",
        name=_("接口写入"),
        module=MODULES_BY_CODE["open_api"].number,
        rows=f"SELECT created_at AS at {_POSTED}",
        listed=f"""
            SELECT created_at, kind, actor {_POSTED} AND created_at < %(until)s ORDER BY id DESC LIMIT %(limit)s
        """,
    ),
)

METERS: Final[Mapping[str, Meter]] = MappingProxyType({meter.code: meter for meter in _ALL})


def first_id(since: datetime) -> UUID:
    """The least id (UUID version 7) that a row of that moment may have."""
    millis = int((since - CLOCKS_DIFFER).timestamp() * 1000)
    return UUID(int=millis << 80)


def hour_of(moment: datetime) -> datetime:
    """The hour that a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)
