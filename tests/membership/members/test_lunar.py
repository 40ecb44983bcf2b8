"""Birthdays in the Chinese calendar. Golden days are those that the almanac prints."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.members.domain import (
    InvalidLunarDate,
    LunarBirthday,
    lunar_of,
    next_lunar_birthday,
    next_solar_birthday,
)
from membership.members.domain.lunar import celebrated_in


@pytest.mark.parametrize(
    ("solar", "lunar"),
    [
        (date(2000, 2, 5), LunarBirthday(1, 1, year=2000)),
        (date(2020, 1, 25), LunarBirthday(1, 1, year=2020)),
        (date(2020, 5, 23), LunarBirthday(4, 1, leap=True, year=2020)),
        (date(2020, 6, 20), LunarBirthday(4, 29, leap=True, year=2020)),
        (date(2023, 3, 22), LunarBirthday(2, 1, leap=True, year=2023)),
        (date(2025, 7, 25), LunarBirthday(6, 1, leap=True, year=2025)),
        (date(2026, 2, 17), LunarBirthday(1, 1, year=2026)),
        # 2033: the leap month comes after the eleventh, not after the seventh.
        (date(2033, 12, 22), LunarBirthday(11, 1, leap=True, year=2033)),
        (date(2034, 2, 19), LunarBirthday(1, 1, year=2034)),
        (date(1985, 3, 17), LunarBirthday(1, 26, year=1985)),
        (date(2057, 9, 29), LunarBirthday(9, 1, year=2057)),
    ],
)
def test_days_of_the_almanac(solar: date, lunar: LunarBirthday) -> None:
    assert lunar_of(solar) == lunar


@pytest.mark.parametrize(
    ("birthday", "on_or_after", "celebrated"),
    [
        # An ordinary one, this year and, once it is over, the next.
        (LunarBirthday(8, 15), date(2026, 3, 2), date(2026, 9, 25)),
        (LunarBirthday(8, 15), date(2026, 9, 25), date(2026, 9, 25)),
        (LunarBirthday(8, 15), date(2026, 9, 26), date(2027, 9, 15)),
        # At the turn of the year the lunar year is the one before.
        (LunarBirthday(12, 8), date(2026, 1, 1), date(2026, 1, 26)),
        # Born in a leap month: in it where there is one, else in the month before it.
        (LunarBirthday(6, 10, leap=True), date(2025, 7, 1), date(2025, 8, 3)),
        (LunarBirthday(6, 10, leap=True), date(2026, 1, 1), date(2026, 7, 23)),
        # Born in the ordinary month of a year with a leap one: the ordinary one.
        (LunarBirthday(6, 10), date(2025, 1, 29), date(2025, 7, 4)),
        # The 30th of a month of 29 days: its last day.
        (LunarBirthday(12, 30), date(2026, 2, 1), date(2026, 2, 16)),
        (LunarBirthday(4, 30), date(2020, 1, 25), date(2020, 5, 22)),
        (LunarBirthday(4, 30, leap=True), date(2020, 1, 25), date(2020, 6, 20)),
    ],
)
def test_the_next_one(birthday: LunarBirthday, on_or_after: date, celebrated: date) -> None:
    assert next_lunar_birthday(birthday, on_or_after=on_or_after) == celebrated


_DAYS = st.dates(date(1940, 1, 1), date(2087, 12, 31))


@given(_DAYS, _DAYS)
def test_a_birthday_comes_within_thirteen_months_and_never_before(born: date, today: date) -> None:
    birthday = lunar_of(born)
    assert birthday is not None
    following = next_lunar_birthday(birthday, on_or_after=today)
    assert following is not None
    assert today <= following <= today + timedelta(days=385)
    found = lunar_of(following)
    assert found is not None
    assert found.month == birthday.month
    assert found.day in (birthday.day, 29)


@given(_DAYS)
def test_on_the_very_day_it_is_today(born: date) -> None:
    birthday = lunar_of(born)
    assert birthday is not None
    assert birthday.year is not None
    birthday.check()
    assert celebrated_in(birthday, birthday.year) == born
    assert next_lunar_birthday(birthday, on_or_after=born) == born


@pytest.mark.parametrize(
    "wrong",
    [
        LunarBirthday(13, 1),
        LunarBirthday(0, 1),
        LunarBirthday(1, 31),
        LunarBirthday(4, 30, leap=True, year=2020),
        LunarBirthday(5, 1, leap=True, year=2020),
        LunarBirthday(1, 1, year=1899),
        LunarBirthday(12, 1, leap=True),
    ],
)
def test_days_that_do_not_exist_are_refused(wrong: LunarBirthday) -> None:
    with pytest.raises(InvalidLunarDate):
        wrong.check()


def test_days_are_said_as_people_say_them() -> None:
    said = [LunarBirthday(1, 1), LunarBirthday(2, 29, leap=True), LunarBirthday(11, 20), LunarBirthday(12, 30)]
    assert [str(day) for day in said] == ["正月初一", "闰二月廿九", "冬月二十", "腊月三十"]
    assert str(LunarBirthday(8, 15)) == "八月十五"


def test_after_the_calendars_end_nothing_is_promised() -> None:
    assert lunar_of(date(2150, 1, 1)) is None
    assert next_lunar_birthday(LunarBirthday(1, 1), on_or_after=date(2150, 1, 1)) is None


def test_the_29th_of_february_comes_every_year() -> None:
    born = date(2000, 2, 29)
    assert next_solar_birthday(born, on_or_after=date(2026, 1, 1)) == date(2026, 2, 28)
    assert next_solar_birthday(born, on_or_after=date(2028, 1, 1)) == date(2028, 2, 29)
    assert next_solar_birthday(date(1985, 3, 17), on_or_after=date(2026, 3, 18)) == date(2027, 3, 17)
