"""Money is whole fen; what a cashier types is read exactly or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import LARGEST_FEN, AmountBeyond, InvalidAmount, Money, parse_yuan


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("12", 1200),
        ("12.5", 1250),
        ("12.50", 1250),
        ("0.01", 1),
        (" ¥1,200.00 ", 120000),
        ("¥88", 8800),
        ("128.50元", 12850),
        ("12。5", 1250),
        ("-3.20", -320),
        ("1,234,567.8", 123456780),
        ("\uff11\uff12\uff0e\uff15", 1250),
        ("\uffe51\uff0c200", 120000),
    ],
)
def test_reads_what_a_cashier_types(text: str, fen: int) -> None:
    assert parse_yuan(text) == Money(fen)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1.234", "abc", "1e3", "--1", "1.", ".5", "NaN", "²", "٣", "9" * 13, "1 2"),
        # Which comma stands for a point, nobody can know.
        *("1,2,3", "1,50", "100,0", ",5", "1,2345", "12345,678", "1,000,00", "1,000,"),
    ],
)
def test_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse_yuan(text)
    assert refused.value.as_dict()["code"] == "invalid_amount"
    assert refused.value.as_dict()["params"] == {"text": text}


def test_refuses_more_than_the_largest_amount() -> None:
    assert parse_yuan("10000000000").fen == LARGEST_FEN
    with pytest.raises(InvalidAmount):
        parse_yuan("10000000000.01")


@given(st.integers(min_value=-LARGEST_FEN, max_value=LARGEST_FEN))
def test_format_and_parse_are_inverse(fen: int) -> None:
    assert parse_yuan(Money(fen).format().replace("-¥", "-")) == Money(fen)


def test_writes_money_as_people_do() -> None:
    assert str(Money(123450)) == "¥1,234.50"
    assert str(Money(-5)) == "-¥0.05"
    assert Money(5).format(sign=True) == "+¥0.05"
    assert Money(0).format(sign=True) == "¥0.00"


def test_takes_no_float_and_no_bool() -> None:
    with pytest.raises(TypeError):
        Money(1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        Money(True)


def test_arithmetic_stays_whole() -> None:
    assert Money(5) + Money(7) - Money(2) == Money(10)
    assert -Money(3) == Money(-3)
    assert not Money.ZERO
    assert Money(150).yuan.as_tuple().exponent == -2


@pytest.mark.parametrize("text", ["10000000000.01", "99999999999999999999", "¥1,000,000,000,000,000.00"])
def test_an_amount_beyond_everything_is_said_to_be_too_large(text: str) -> None:
    with pytest.raises(AmountBeyond, match="过大"):
        parse_yuan(text)
