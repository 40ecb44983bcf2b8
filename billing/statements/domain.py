"""Months and what a statement says of them. Pure."""

from collections.abc import Iterator
from datetime import date

from kernel.calendar import add_months


def month_of(day: date) -> date:
    """The first day of the month a day lies in: how a statement's month is written."""
    return day.replace(day=1)


def months_between(first: date, last: date) -> Iterator[date]:
    """The months from ``first`` to ``last``, both among them; none where ``last`` is before."""
    while first <= last:
        yield first
        first = add_months(first, 1)
