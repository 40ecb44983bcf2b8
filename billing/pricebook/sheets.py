"""A price book as a table: the columns that are downloaded are those that are read."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final

from django.utils.translation import gettext as _

from billing.pricebook.domain import MODULE_COUNT, ModulePrice, Plan, PriceBook
from billing.pricebook.errors import BookFileRefused
from billing.pricebook.modules import MODULES
from kernel.money import InvalidAmount, Money, parse_yuan
from kernel.sheets import rows_of
from kernel.sheets.cells import as_text
from kernel.sheets.limits import Limits

COLUMNS: Final = ("module", "plan", "setup_cny", "monthly_cny", "per_call_cny")
_LIMITS: Final = Limits(file_bytes=1 << 20, expanded_bytes=16 << 20, rows=500, columns=32, cell_characters=200)


def rows_of_book(book: PriceBook) -> list[tuple[str, ...]]:
    """All 60 prices in yuan, module by module."""
    return [
        (
            str(price.module),
            price.plan.value,
            *(str(Money(fen).yuan) for fen in (price.setup_fen, price.monthly_fen, price.per_call_fen)),
        )
        for _key, price in sorted(book.prices.items())
    ]


def read_prices(stream: BinaryIO) -> list[ModulePrice]:
    """All 60 prices in a CSV or a workbook, whose columns may stand in any order; lines that begin with # are left out.

    Raises:
        SheetError: it is no such file.
        BookFileRefused: a column or a price is missing, a price is given twice, or a cell makes no sense.
    """
    places: Mapping[str, int] | None = None
    prices: dict[tuple[int, Plan], ModulePrice] = {}
    number = 1
    for number, row in rows_of(stream, limits=_LIMITS):
        cells = [as_text(cell) or "" for cell in row]
        if cells[0].startswith("#"):
            continue
        if places is None:
            places = _places(number, cells)
        else:
            price = _price(number, {name: _at(cells, place) for name, place in places.items()})
            if (price.module, price.plan) in prices:
                problem = _("{price} 的价格出现了两次。").format(price=f"{price.module} {price.plan}")
                raise BookFileRefused(row=number, problem=problem)
            prices[price.module, price.plan] = price
    if places is None:
        raise BookFileRefused(row=number, problem=_("没有列名。"))
    if missing := [f"{module} {plan}" for module in MODULES for plan in Plan if (module, plan) not in prices]:
        raise BookFileRefused(row=number, problem=_("缺少价格：{prices}。").format(prices=", ".join(missing)))
    return [prices[key] for key in sorted(prices)]


def _places(number: int, cells: list[str]) -> Mapping[str, int]:
    if missing := [name for name in COLUMNS if name not in cells]:
        raise BookFileRefused(row=number, problem=_("缺少列 {columns}。").format(columns=", ".join(missing)))
    return {name: cells.index(name) for name in COLUMNS}


def _at(cells: list[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _price(number: int, cells: Mapping[str, str]) -> ModulePrice:
    module, plan = cells["module"], cells["plan"].upper()
    if not (module.isascii() and module.isdigit() and 1 <= int(module[:4]) <= MODULE_COUNT):
        raise BookFileRefused(row=number, problem=_("没有编号为“{module}”的模块。").format(module=module))
    if plan not in set(Plan):
        raise BookFileRefused(row=number, problem=_("没有“{plan}”版。").format(plan=plan))
    fen = list(_amounts(number, cells))
    return ModulePrice(int(module), Plan(plan), *fen)


def _amounts(number: int, cells: Mapping[str, str]) -> Iterator[int]:
    for name in COLUMNS[2:]:
        try:
            fen = parse_yuan(cells[name]).fen
        except InvalidAmount as error:
            raise BookFileRefused(row=number, problem=str(error)) from error
        if fen < 0:
            raise BookFileRefused(row=number, problem=_("价格不能为负。"))
        yield fen
