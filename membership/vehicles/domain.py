"""Vehicle identification numbers and licence plates, as they are written in China."""

import re
import unicodedata
from typing import Final

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError

VIN_LENGTH: Final = 17
LONGEST_PLATE: Final = 12


class InvalidVin(DomainError):
    """Not a vehicle identification number (GB 16735, ISO 3779)."""

    code = "invalid_vin"
    status = 400
    message = _("车架号“{vin}”无效：{problem_label}")


class InvalidPlate(DomainError):
    """Not a licence plate."""

    code = "invalid_plate"
    status = 400
    message = _("车牌号“{plate}”无效：请输入完整车牌，例如 沪A12345 或 沪AD12345。")


# ── Vehicle identification numbers ────────────────────────────────────────────────────────────────────────────────

_VIN = re.compile(r"\A[0-9A-HJ-NPR-Z]{17}\Z", re.ASCII)
_CHECK_PLACE: Final = 8
_VALUES: Final = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "012345678912345678123457923456789"), strict=True)
)
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)

# Where the ninth place is a check digit by law: North America (1–5) and China (L). Elsewhere it is free.
_CHECKED_REGIONS: Final = frozenset("12345L")

VIN_PROBLEMS: Final = {
    "length": _("应为 17 位。"),
    "letters": _("只能用数字和字母，且不含 I、O、Q。"),
    "check_digit": _("校验位不符，请逐位核对。"),
}


def vin_check_digit(vin: str) -> str:
    """The check digit that belongs on the ninth place: 0–9 or X (GB 16735, appendix)."""
    rest = sum(_VALUES[letter] * weight for letter, weight in zip(vin, _WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def normalise_vin(typed: str) -> str:
    """The number in its one form: half-width, upper case, without spaces and hyphens.

    Raises:
        InvalidVin: its length, its letters, or the check digit where the region prescribes one.
    """
    vin = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", typed)).upper()
    problem = None
    if len(vin) != VIN_LENGTH:
        problem = "length"
    elif not _VIN.match(vin):
        problem = "letters"
    elif vin[0] in _CHECKED_REGIONS and vin[_CHECK_PLACE] != vin_check_digit(vin):
        problem = "check_digit"
    if problem:
        raise InvalidVin(vin=typed.strip()[:40], problem_label=VIN_PROBLEMS[problem])
    return vin


# ── Licence plates (GA 36) ────────────────────────────────────────────────────────────────────────────────────────

_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SERIAL: Final = "[0-9A-HJ-NP-Z]"
# D–K at the first or the last place of the serial: pure electric or other new energy.
_NEW_ENERGY: Final = "[A-HJK]"
_PLATES: Final = tuple(
    re.compile(rf"\A{form}\Z", re.ASCII)
    for form in (
        # 普通，如 沪A12345
        rf"[{_PROVINCES}][A-Z]{_SERIAL}{{5}}",
        # 新能源，小型车在前（沪AD12345），大型车在后（沪A12345D）
        rf"[{_PROVINCES}][A-Z]{_NEW_ENERGY}{_SERIAL}[0-9]{{4}}",
        rf"[{_PROVINCES}][A-Z][0-9]{{5}}{_NEW_ENERGY}",
        # 教练、警车、挂车、港澳入出境、试验、超限、领馆
        rf"[{_PROVINCES}][A-Z]{_SERIAL}{{4}}[学警挂港澳试超领]",
        # 应急救援，如 京X1234应急
        rf"[{_PROVINCES}][A-Z]{_SERIAL}{{4}}应急",
        # 使馆，旧式在前，2017 年起在后
        "使[0-9]{6}",
        "[0-9]{6}使",
        # 军队 and 武警
        rf"[A-Z]{{2}}{_SERIAL}{{5}}",
        rf"WJ[{_PROVINCES}]?[0-9]{{4}}{_SERIAL}",
    )
)
_SMALL_NEW_ENERGY = re.compile(rf"\A[{_PROVINCES}][A-Z]{_NEW_ENERGY}{_SERIAL}[0-9]{{4}}\Z", re.ASCII)
_LARGE_NEW_ENERGY = re.compile(rf"\A[{_PROVINCES}][A-Z][0-9]{{5}}{_NEW_ENERGY}\Z", re.ASCII)


def tidy_plate(typed: str) -> str:
    """What was typed, half-width, upper case, without spaces, dots and hyphens; not checked."""
    return re.sub(r"[\s\-·•.．・]", "", unicodedata.normalize("NFKC", typed)).upper()


def normalise_plate(typed: str) -> str:
    """The plate in its one form: ``沪A12345``, ``沪AD12345``.

    Raises:
        InvalidPlate
    """
    plate = tidy_plate(typed)
    if not any(form.match(plate) for form in _PLATES):
        raise InvalidPlate(plate=typed.strip()[:40])
    return plate


def is_new_energy(plate: str) -> bool:
    """Whether a normalised plate is one of the green ones, eight places long."""
    return bool(_SMALL_NEW_ENERGY.match(plate) or _LARGE_NEW_ENERGY.match(plate))


def spoken_plate(plate: str) -> str:
    """A normalised plate as it stands on the car: ``沪A·12345``."""
    return f"{plate[:2]}·{plate[2:]}" if plate[:1] in _PROVINCES and len(plate) > 2 else plate
