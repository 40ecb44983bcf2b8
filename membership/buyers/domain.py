"""Whoever stands at the counter for a purchase and is not the card's member: no database, no clock.

单用途商业预付卡管理办法 15: whoever buys a registered card (a top-up is a purchase), or bearer cards for CNY 10,000 or
more at once, and whoever does it for them, show their ID documents; name, number and telephone are kept for five years.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from kernel.calendar import add_months
from membership.buyers.errors import BuyerIncomplete, BuyerPhoneInvalid
from membership.members.domain import DocumentKind, InvalidPhone, normalise_id_number, normalise_phone

LONGEST_NAME: Final = 60
BEARER_REGISTERED_FROM_FEN: Final = 1_000_000
"""Bearer cards that are bought at once for so much or more: the buyer is registered."""
AT_ONCE: Final = timedelta(minutes=30)
"""What one cashier sells within this time may be one purchase."""
_KEPT_MONTHS: Final = 60


class BuyerRole(models.TextChoices):
    """What somebody was to the purchase."""

    AGENT = "AGENT", _("代办人")
    """Came for the member whose card it is."""
    BUYER = "BUYER", _("购卡人")
    """Bought bearer cards."""


class Deed(models.TextChoices):
    """What was bought."""

    ISSUE = "ISSUE", _("购卡")
    TOP_UP = "TOP_UP", _("充值")


@dataclass(frozen=True, slots=True)
class Buyer:
    """Somebody as her document was read: everything as typed until it is ``checked``."""

    name: str
    number: str
    phone: str
    kind: DocumentKind = DocumentKind.ID_CARD


def checked(buyer: Buyer, *, today: date) -> Buyer:
    """The same, tidied: the number in its normal form, the telephone in E.164.

    Raises:
        BuyerIncomplete, InvalidIdNumber, BuyerPhoneInvalid
    """
    name = " ".join(buyer.name.split())
    if not (1 <= len(name) <= LONGEST_NAME and buyer.number.strip() and buyer.phone.strip()):
        raise BuyerIncomplete
    number = normalise_id_number(buyer.number, buyer.kind, today=today)
    try:
        phone = normalise_phone(buyer.phone)
    except InvalidPhone as invalid:
        raise BuyerPhoneInvalid from invalid
    return replace(buyer, name=name, number=number, phone=phone)


def kept_until(day: date) -> date:
    """The last day on which the registration of a purchase on ``day`` is kept."""
    return add_months(day, _KEPT_MONTHS)
