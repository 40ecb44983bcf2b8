"""Telephone numbers as people write them in China."""

import pytest

from membership.members.domain import InvalidPhone, masked_phone, member_code, national, normalise_phone


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("13800138000", "+8613800138000"),
        ("138 0013 8000", "+8613800138000"),
        ("+86 138-0013-8000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("１３８００１３８０００", "+8613800138000"),
        ("021-58881234", "+862158881234"),
        ("(0755) 2888 1234", "+8675528881234"),
        ("+1 415 555 2671", "+14155552671"),
    ],
)
def test_a_number_is_kept_in_one_form(typed: str, stored: str) -> None:
    assert normalise_phone(typed) == stored


@pytest.mark.parametrize("typed", ["", "12345", "12800138000", "1380013800", "138001380000", "phone", "+0123456789"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidPhone):
        normalise_phone(typed)


def test_numbers_are_shown_as_people_say_them_and_masked() -> None:
    assert national("+8613800138000") == "13800138000"
    assert national("+862158881234") == "02158881234"
    assert national("+14155552671") == "+14155552671"
    assert masked_phone("+8613800138000") == "138****8000"


def test_codes_grow_past_six_digits() -> None:
    assert [member_code(1), member_code(1_234_567)] == ["M000001", "M1234567"]
