"""China's public holidays and the weekend days that are worked for them (调休), as the State Council announces them
each autumn for the year to come. Where a year is not here yet, Monday to Friday are working days.

Sources, of 国务院办公厅: 关于2025年部分节假日安排的通知（国办发明电〔2024〕12号）,
关于2026年部分节假日安排的通知（国办发明电〔2025〕7号）. A new year is two lines here, and a release.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final


def _days(year: int, *spans: tuple[int, int, int, int]) -> Iterator[date]:
    """Every day of these spans, each (month, day, month, day), both ends included."""
    for first_month, first_day, last_month, last_day in spans:
        day, last = date(year, first_month, first_day), date(year, last_month, last_day)
        while day <= last:
            yield day
            day += timedelta(days=1)


# 元旦, 春节, 清明节, 劳动节, 端午节, (中秋节,) 国庆节.
CLOSED: Final = frozenset(
    {
        *_days(2025, (1, 1, 1, 1), (1, 28, 2, 4), (4, 4, 4, 6), (5, 1, 5, 5), (5, 31, 6, 2), (10, 1, 10, 8)),
        *_days(
            2026,
            (1, 1, 1, 3),
            (2, 15, 2, 23),
            (4, 4, 4, 6),
            (5, 1, 5, 5),
            (6, 19, 6, 21),
            (9, 25, 9, 27),
            (10, 1, 10, 7),
        ),
    }
)
"""Days on which nobody works."""

WORKED: Final = frozenset(
    {
        *(date(2025, *day) for day in ((1, 26), (2, 8), (4, 27), (9, 28), (10, 11))),
        *(date(2026, *day) for day in ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))),
    }
)
"""Saturdays and Sundays that are worked instead."""

LAST_YEAR: Final = max(CLOSED).year
"""Up to its end the arithmetic knows them."""
