"""Telephone numbers and member codes as people write them in China."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError

CODE_PREFIX: Final = "M"
CODE_DIGITS: Final = 6

PHONE_SETTLES: Final = timedelta(days=7)
"""So long a telephone that became another one renews no PIN of a card: time for the old one's owner to object."""

_CHINA: Final = "+86"
_MOBILE = re.compile(r"\A1[3-9]\d{9}\Z", re.ASCII)
_LANDLINE = re.compile(r"\A0\d{2,3}\d{7,8}\Z", re.ASCII)
# Areas of three digits (010, 02x) have numbers of eight; the others have seven or eight.
_LANDLINE_TYPED = re.compile(
    r"\A\(?(?:\+?86-?)?(010|02\d|0[3-9]\d{2})\)?-?(\d{7,8})(?:(?:-|转|x|ext)(\d{1,6}))?\Z", re.ASCII | re.IGNORECASE
)
_ABROAD = re.compile(r"\A\+[1-9]\d{6,14}\Z", re.ASCII)


class InvalidPhone(DomainError):
    """Not a telephone number."""

    code = "invalid_phone"
    status = 400
    message = _("手机号“{phone}”无效：请输入 11 位手机号、带区号的座机号，或以 + 开头的国际号码。")


class InvalidLandline(DomainError):
    """Not a landline with its area code (R-H07)."""

    code = "invalid_landline"
    status = 400
    message = _("固定电话“{phone}”无效：请连同区号填写，例如 021-58881234 或 021-58881234-803。")


def normalise_phone(typed: str) -> str:
    """The number in E.164 form (``+8613800138000``) from what was typed, China assumed.

    Raises:
        InvalidPhone
    """
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", typed))
    for prefix in (_CHINA, "0086"):
        digits = digits.removeprefix(prefix)
    if len(digits) == 13 and digits.startswith("86"):
        digits = digits[2:]
    if _MOBILE.match(digits):
        return _CHINA + digits
    if _LANDLINE.match(digits):
        return _CHINA + digits[1:]
    if _ABROAD.match(digits):
        return digits
    raise InvalidPhone(phone=typed)


def normalise_landline(typed: str) -> str:
    """A landline with its area code, as ``021-58881234`` or, with an extension, ``021-58881234-803`` (R-H07).

    Raises:
        InvalidLandline
    """
    found = _LANDLINE_TYPED.match(re.sub(r"\s", "", unicodedata.normalize("NFKC", typed)))
    if found is None:
        raise InvalidLandline(phone=typed)
    return "-".join(part for part in found.groups() if part)


def is_mobile(phone: str) -> bool:
    """Whether a stored number is a mobile of mainland China."""
    return bool(_MOBILE.match(phone.removeprefix(_CHINA))) and phone.startswith(_CHINA)


def national(phone: str) -> str:
    """A stored number as it is said in China: ``13800138000``, ``021…``; foreign numbers keep their ``+``."""
    if not phone.startswith(_CHINA):
        return phone
    digits = phone.removeprefix(_CHINA)
    return digits if _MOBILE.match(digits) else f"0{digits}"


def phone_settled(changed_at: datetime | None, *, now: datetime) -> bool:
    """Whether a telephone has been on file long enough to renew a PIN; ``changed_at`` None: ever since the filing."""
    return changed_at is None or changed_at + PHONE_SETTLES <= now


def masked_phone(phone: str) -> str:
    """``138****8000``: enough to recognise, too little to call."""
    digits = national(phone)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 8 else "****"


def member_code(serial: int) -> str:
    """``M000001``; longer where six digits are used up."""
    return f"{CODE_PREFIX}{serial:0{CODE_DIGITS}d}"
