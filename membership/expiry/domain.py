"""When points are cleared and what expires against which account. No database, no clock."""

from datetime import date, timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.calendar import add_months
from ledger.domain import Contra, LotKind, Unit

EXPIRY: Final = "EXPIRY"
"""The kind of posting by which lots expire."""
POINTS_EXPIRY: Final = "POINTS_EXPIRY"
"""The kind of posting by which points are cleared, or expire lot by lot."""
BY_ITSELF: Final = (EXPIRY, POINTS_EXPIRY)
"""Kinds of postings that are no use of a card: they happen to it."""

POINTS_CONTRA: Final = "POINTS"


class PointsPolicy(models.TextChoices):
    """When points are void (R-G02, R-G03, R-I02, X-17)."""

    FIXED = "FIXED", _("按卡生效日满期清零")
    """At each end of a term that began on the card's first day: whatever was earned within the term."""
    ROLLING_INACTIVITY = "ROLLING_INACTIVITY", _("连续未消费清零")
    """After so many months without consumption: all."""
    PER_LOT = "PER_LOT", _("每笔积分各自到期")
    """Each batch of points is void so many months after it was earned."""


class NoticeState(models.TextChoices):
    """Where a notice of clearing stands."""

    OPEN = "OPEN", _("已通知")
    """The points stand until its date."""
    CLEARED = "CLEARED", _("已清零")
    """Its date has come and the points are void."""
    LIFTED = "LIFTED", _("已解除")
    """The card was used, or the points were spent, before its date."""


class NoticeChannel(models.TextChoices):
    """How a notice reaches the member, besides being shown at the till and in her portal."""

    SMS = "SMS", _("短信")
    """Written to the outbox, for a telephone that is proved to be hers."""
    MAIL = "MAIL", _("邮件")
    """Written to the outbox."""
    SHOP = "SHOP", _("由门店通知")
    """She did not agree to be written to, or cannot be: the shop publishes the list and tells her."""


def clearing_day(
    policy: PointsPolicy | str, *, months: int, began_on: date, last_used_on: date, earned_on: date
) -> date:
    """The day at whose beginning the first points are void, if nothing happens until then.

    ``began_on``: the card's first day. ``last_used_on``: of the last consumption or earning, at least the first day.
    ``earned_on``: of the oldest points that are left.
    """
    if policy == PointsPolicy.ROLLING_INACTIVITY:
        return add_months(last_used_on, months)
    if policy == PointsPolicy.FIXED:
        term = 1
        while (end := add_months(began_on, months * term)) <= earned_on:
            term += 1
        return end
    return add_months(earned_on, months)


def earned_before(policy: PointsPolicy | str, *, months: int, day: date) -> date:
    """Points earned before this day go when points are cleared on ``day``."""
    if policy != PointsPolicy.PER_LOT:
        return day
    first_kept = add_months(day, -months)
    # Months differ in length: the last days of one may all lead to the same day of another.
    while add_months(first_kept, months) <= day:
        first_kept += timedelta(days=1)
    return first_kept


def expires(*, kind: str, unit: str) -> bool:
    """Whether a lot of this kind may expire at all: what was paid in stays owed for ever (X-12)."""
    return not (kind == LotKind.PRINCIPAL and unit == Unit.CNY)


def contra_of(*, kind: str, unit: str) -> str:
    """The account that an expired lot goes to.

    What was given was a promotion's expense, which falls away; points were never money; counts and minutes that were
    paid for are owed no more.
    """
    if unit == Unit.PTS:
        return POINTS_CONTRA
    return Contra.PROMOTION.value if kind == LotKind.BONUS else Contra.DEFERRED.value


class DormantState(models.TextChoices):
    """Where a card of a list of dormant cards stands (R-G04, R-G05)."""

    LISTED = "LISTED", _("待审批")
    """On a list that is not approved yet."""
    LEFT_OUT = "LEFT_OUT", _("不冻结")
    """Taken off the list by whoever prepared it."""
    NOTIFIED = "NOTIFIED", _("通知期")
    """Approved and published; frozen when the notice is over, unless it is used."""
    FROZEN = "FROZEN", _("已冻结")
    """Frozen as dormant; what is on it stays owed (X-25)."""
    USED = "USED", _("已使用")
    """Used, or stopped for another reason, before the notice was over."""
    REOPENED = "REOPENED", _("已重新启用")
    """Frozen as dormant, and opened again free of charge."""


WAITING: Final = (DormantState.LISTED, DormantState.NOTIFIED)
"""States in which a card is on a list whose end is open: it goes on no other."""

NO_USE: Final = ("EXPIRY", "POINTS_EXPIRY", "FREEZE", "EXPIRED", "VALIDITY", "LEVEL_CHANGE")
"""Kinds of records that are no use of a card: the house, or the calendar, did them."""
