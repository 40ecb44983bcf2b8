"""What members may ask for, and where that stands. No database, no clock."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.people.domain import Act


class RequestKind(models.TextChoices):
    """What is asked for."""

    TRANSFER = "TRANSFER", _("转让")
    """Make the card over to somebody else (法释〔2025〕4号, 11)."""
    REFUND = "REFUND", _("退款退卡")
    """Pay back what is left of what was paid (法释〔2025〕4号, 14, 18, 19; R-D01)."""


class RequestState(models.TextChoices):
    """Where a request stands."""

    OPEN = "OPEN", _("待处理")
    DONE = "DONE", _("已办理")
    REFUSED = "REFUSED", _("未受理")
    WITHDRAWN = "WITHDRAWN", _("已撤回")
    """By the member herself, before anybody dealt with it."""


HANDLED_BY: Final[Mapping[str, Act]] = MappingProxyType(
    {RequestKind.TRANSFER.value: Act.CARD_REISSUE, RequestKind.REFUND.value: Act.CARD_COLLECT}
)
"""Who deals with a request: whoever may do what it asks for."""

LONGEST_SAID: Final = 300
LONGEST_ANSWER: Final = 200
A_DAY: Final = 5
"""Requests that are made for one card on one day at most: whoever takes back and asks again is not heard for ever."""
