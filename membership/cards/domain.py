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


class CardAct(models.TextChoices):
    """What moves a card from one status to another. Each is one service."""

    ISSUE = "ISSUE", _("发卡")
    """Hand an idle card to a member, or to its bearer (R-B29)."""
    ACTIVATE = "ACTIVATE", _("激活")
    """Put an issued card into use, once it is paid for (R-B30, R-L05)."""
    REPORT_LOST = "REPORT_LOST", _("挂失")
    """Stop a lost card at once (R-J02)."""
    LIFT_LOSS = "LIFT_LOSS", _("解挂")
    """A card that was found stands where it stood before the loss (R-J07)."""
    FREEZE = "FREEZE", _("冻结")
    """Stop a card that lies dormant or was wrongly topped up (R-G04, R-I08)."""
    UNFREEZE = "UNFREEZE", _("解冻")
    """Reopen it, free of charge (R-G05, X-25)."""
    LOCK_PIN = "LOCK_PIN", _("密码锁定")
    """Too many wrong PINs at tills (X-19)."""
    UNLOCK_PIN = "UNLOCK_PIN", _("密码解锁")
    """The holder has shown who she is (R-L08)."""
    EXPIRE = "EXPIRE", _("过期")
    """A validity has ended (R-C04)."""
    REACTIVATE = "REACTIVATE", _("重新激活")
    """A new validity, free of charge; nothing was forfeited (X-12)."""
    REISSUE = "REISSUE", _("补卡")
    """A new card for a lost one; the old number is dead (R-J03)."""
    REPLACE = "REPLACE", _("换卡")
    """A new card for a faulty or outdated one (R-C07, R-J04)."""
    WITHDRAW = "WITHDRAW", _("退会")
    """The member leaves; nothing is on the card any more (R-D07)."""
    COLLECT = "COLLECT", _("回收")
    """The plastic is handed in (R-E05)."""
    DESTROY = "DESTROY", _("销毁")
    """Destroyed before two witnesses (R-E05)."""


@dataclass(frozen=True, slots=True)
class Transition:
    """From which statuses an act starts and where it leads; ``to`` None leads back to where the card stood before."""

    start: frozenset[CardStatus]
    to: CardStatus | None


def _from(*start: CardStatus, to: CardStatus | None) -> Transition:
    return Transition(start=frozenset(start), to=to)


_IN_HAND: Final = (
    CardStatus.ISSUED,
    CardStatus.ACTIVE,
    CardStatus.FROZEN,
    CardStatus.PIN_LOCKED,
    CardStatus.EXPIRED,
)

LIFE: Final[Mapping[CardAct, Transition]] = MappingProxyType(
    {
        CardAct.ISSUE: _from(CardStatus.IDLE, to=CardStatus.ISSUED),
        CardAct.ACTIVATE: _from(CardStatus.ISSUED, to=CardStatus.ACTIVE),
        CardAct.REPORT_LOST: _from(*_IN_HAND, to=CardStatus.LOST),
        CardAct.LIFT_LOSS: _from(CardStatus.LOST, to=None),
        CardAct.FREEZE: _from(CardStatus.ACTIVE, to=CardStatus.FROZEN),
        CardAct.UNFREEZE: _from(CardStatus.FROZEN, to=CardStatus.ACTIVE),
        CardAct.LOCK_PIN: _from(CardStatus.ACTIVE, to=CardStatus.PIN_LOCKED),
        CardAct.UNLOCK_PIN: _from(CardStatus.PIN_LOCKED, to=CardStatus.ACTIVE),
        CardAct.EXPIRE: _from(CardStatus.ACTIVE, to=CardStatus.EXPIRED),
        # The day after the last there may be nobody yet who has noted the expiry: the date counts.
        CardAct.REACTIVATE: _from(CardStatus.EXPIRED, CardStatus.ACTIVE, to=CardStatus.ACTIVE),
        CardAct.REISSUE: _from(CardStatus.LOST, to=CardStatus.REPLACED),
        CardAct.REPLACE: _from(CardStatus.ACTIVE, CardStatus.EXPIRED, to=CardStatus.REPLACED),
        CardAct.WITHDRAW: _from(*_IN_HAND, CardStatus.LOST, to=CardStatus.WITHDRAWN),
        CardAct.COLLECT: _from(
            CardStatus.IDLE,
            CardStatus.ACTIVE,
            CardStatus.EXPIRED,
            CardStatus.REPLACED,
            CardStatus.WITHDRAWN,
            to=CardStatus.COLLECTED,
        ),
        CardAct.DESTROY: _from(CardStatus.IDLE, CardStatus.COLLECTED, to=CardStatus.DESTROYED),
    }
)
"""The life of a card (requirements, section Z). docs/cards.md draws it, and a test holds the drawing to it."""

LOCK_FORBIDS: Final = frozenset({CardAct.REISSUE, CardAct.REPLACE, CardAct.WITHDRAW, CardAct.REACTIVATE})
"""What may not be done with a locked card: the lock (R-C13) also keeps its value from leaving it."""

ENDED: Final = frozenset({CardStatus.REPLACED, CardStatus.WITHDRAWN, CardStatus.COLLECTED, CardStatus.DESTROYED})
"""Statuses from which a card never comes back to its holder."""


def destination(act: CardAct, *, status: str, before_loss: str = "") -> CardStatus | None:
    """Where the act leads a card of this status; None when it may not be done.

    ``before_loss``: the status the card had when it was reported lost.
    """
    transition = LIFE[act]
    if status not in transition.start:
        return None
    if transition.to is not None:
        return transition.to
    return CardStatus(before_loss) if before_loss in _IN_HAND else CardStatus.ACTIVE


class IdShown(models.TextChoices):
    """Whose ID was looked at when somebody came to the desk for a card (R-J02, R-L08)."""

    HOLDER = "HOLDER", _("已核对本人证件")
    AGENT = "AGENT", _("他人代办：已核对双方证件")


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown at a desk by whoever came for a card."""

    by: IdShown = IdShown.HOLDER
    agent_name: str = ""
    agent_id: str = ""
    """The number of the agent's ID card, as typed."""
    matched: bool = False
    """The number of the holder's document was typed, and is hers."""


@dataclass(frozen=True, slots=True)
class Spend:
    """What a member has spent: on the day, and over the months that her type asks about. In fen."""

    same_day_fen: int
    accumulated_fen: int

    def meets(self, *, same_day_fen: int | None, accumulated_fen: int | None) -> bool:
        """Whether one of the conditions is met (R-P10); a condition that is None is none."""
        wanted = ((self.same_day_fen, same_day_fen), (self.accumulated_fen, accumulated_fen))
        asked = [(spent, least) for spent, least in wanted if least is not None]
        return not asked or any(spent >= least for spent, least in asked)


class ValidityShift(models.TextChoices):
    """Which way a validity adjustment document moves the end of a card (R-C03)."""

    LATER = "LATER", _("增加")
    EARLIER = "EARLIER", _("减少")

    def agrees(self, *, before: date, after: date) -> bool:
        """Whether a change between these last days goes this way."""
        return after > before if self is ValidityShift.LATER else after < before


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
LARGEST_RANGE: Final = 100_000
"""Cards made in one act, which takes some seconds; a million come by import."""
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
