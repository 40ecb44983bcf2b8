"""Numbers of ID documents: resident identity cards (GB 11643-1999), passports, military and travel papers."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from kernel.errors import DomainError


class DocumentKind(models.TextChoices):
    """The documents that prove who somebody is (R-H01)."""

    ID_CARD = "ID_CARD", _("居民身份证")
    """Also the residence permits of people from Hong Kong, Macau and Taiwan, whose numbers are made alike."""
    PASSPORT = "PASSPORT", _("护照")
    MILITARY = "MILITARY", _("军人证件")
    TRAVEL_PERMIT = "TRAVEL_PERMIT", _("港澳台通行证")
    FOREIGN_RESIDENT = "FOREIGN_RESIDENT", _("外国人永久居留证")


class InvalidIdNumber(DomainError):
    """The number cannot be one of a document of that kind. Does not repeat it: messages are shown, kept and sent on.

    ``params["problem"]`` is the code of what is wrong (``PROBLEMS``).
    """

    code = "invalid_id_number"
    status = 400
    message = _("{kind_label}号码无效：{problem_label}")


PROBLEMS: Final[Mapping[str, str | Promise]] = MappingProxyType(
    {
        "form": _("位数或字符不对。"),
        "old_form": _("15 位的旧证已停用，请出示 18 位的身份证。"),
        "region": _("前两位不是省级行政区代码。"),
        "birth_date": _("其中的出生日期不存在，或晚于今天。"),
        "check_digit": _("校验位不符，请逐位核对。"),
    }
)

_CALLED: Final[Mapping[str, DocumentKind]] = MappingProxyType(
    {
        "身份证": DocumentKind.ID_CARD,
        "二代身份证": DocumentKind.ID_CARD,
        "居住证": DocumentKind.ID_CARD,
        "港澳台居民居住证": DocumentKind.ID_CARD,
        "军官证": DocumentKind.MILITARY,
        "士兵证": DocumentKind.MILITARY,
        "军人证": DocumentKind.MILITARY,
        "港澳通行证": DocumentKind.TRAVEL_PERMIT,
        "回乡证": DocumentKind.TRAVEL_PERMIT,
        "台胞证": DocumentKind.TRAVEL_PERMIT,
        "外国人居留证": DocumentKind.FOREIGN_RESIDENT,
    }
)
"""What lists of other systems call the kinds, besides their names here."""

# GB/T 2260, by the first two digits. 81–83: residence permits of people from Hong Kong, Macau and Taiwan.
_PROVINCES: Final = frozenset(
    f"{code}"
    for code in (
        *range(11, 16),
        21,
        22,
        23,
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        81,
        82,
        83,
    )
)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_EARLIEST: Final = date(1880, 1, 1)

_RESIDENT = re.compile(r"\A[0-9]{17}[0-9X]\Z", re.ASCII)
_OLD_RESIDENT = re.compile(r"\A[0-9]{15}\Z", re.ASCII)
_PASSPORT = re.compile(r"\A(?=.*[0-9])[A-Z0-9]{6,12}\Z", re.ASCII)
_MILITARY = re.compile(r"\A([\u4e00-\u9fff]{1,4}?)字?第?([0-9]{4,8})号?\Z")
_TRAVEL_PERMIT = re.compile(r"\A(?:[HM][0-9]{8}(?:[0-9]{2})?|[0-9]{8}(?:[0-9]{2})?)\Z", re.ASCII)
_FOREIGN_OLD = re.compile(r"\A[A-Z]{3}[0-9]{12}\Z", re.ASCII)
_FOREIGN_NEW = re.compile(r"\A9[0-9]{16}[0-9X]\Z", re.ASCII)


def resident_check_digit(body: str) -> str:
    """The 18th place for the 17 before it (ISO 7064, MOD 11-2): 0–9 or X."""
    return _CHECK_DIGITS[sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True)) % 11]


def normalise_id_number(typed: str, kind: DocumentKind, *, today: date) -> str:
    """The number in its one form: half-width, upper case, no spaces. ``today`` is the day no birth is later than.

    Raises:
        InvalidIdNumber
    """
    number = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", typed)).upper()
    problem = _CHECKS[kind](number, today)
    if problem:
        raise InvalidIdNumber(kind_label=kind.label, problem_label=PROBLEMS[problem], problem=problem)
    if kind is DocumentKind.MILITARY and (found := _MILITARY.match(number)):
        unit, serial = found.groups()
        return f"{unit}字{serial}"
    return number


@lru_cache(maxsize=256)
def document_kind_called(text: str) -> DocumentKind | None:
    """The kind that a list means by a word: its code, its name in Chinese or English, or a common short name."""
    if text.upper() in DocumentKind:
        return DocumentKind(text.upper())
    if (known := _CALLED.get(text)) is not None:
        return known
    for language in ("zh-hans", "en"):
        with override(language):
            found = next((kind for kind in DocumentKind if str(kind.label).lower() == text.lower()), None)
        if found is not None:
            return found
    return None


def birth_date_of(number: str, kind: DocumentKind) -> date | None:
    """The date of birth that a normalised number tells, if its kind does."""
    if kind is DocumentKind.ID_CARD or (kind is DocumentKind.FOREIGN_RESIDENT and _FOREIGN_NEW.match(number)):
        return _date_in(number)
    return None


def masked_number(number: str) -> str:
    """``****************2X``: length and the last two places.

    Not more: of a resident's number the rest follows from birthday and home, and its last four from very few tries.
    """
    return "*" * (len(number) - 2) + number[-2:]


def masked_name(name: str) -> str:
    """``王*明``: enough to ask "Ms Wang?", too little for whoever reads the screen across the counter."""
    shown = name[:1] + "*" * max(1, min(len(name) - 2, 3)) + (name[-1] if len(name) > 2 else "")
    return shown if name else ""


def _date_in(number: str) -> date | None:
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def _resident(number: str, today: date) -> str | None:
    if _OLD_RESIDENT.match(number):
        return "old_form"
    if not _RESIDENT.match(number):
        return "form"
    if number[:2] not in _PROVINCES:
        return "region"
    return _dated_and_checked(number, today)


def _dated_and_checked(number: str, today: date) -> str | None:
    born = _date_in(number)
    if born is None or not _EARLIEST <= born <= today:
        return "birth_date"
    return None if number[-1] == resident_check_digit(number[:-1]) else "check_digit"


def _foreign_resident(number: str, today: date) -> str | None:
    if _FOREIGN_OLD.match(number):
        return None
    return _dated_and_checked(number, today) if _FOREIGN_NEW.match(number) else "form"


def _of_form(pattern: "re.Pattern[str]") -> Callable[[str, date], str | None]:
    return lambda number, today: None if pattern.match(number) else "form"


_CHECKS: Final[Mapping[DocumentKind, Callable[[str, date], str | None]]] = MappingProxyType(
    {
        DocumentKind.ID_CARD: _resident,
        DocumentKind.PASSPORT: _of_form(_PASSPORT),
        DocumentKind.MILITARY: _of_form(_MILITARY),
        DocumentKind.TRAVEL_PERMIT: _of_form(_TRAVEL_PERMIT),
        DocumentKind.FOREIGN_RESIDENT: _foreign_resident,
    }
)
