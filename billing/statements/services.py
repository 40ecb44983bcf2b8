"""Making statements, in the public schema. Set-based: thousands of chains take the statements of one."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from django.db import connection

from billing.accounts.domain import PREPAID, PostingKind
from billing.statements.domain import month_of, months_between
from billing.statements.models import Statement
from billing.statements.sql import MAKE
from billing.subscriptions.services.charging import POSTING_KIND
from kernel import clock
from kernel.calendar import add_months, start_of
from kernel.db import in_public
from ledger.models import Account, Posting

BATCH: Final = 2_000
TOP_UPS: Final = (PostingKind.CHAIN_TOP_UP,)
REFUNDS: Final = (PostingKind.CHAIN_REFUND, PostingKind.CHAIN_REFUND_BACK)


def make_due(*, today: date | None = None) -> int:
    """Make the statements of every month that is over, batch by batch, each in a transaction of its own; how many.

    A run that was killed is begun anew and makes what is missing.
    """
    last = add_months(month_of(today or clock.today()), -1)
    with in_public():
        first = _first_month()
    return sum(_make_of_all(month) for month in months_between(first, last)) if first else 0


def make_statements(*, month: date, chain_ids: Sequence[int]) -> int:
    """Make these chains' statements of a month that is over, where they have none of it or of a later one; how many.

    It holds what was booked until the month's end and stands on no statement before. What is booked later with an
    earlier moment is on the next.

    Raises:
        ValueError: the month is not over.
    """
    until = start_of(add_months(month, 1))
    if until > clock.now():
        raise ValueError(f"{month:%Y-%m} is not over")
    params: dict[str, Any] = {
        "month": month,
        "until": until,
        "chain_ids": list(chain_ids),
        "top_ups": [str(kind) for kind in TOP_UPS],
        "refunds": [str(kind) for kind in REFUNDS],
        "bill": POSTING_KIND,
        "now": clock.now(),
    }
    with connection.cursor() as cursor:
        cursor.execute(MAKE, params)
        return int(cursor.rowcount)


def _make_of_all(month: date) -> int:
    made, after = 0, 0
    while True:
        with in_public():
            accounts = Account.objects.filter(kind=PREPAID, holder_id__gt=after).order_by("holder_id")
            chain_ids = list(accounts.values_list("holder_id", flat=True)[:BATCH])
            if not chain_ids:
                return made
            made += make_statements(month=month, chain_ids=chain_ids)
        after = chain_ids[-1]


def _first_month() -> date | None:
    """The month to begin with: the last that was made, which may have been broken off, or that of the first posting."""
    last = Statement.objects.order_by("-month").values_list("month", flat=True).first()
    if last is not None:
        return last
    first = Posting.objects.order_by("id").values_list("created_at", flat=True).first()
    return month_of(first.astimezone(clock.CHINA).date()) if first is not None else None
