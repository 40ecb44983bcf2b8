"""Money in CNY as whole fen (分). No float comes near it."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Self

from django.utils.translation import gettext_lazy as _

from kernel.errors import DomainError

FEN_PER_YUAN = 100
# One card never holds more than the law's 5,000 yuan; this bound only keeps typing errors out of a 64-bit column.
LARGEST_FEN = 10**12

_YUAN = re.compile(r"\A(?P<sign>-?)(?P<yuan>\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(?P<fen>\d{1,2}))?\Z", re.ASCII)

_LONG = re.compile(r"\A-?(?:\d{13,}|\d{1,3}(?:,\d{3}){4,})(?:\.\d{1,2})?\Z", re.ASCII)


class InvalidAmount(DomainError):
    """The text is not an amount in yuan with at most two decimals."""

    code = "invalid_amount"
    status = 400
    message = _("金额“{text}”无效：请输入不超过两位小数的金额，例如 12.50。")


class AmountBeyond(InvalidAmount):
    """An amount in form, but beyond everything: to say that its form is wrong would mislead."""

    message = _("金额“{text}”过大，请核对。")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of CNY in whole fen. May be negative: a refund, a reversal."""

    fen: int

    ZERO: ClassVar["Money"]

    def __post_init__(self) -> None:
        if type(self.fen) is not int:
            raise TypeError(f"Money is whole fen, not {type(self.fen).__name__}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.fen + other.fen)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.fen - other.fen)

    def __neg__(self) -> "Money":
        return Money(-self.fen)

    def __bool__(self) -> bool:
        return self.fen != 0

    @property
    def yuan(self) -> Decimal:
        """The amount in yuan, exact."""
        return Decimal(self.fen).scaleb(-2)

    @classmethod
    def from_yuan(cls, yuan: int) -> Self:
        """Whole yuan as money."""
        return cls(yuan * FEN_PER_YUAN)

    def format(self, *, sign: bool = False) -> str:
        """``¥1,234.50``; with ``sign`` a leading + for what is received."""
        lead = "-" if self.fen < 0 else ("+" if sign and self.fen > 0 else "")
        yuan, fen = divmod(abs(self.fen), FEN_PER_YUAN)
        return f"{lead}¥{yuan:,}.{fen:02d}"

    def __str__(self) -> str:
        return self.format()


Money.ZERO = Money(0)


def parse_yuan(text: str) -> Money:
    """Read an amount as a cashier types it: ``12``, ``12.5``, ``¥1,200.00``; full-width digits are taken too. A comma
    stands between thousands and nowhere else: ``1,50`` may be meant for one and a half, and is refused.

    Raises:
        AmountBeyond: an absurd size.
        InvalidAmount: anything else, or more than two decimals.
    """
    cleaned = text.strip().translate(_FULL_WIDTH).removeprefix("¥").removesuffix("元").strip()
    match = _YUAN.match(cleaned)
    if match is None:
        raise (AmountBeyond if _LONG.match(cleaned) else InvalidAmount)(text=text)
    fen = int(match["yuan"].replace(",", "")) * FEN_PER_YUAN + int((match["fen"] or "").ljust(2, "0") or "0")
    if fen > LARGEST_FEN:
        raise AmountBeyond(text=text)
    return Money(-fen if match["sign"] else fen)


# What Chinese input methods put for the characters of an amount; by their codes, for they look like those.
_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)} | {
    ord("。"): ".",
    0xFF0E: ".",
    0xFFE5: "¥",
    0xFF0C: ",",
    0xFF0D: "-",
}
