"""Identification numbers and plates as they stand on papers and cars."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.vehicles.domain import (
    InvalidPlate,
    InvalidVin,
    is_new_energy,
    normalise_plate,
    normalise_vin,
    spoken_plate,
    vin_check_digit,
)

_LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"


@pytest.mark.parametrize(
    "vin",
    [
        "11111111111111111",  # the standard's own example
        "1M8GDM9AXKP042788",  # check digit X
        "5GZCZ43D13S812715",
        "LSVAA49J132047371",
        "LVSHFFAL2JF000001",
    ],
)
def test_numbers_with_their_check_digit_pass(vin: str) -> None:
    assert vin_check_digit(vin) == vin[8]
    assert normalise_vin(vin) == vin


def test_a_number_is_kept_in_one_form() -> None:
    assert normalise_vin(" 1m8gdm9a-xkp 042788 ") == "1M8GDM9AXKP042788"
    assert normalise_vin("１Ｍ８ＧＤＭ９ＡＸＫＰ０４２７８８") == "1M8GDM9AXKP042788"


def test_elsewhere_the_ninth_place_is_the_makers_own() -> None:
    assert normalise_vin("WVWZZZ1JZ3W386752") == "WVWZZZ1JZ3W386752"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "17"),
        ("1M8GDM9AXKP04278", "17"),
        ("1M8GDM9AXKPO42788", "I、O、Q"),
        ("1M8GDM9AXKP04278é", "I、O、Q"),
        ("1M8GDM9A1KP042788", "校验位"),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason(typed: str, problem: str) -> None:
    with pytest.raises(InvalidVin, match=problem):
        normalise_vin(typed)


@given(st.text(_LETTERS, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(_LETTERS))
def test_every_single_wrong_digit_is_noticed(vin: str, place: int, wrong: str) -> None:
    """Letters share values (A, J and 1), so only digits are promised; the ninth place has no weight of its own."""
    vin = f"L{vin[1:8]}0{vin[9:]}"
    vin = f"{vin[:8]}{vin_check_digit(vin)}{vin[9:]}"
    assert normalise_vin(vin) == vin
    if place not in (0, 8) and vin[place].isdigit() and wrong.isdigit() and wrong != vin[place]:
        with pytest.raises(InvalidVin):
            normalise_vin(f"{vin[:place]}{wrong}{vin[place + 1 :]}")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("沪A12345", "沪A12345"),
        (" 沪a·1234 5 ", "沪A12345"),
        ("沪Ａ-１２３４５", "沪A12345"),
        ("粤BD12345", "粤BD12345"),
        ("京AF0123 4", "京AF01234"),
        ("川A12345D", "川A12345D"),
        ("京A1234学", "京A1234学"),
        ("沪A1234警", "沪A1234警"),
        ("粤Z1234港", "粤Z1234港"),
        ("京X1234应急", "京X1234应急"),
        ("使123456", "使123456"),
        ("224578使", "224578使"),
        ("WJ京1234X", "WJ京1234X"),
        ("VA12345", "VA12345"),
    ],
)
def test_a_plate_is_kept_in_one_form(typed: str, stored: str) -> None:
    assert normalise_plate(typed) == stored


@pytest.mark.parametrize(
    "typed", ["", "沪A1234", "沪A123456", "沪AI2345", "沪AO2345", "A12345", "华A12345", "沪A12345DD"]
)
def test_what_is_no_plate_is_refused(typed: str) -> None:
    with pytest.raises(InvalidPlate):
        normalise_plate(typed)


def test_green_plates_are_told_from_blue_ones() -> None:
    assert [is_new_energy(plate) for plate in ("粤BD12345", "川A12345D", "沪A12345", "京A1234学")] == [
        True,
        True,
        False,
        False,
    ]


def test_plates_and_numbers_as_people_read_them() -> None:
    assert spoken_plate("沪A12345") == "沪A·12345"
    assert spoken_plate("使123456") == "使123456"
