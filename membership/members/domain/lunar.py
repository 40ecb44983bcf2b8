"""Birthdays in the Chinese calendar, and when they come next (R-P25).

The calendar is known for the lunar years 1900–2100. Two sources that were made apart agree on every day up to 2088;
after that two months begin within minutes of midnight, and the almanac has yet to decide them.
"""

from calendar import isleap
from dataclasses import dataclass
from datetime import date
from typing import Final

from borax.calendars.lunardate import (
    MAX_SOLAR_DATE,
    MIN_SOLAR_DATE,
    InvalidLunarDateError,
    LCalendars,
    LunarDate,
)
from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
LONGEST_MONTH: Final = 30

_MONTHS: Final = "正二三四五六七八九十冬腊"
_DIGITS: Final = "一二三四五六七八九十"


class InvalidLunarDate(DomainError):
    """There is no such day in the Chinese calendar."""

    code = "invalid_lunar_date"
    status = 400
    message = _("农历里没有这一天，请核对月份、闰月和日期。")


@dataclass(frozen=True, slots=True)
class LunarBirthday:
    """A birthday in the Chinese calendar. The year of birth is often not known; the leap month is its own."""

    month: int
    day: int
    leap: bool = False
    year: int | None = None

    def check(self) -> None:
        """Pass if there is, or with no year known may be, such a day.

        Raises:
            InvalidLunarDate
        """
        if not (1 <= self.month <= 12 and 1 <= self.day <= LONGEST_MONTH):
            raise InvalidLunarDate
        if self.year is not None:
            if not FIRST_YEAR <= self.year <= LAST_YEAR:
                raise InvalidLunarDate
            try:
                LunarDate(self.year, self.month, self.day, int(self.leap))
            except InvalidLunarDateError:
                raise InvalidLunarDate from None
        elif self.leap and self.day > _longest_leap(self.month):
            raise InvalidLunarDate

    def __str__(self) -> str:
        """As people write it: ``闰二月廿九``."""
        return f"{'闰' if self.leap else ''}{_MONTHS[self.month - 1]}月{_spoken_day(self.day)}"


def lunar_of(day: date) -> LunarBirthday | None:
    """A calendar day in the Chinese calendar; None where the calendar is not known."""
    if not MIN_SOLAR_DATE <= day <= MAX_SOLAR_DATE:
        return None
    found = LunarDate.from_solar(day)
    return LunarBirthday(month=found.month, day=found.day, leap=bool(found.leap), year=found.year)


def next_lunar_birthday(birthday: LunarBirthday, *, on_or_after: date) -> date | None:
    """The day on which the birthday is celebrated next, ``on_or_after`` itself included.

    One born in a leap month celebrates in it where the year has it, else in the month it follows; one born on the 30th
    celebrates on the 29th, the last day, where the month has no 30th. None after the calendar's end.
    """
    here = lunar_of(on_or_after)
    if here is None or here.year is None:
        return None
    for year in range(here.year, min(here.year + 1, LAST_YEAR) + 1):
        celebrated = celebrated_in(birthday, year)
        if celebrated >= on_or_after:
            return celebrated
    return None


def celebrated_in(birthday: LunarBirthday, year: int) -> date:
    """The calendar day on which the birthday is celebrated in a lunar year, by the rules of ``next_lunar_birthday``."""
    leap = birthday.leap and LCalendars.leap_month(year) == birthday.month
    day = min(birthday.day, LCalendars.ndays(year, birthday.month, int(leap)))
    solar: date = LunarDate(year, birthday.month, day, int(leap)).to_solar_date()
    return solar


def next_solar_birthday(birthday: date, *, on_or_after: date) -> date:
    """The day on which a birthday is celebrated next; one of 29 February on the 28th in common years."""
    for year in (on_or_after.year, on_or_after.year + 1):
        celebrated = _in_year(birthday, year)
        if celebrated >= on_or_after:
            return celebrated
    raise AssertionError("a birthday comes every year")


def _in_year(birthday: date, year: int) -> date:
    if (birthday.month, birthday.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return birthday.replace(year=year)


def _longest_leap(month: int) -> int:
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return max((LCalendars.ndays(year, month, 1) for year in years if LCalendars.leap_month(year) == month), default=0)


def _spoken_day(day: int) -> str:
    if day <= 10:
        return f"初{_DIGITS[day - 1]}"
    if day in (20, 30):
        return f"{_DIGITS[day // 10 - 1]}十"
    return f"{'廿' if day > 20 else '十'}{_DIGITS[day % 10 - 1]}"
