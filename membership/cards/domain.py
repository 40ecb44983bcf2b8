"""States of a card and the rules of using it. No database, no clock."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.calendar import add_months


class CardStatus(models.TextChoices):
    """Where a card stands (requirements, section Z)."""

    IDLE = "IDLE", _("空闲")
    """Made, belongs to nobody (R-B10)."""
    ISSUED = "ISSUED", _("已发卡")
    """Assigned to a member, not active yet."""
    ACTIVE = "ACTIVE", _("正常")
    """In use."""
    LOST = "LOST", _("挂失")
    """Reported lost; value stays, use is refused."""
    FROZEN = "FROZEN", _("冻结")
    """Dormant or wrongly topped up; reopened free of charge."""
    PIN_LOCKED = "PIN_LOCKED", _("密码锁定")
    """Too many wrong PINs at a till; unlocked with an ID at the desk."""
    EXPIRED = "EXPIRED", _("已过期")
    """Past its validity; value stays owed and returns on free re-activation (X-12)."""
    REPLACED = "REPLACED", _("已换卡")
    """Its value has moved to another card."""
    WITHDRAWN = "WITHDRAWN", _("已退会")
    """The member has left and been refunded."""
    COLLECTED = "COLLECTED", _("已回收")
    """Handed in."""
    DESTROYED = "DESTROYED", _("已销毁")
    """Destroyed before witnesses."""


TRANSITIONS: Final[Mapping[CardStatus, frozenset[CardStatus]]] = MappingProxyType(
    {
        CardStatus.IDLE: frozenset({CardStatus.ISSUED}),
        CardStatus.ISSUED: frozenset({CardStatus.ACTIVE}),
        CardStatus.ACTIVE: frozenset({CardStatus.LOST, CardStatus.FROZEN, CardStatus.PIN_LOCKED, CardStatus.EXPIRED}),
        CardStatus.LOST: frozenset({CardStatus.ACTIVE}),
        CardStatus.FROZEN: frozenset({CardStatus.ACTIVE}),
        CardStatus.PIN_LOCKED: frozenset({CardStatus.ACTIVE}),
        CardStatus.EXPIRED: frozenset({CardStatus.ACTIVE}),
    }
)
"""The steps a status may take by themselves; replacing, withdrawing and destroying are documents of their own."""


@dataclass(frozen=True, slots=True)
class CardStanding:
    """What decides whether a card may be used."""

    status: str
    locked: bool
    valid_until: date | None
    account_valid_until: date | None


def refusal(standing: CardStanding, *, on: date) -> str | None:
    """The stable code of the reason why the card may not be used on that day, or None when it may.

    A card whose card or account validity has ended cannot be used (R-C04).
    """
    if standing.status != CardStatus.ACTIVE:
        return f"card_{standing.status.lower()}"
    if standing.locked:
        return "card_locked"
    if standing.valid_until is None or standing.valid_until < on:
        return "card_expired"
    if standing.account_valid_until is None or standing.account_valid_until < on:
        return "card_account_expired"
    return None


def validity_end(*, issued_on: date, months: int) -> date:
    """The last day of a validity of so many months that begins on the day of issue (R-B18)."""
    return add_months(issued_on, months) - timedelta(days=1)


# ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────

LONGEST_NUMBER: Final = 32
_PREFIX = re.compile(r"\A[0-9A-Z]*\Z", re.ASCII)
LARGEST_RANGE: Final = 10_000
_FILLERS = str.maketrans("", "", " -	")


def tidy_number(typed: str) -> str:
    """A card number as it is stored, from what was typed or swiped: no spaces or hyphens, half-width, upper case."""
    return unicodedata.normalize("NFKC", typed).translate(_FILLERS).strip().upper()


def luhn_digit(digits: str) -> str:
    """The check digit that makes ``digits`` + itself pass the Luhn test (ISO/IEC 7812)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Consecutive card numbers: a prefix, a serial of fixed width and, if wanted, a Luhn check digit at the end."""

    prefix: str
    first: int
    quantity: int
    width: int = 8
    check_digit: bool = False

    @property
    def problem(self) -> str | None:
        """The stable code of what is wrong with the range, or None."""
        if not 1 <= self.quantity <= LARGEST_RANGE:
            return "quantity"
        if not _PREFIX.match(self.prefix):
            return "prefix"
        if self.check_digit and self.prefix and not self.prefix.isdigit():
            return "check_digit"
        if self.first < 0 or not 1 <= self.width <= 16 or len(str(self.first + self.quantity - 1)) > self.width:
            return "serial"
        if len(self.prefix) + self.width + self.check_digit > LONGEST_NUMBER:
            return "length"
        return None

    def numbers(self) -> list[str]:
        """All numbers, ascending. Call it on a range without a problem."""
        plain = [f"{self.prefix}{serial:0{self.width}d}" for serial in range(self.first, self.first + self.quantity)]
        return [number + luhn_digit(number) for number in plain] if self.check_digit else plain


# ── PINs ──────────────────────────────────────────────────────────────────────────────────────────────────────────

PIN_DIGITS: Final = 6


def pin_weakness(pin: str, *, personal: tuple[str, ...] = ()) -> str | None:
    """The stable code of what is wrong with a PIN, or None.

    ``personal``: digits a finder of the card may know, such as the phone number, birthday or the card's own number.
    """
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdigit()):
        return "pin_form"
    if _is_trivial(pin) or any(pin in digits for digits in personal):
        return "pin_trivial"
    return None


def _is_trivial(pin: str) -> bool:
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    # One digit, a run up or down (…890123 too), or a group of two or three repeated.
    return steps in ({0}, {1}, {9}) or pin == pin[:2] * 3 or pin == pin[:3] * 2


FREE_FAILURES: Final = 2
DELAYED_FAILURES: Final = 8
WEB_BLOCK: Final = timedelta(minutes=15)


def web_pause(failures: int) -> timedelta:
    """How long web log-in of a card pauses after so many wrong PINs in a row: 1 s, 2 s, 4 s … then a quarter of an
    hour.

    Slow enough that trying all PINs takes decades, mild enough that a stranger's guesses cost the holder minutes, on
    the web only.
    """
    if failures <= FREE_FAILURES:
        return timedelta(0)
    if failures <= DELAYED_FAILURES:
        return timedelta(seconds=2 ** (failures - FREE_FAILURES - 1))
    return WEB_BLOCK
