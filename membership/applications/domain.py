"""The life of an application for a card (R-A11, R-A12). No database, no clock."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class ApplicationState(models.TextChoices):
    """Where an application stands."""

    DRAFT = "DRAFT", _("待验证手机号")
    """Filled in; nobody has shown yet that the telephone is hers. Forgotten after a day."""
    SUBMITTED = "SUBMITTED", _("待审核")
    """On the desk's work list."""
    APPROVED = "APPROVED", _("已通过")
    """A card is hers; it lies at the desk and is not active."""
    SENT = "SENT", _("已寄出")
    """The card is on its way to her."""
    COLLECTED = "COLLECTED", _("已领取")
    """She has the card, and it is active."""
    REJECTED = "REJECTED", _("未通过")
    """Refused, with a reason."""
    WITHDRAWN = "WITHDRAWN", _("已撤回")
    """Taken back by the applicant before it was decided."""
    LAPSED = "LAPSED", _("逾期未领")
    """Granted, and nobody came for the card."""


class ApplicationAct(models.TextChoices):
    """What moves an application from one state to another. Each is one service."""

    SUBMIT = "SUBMIT", _("提交")
    """The code that was sent to the telephone was typed."""
    WITHDRAW = "WITHDRAW", _("撤回")
    APPROVE = "APPROVE", _("通过")
    """A released card is assigned to the member (R-A12)."""
    REJECT = "REJECT", _("不通过")
    SEND = "SEND", _("寄出")
    HAND_OVER = "HAND_OVER", _("领取")
    """Collected at the desk with the ID shown (R-H08), or delivered."""
    LAPSE = "LAPSE", _("逾期作废")
    """Closed by the desk some weeks after the card was granted or sent, and nobody has it."""


class Handing(models.TextChoices):
    """How the card gets to the applicant."""

    PICK_UP = "PICK_UP", _("到店领取")
    DELIVERY = "DELIVERY", _("邮寄到家")


@dataclass(frozen=True, slots=True)
class Transition:
    """From which states an act starts and where it leads."""

    start: frozenset[ApplicationState]
    to: ApplicationState


def _from(*start: ApplicationState, to: ApplicationState) -> Transition:
    return Transition(start=frozenset(start), to=to)


LIFE: Final[Mapping[ApplicationAct, Transition]] = MappingProxyType(
    {
        ApplicationAct.SUBMIT: _from(ApplicationState.DRAFT, to=ApplicationState.SUBMITTED),
        ApplicationAct.WITHDRAW: _from(ApplicationState.SUBMITTED, to=ApplicationState.WITHDRAWN),
        ApplicationAct.APPROVE: _from(ApplicationState.SUBMITTED, to=ApplicationState.APPROVED),
        ApplicationAct.REJECT: _from(ApplicationState.SUBMITTED, to=ApplicationState.REJECTED),
        ApplicationAct.SEND: _from(ApplicationState.APPROVED, to=ApplicationState.SENT),
        ApplicationAct.HAND_OVER: _from(
            ApplicationState.APPROVED, ApplicationState.SENT, to=ApplicationState.COLLECTED
        ),
        ApplicationAct.LAPSE: _from(ApplicationState.APPROVED, ApplicationState.SENT, to=ApplicationState.LAPSED),
    }
)
"""docs/applications.md draws it, and a test holds the drawing to it."""

ENDED: Final = frozenset(
    {ApplicationState.COLLECTED, ApplicationState.REJECTED, ApplicationState.WITHDRAWN, ApplicationState.LAPSED}
)
GRANTED: Final = frozenset({ApplicationState.APPROVED, ApplicationState.SENT, ApplicationState.COLLECTED})
"""States of an application whose card is hers."""
WAITS_FOR_HER_DAYS: Final = 30
"""So long a card that was granted, or sent, waits before the desk may put it away, unless the chain chose otherwise."""
SHORTEST_WAIT_DAYS: Final = 7
"""The link to set its PIN works so long: within that time nobody's card is put away."""
LONGEST_WAIT_DAYS: Final = 365


def destination(act: ApplicationAct, *, state: str) -> ApplicationState | None:
    """Where the act leads an application in this state; None when it may not be done."""
    transition = LIFE[act]
    return transition.to if state in transition.start else None


PREFIX: Final = "SQ"
_RANDOM_DIGITS: Final = 6


def new_number(day: date) -> str:
    """``SQ261122048213``: the day, then digits by chance. Not a serial: nobody learns how many others have applied, and
    nobody counts through other people's.
    """
    return f"{PREFIX}{day:%y%m%d}{secrets.randbelow(10**_RANDOM_DIGITS):0{_RANDOM_DIGITS}d}"


LONGEST_NUMBER: Final = len(PREFIX) + 6 + _RANDOM_DIGITS


def tidy_number(typed: str) -> str:
    """An application's number as it is stored, from what was typed."""
    return "".join(typed.split()).replace("-", "").upper()[:LONGEST_NUMBER]
