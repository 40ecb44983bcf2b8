"""States of a card and the rules of using it. No database, no clock."""

from dataclasses import dataclass
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _


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
