"""Card numbers, PINs and standings: rules without a database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.cards.domain import (
    CardStanding,
    CardStatus,
    NumberRange,
    luhn_digit,
    pin_weakness,
    refusal,
    tidy_number,
    validity_end,
    web_pause,
)

TODAY = date(2026, 3, 2)


def _passes_luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


@given(st.from_regex(r"\A[0-9]{1,31}\Z"))
def test_the_check_digit_makes_a_number_pass_the_luhn_test(digits: str) -> None:
    assert _passes_luhn(digits + luhn_digit(digits))


def test_the_check_digit_of_the_standards_own_example() -> None:
    assert luhn_digit("7992739871") == "3"


def test_a_range_has_consecutive_numbers_of_one_width() -> None:
    numbers = NumberRange(prefix="66", first=8, quantity=3, width=4).numbers()
    assert numbers == ["660008", "660009", "660010"]


@pytest.mark.parametrize(
    ("numbers", "problem"),
    [
        (NumberRange("88", 1, 0), "quantity"),
        (NumberRange("88", 1, 100_001), "quantity"),
        (NumberRange("8-", 1, 1), "prefix"),
        (NumberRange("vip", 1, 1), "prefix"),
        (NumberRange("VIP", 1, 1, check_digit=True), "check_digit"),
        (NumberRange("88", 98, 5, width=2), "serial"),
        (NumberRange("88", -1, 5), "serial"),
        (NumberRange("8" * 24, 1, 1, width=8, check_digit=True), "length"),
        (NumberRange("8" * 24, 1, 1, width=8), None),
        (NumberRange("", 0, 10_000, width=4), None),
    ],
)
def test_a_range_says_what_is_wrong_with_it(numbers: NumberRange, problem: str | None) -> None:
    assert numbers.problem == problem


def test_a_typed_number_is_tidied() -> None:
    assert tidy_number(" 8800 0000-01 ") == "8800000001"
    assert tidy_number("vip001") == "VIP001"


@pytest.mark.parametrize("pin", ["111111", "123456", "654321", "890123", "210987", "121212", "123123", "909090"])
def test_trivial_pins_are_refused(pin: str) -> None:
    assert pin_weakness(pin) == "pin_trivial"


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "", "12345６"])
def test_a_pin_is_six_plain_digits(pin: str) -> None:
    assert pin_weakness(pin) == "pin_form"


def test_a_pin_is_not_taken_from_what_a_finder_knows() -> None:
    assert pin_weakness("001234", personal=("13900001234",)) == "pin_trivial"
    assert pin_weakness("850317", personal=("13900001234", "19850317")) == "pin_trivial"
    assert pin_weakness("730281", personal=("13900001234", "19850317")) is None


def test_web_pauses_grow_and_then_last_a_quarter_of_an_hour() -> None:
    seconds = [web_pause(failures).total_seconds() for failures in range(11)]
    assert seconds == [0, 0, 0, 1, 2, 4, 8, 16, 32, 900, 900]


def test_validity_ends_on_the_day_before_the_same_day_of_the_last_month() -> None:
    """R-B18: the level's months give the end."""
    assert validity_end(issued_on=date(2026, 3, 2), months=24) == date(2028, 3, 1)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (CardStanding(CardStatus.ACTIVE, False, TODAY, TODAY), None),
        (CardStanding(CardStatus.ACTIVE, True, TODAY, TODAY), "card_locked"),
        (CardStanding(CardStatus.ACTIVE, False, TODAY - timedelta(1), TODAY), "card_expired"),
        (CardStanding(CardStatus.ACTIVE, False, TODAY, TODAY - timedelta(1)), "card_account_expired"),
        (CardStanding(CardStatus.LOST, False, TODAY, TODAY), "card_lost"),
        (CardStanding(CardStatus.IDLE, False, None, None), "card_idle"),
    ],
)
def test_either_validity_that_has_ended_stops_the_card(standing: CardStanding, reason: str | None) -> None:
    """R-C04: account validity and card validity are different; if either has expired the card cannot be used."""
    assert refusal(standing, on=TODAY) == reason
