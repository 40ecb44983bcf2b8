"""States of a take-over, the sums that two people sign, and amounts as a sheet holds them."""

import re
from collections.abc import Mapping
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError
from kernel.money import FEN_PER_YUAN, InvalidAmount, parse_yuan

LARGEST_POINTS: Final = 10**12


class TakeoverState(models.TextChoices):
    """Where a take-over stands."""

    CHECKING = "CHECKING", _("正在检查")
    """The workbook is being read and checked."""
    CHECKED = "CHECKED", _("待签字")
    """Two people compare the sums with the old system's and sign."""
    APPLYING = "APPLYING", _("正在接管")
    DONE = "DONE", _("已接管")
    DIFFERS = "DIFFERS", _("与签字不符")
    """What was taken over is not what was signed (a card had been made meanwhile): to be undone."""
    UNDOING = "UNDOING", _("正在撤销")
    UNDONE = "UNDONE", _("已撤销")
    FAILED = "FAILED", _("未通过")
    """The workbook cannot be used, or has rows with problems; nothing was taken over."""
    CANCELLED = "CANCELLED", _("已取消")


RUNNING: Final = (TakeoverState.CHECKING, TakeoverState.APPLYING, TakeoverState.UNDOING)
"""What a worker has to do with."""

SUMS: Final[Mapping[str, str | Promise]] = {
    "members": _("会员（位）"),
    "vehicles": _("车辆（辆）"),
    "cards": _("会员卡（张）"),
    "principal_fen": _("储值本金（元）"),
    "bonus_fen": _("赠送余额（元）"),
    "points": _("积分"),
    "prepayment_fen": _("预存余额（元）"),
}
"""What is signed, in the order people read it. Those in fen are shown in yuan."""


_THOUSANDS: Final = re.compile(r"\A\d{1,3}(?:,\d{3})+\Z", re.ASCII)


class AmountForm(DomainError):
    """Not an amount in yuan, or less than nothing."""

    code = "amount_form"


class PointsForm(DomainError):
    """Not a whole number of points, or less than nothing."""

    code = "points_form"


def clean_yuan(text: str) -> str:
    """An amount in yuan as whole fen.

    Raises:
        AmountForm
    """
    try:
        # A spreadsheet's own number may carry the dust of binary fractions.
        amount = parse_yuan(f"{float(text):.2f}" if "e" in text.lower() or len(text.partition(".")[2]) > 9 else text)
    except (InvalidAmount, ValueError) as error:
        raise AmountForm from error
    if amount.fen < 0:
        raise AmountForm
    return str(amount.fen)


def clean_points(text: str) -> str:
    """A whole number of points.

    Raises:
        PointsForm
    """
    plain = text.replace(",", "") if _THOUSANDS.match(text) else text
    if not (plain.isascii() and plain.isdigit() and int(plain) <= LARGEST_POINTS):
        raise PointsForm
    return str(int(plain))


def shown_sum(name: str, value: int) -> str:
    """A sum as people read and type it."""
    return f"{value / FEN_PER_YUAN:,.2f}" if name.endswith("_fen") else f"{value:,}"
