"""How long a card record is kept (R-A10). No database, no clock.

A plan keeps records for so many months, to the day, by China's calendar. A record of 5 March is kept for three months:
through the whole of 5 June, and is cleared as 6 June begins. Where the month that is reached has no such day, its last
day counts (30 November: 28 February); and the last day of a month is kept to the last day of a month (28 February:
31 May), so that nothing is ever kept for less than the law's counting of months gives.

What a change of plan does. Each day has one decision: with the plan in force then, from which day on records are kept.
The decisions only ever go forward:

- a higher plan keeps longer whatever is still there when it begins; what an earlier decision cleared stays gone, also
  where its rows have not been deleted yet;
- a lower plan holds from the day it begins, not from the day it was chosen; until then nothing is cleared that the plan
  in force keeps.

So a record is gone from the first day on whose decision the plan in force no longer kept it.
"""

from calendar import monthrange
from datetime import date
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.calendar import add_months


class ArchiveState(models.TextChoices):
    """Where an archive stands. Records are deleted only out of one that was read back."""

    WRITTEN = "WRITTEN", _("已写入")
    """The file is stored; nothing says yet that it can be read."""
    VERIFIED = "VERIFIED", _("已校验")
    """Read back and found to hold exactly what was written: its records may be deleted."""
    CLEARED = "CLEARED", _("已归档")
    """Its records are deleted."""
    BROKEN = "BROKEN", _("校验不符")
    """What was read back is not what was written: nothing was deleted for it; its records are written again."""


class RetrievalState(models.TextChoices):
    """Where a request for old records stands."""

    WAITING = "WAITING", _("正在调取")
    DONE = "DONE", _("可下载")
    """Delivered, which is one call of the module."""
    EMPTY = "EMPTY", _("没有记录")
    """The archives hold nothing of that card in those days; nothing is charged."""
    FAILED = "FAILED", _("未完成")


UNFINISHED: Final = (ArchiveState.WRITTEN, ArchiveState.VERIFIED)


def first_day_kept(today: date, months: int) -> date:
    """The earliest day whose records a plan of so many months keeps on ``today``."""
    return add_months(today, -months)


def last_day_kept(day: date, months: int) -> date:
    """The last day on which a plan of so many months keeps the records of ``day``; they are cleared as the next
    begins.
    """
    reached = add_months(day, months)
    if day.day < monthrange(day.year, day.month)[1]:
        return reached
    return reached.replace(day=monthrange(reached.year, reached.month)[1])


def decided(before: date | None, *, today: date, months: int) -> date:
    """The first day kept after today's decision, ``before`` being the last one's. Never goes back."""
    kept = first_day_kept(today, months)
    return kept if before is None else max(before, kept)
