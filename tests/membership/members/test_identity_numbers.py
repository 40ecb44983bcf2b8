"""Numbers of ID documents: the standard's own examples, and that every single wrong place is noticed."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.members.domain import DocumentKind, InvalidIdNumber, birth_date_of, masked_number, normalise_id_number
from membership.members.domain.identity import resident_check_digit

TODAY = date(2026, 3, 2)
_BIRTHS = st.dates(date(1900, 1, 1), TODAY)


def _read(typed: str, kind: DocumentKind = DocumentKind.ID_CARD) -> str:
    return normalise_id_number(typed, kind, today=TODAY)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_the_standards_examples_pass(number: str) -> None:
    """GB 11643-1999, annex."""
    assert _read(number) == number
    assert resident_check_digit(number[:-1]) == number[-1]


@pytest.mark.parametrize(
    "typed", ["11010519491231002x", " 110105 19491231 002X ", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_a_number_is_kept_in_one_form(typed: str) -> None:
    assert _read(typed) == "11010519491231002X"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "位数或字符不对"),
        ("110105194912310021", "校验位不符"),
        ("11010519491231002", "位数或字符不对"),
        ("110105491231002", "15 位的旧证已停用"),
        ("99010519491231002X", "前两位不是省级行政区代码"),
        ("110105194902310025", "出生日期"),
        ("11010520991231002X", "出生日期"),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason_and_not_repeated(typed: str, problem: str) -> None:
    with pytest.raises(InvalidIdNumber, match=problem) as caught:
        _read(typed)
    assert not typed or typed not in str(caught.value)


@given(_BIRTHS, st.integers(0, 999), st.sampled_from(["110105", "310101", "440524", "650102", "810000"]))
def test_every_number_that_is_made_right_passes_and_tells_the_birthday(born: date, serial: int, region: str) -> None:
    body = f"{region}{born:%Y%m%d}{serial:03}"
    number = body + resident_check_digit(body)
    assert _read(number) == number
    assert birth_date_of(number, DocumentKind.ID_CARD) == born


@given(_BIRTHS, st.integers(0, 999), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_single_wrong_place_is_noticed(born: date, serial: int, place: int, wrong: str) -> None:
    body = f"310101{born:%Y%m%d}{serial:03}"
    number = body + resident_check_digit(body)
    changed = f"{number[:place]}{wrong}{number[place + 1 :]}"
    if changed != number:
        with pytest.raises(InvalidIdNumber):
            _read(changed)


def test_nobody_is_born_tomorrow() -> None:
    body = f"310101{TODAY + timedelta(days=1):%Y%m%d}001"
    with pytest.raises(InvalidIdNumber, match="出生日期"):
        _read(body + resident_check_digit(body))


@pytest.mark.parametrize(
    ("kind", "typed", "stored"),
    [
        (DocumentKind.PASSPORT, "e 1234 5678", "E12345678"),
        (DocumentKind.PASSPORT, "EA1234567", "EA1234567"),
        (DocumentKind.MILITARY, "军字第1234567号", "军字1234567"),
        (DocumentKind.MILITARY, "南字第12345678号", "南字12345678"),
        (DocumentKind.TRAVEL_PERMIT, "H12345678", "H12345678"),
        (DocumentKind.TRAVEL_PERMIT, "12345678", "12345678"),
        (DocumentKind.FOREIGN_RESIDENT, "CHN110012345678", "CHN110012345678"),
    ],
)
def test_other_documents_are_kept_in_one_form(kind: DocumentKind, typed: str, stored: str) -> None:
    assert _read(typed, kind) == stored


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (DocumentKind.PASSPORT, "ABCDEFGH"),
        (DocumentKind.PASSPORT, "E1"),
        (DocumentKind.MILITARY, "1234567"),
        (DocumentKind.TRAVEL_PERMIT, "X12345678"),
        (DocumentKind.FOREIGN_RESIDENT, "911105194912310021"),
    ],
)
def test_what_is_no_such_document_is_refused(kind: DocumentKind, typed: str) -> None:
    with pytest.raises(InvalidIdNumber):
        _read(typed, kind)


def test_a_mask_leaves_two_places() -> None:
    assert masked_number("11010519491231002X") == "****************2X"
