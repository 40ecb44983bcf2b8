"""Reading the price books. Each is one file in ``data/``: header lines ``# key: value``, then the figures in yuan."""

import csv
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

from billing.pricebook.domain import IncompletePriceBook, ModulePrice, Plan, PriceBook
from kernel import clock
from kernel.money import parse_yuan

DATA = Path(__file__).parent / "data"


def current_price_book() -> PriceBook:
    """The book in force today, by China's calendar."""
    return price_book_on(day=clock.today())


def price_book_on(*, day: date) -> PriceBook:
    """The book in force on a day.

    Raises:
        IncompletePriceBook: the day is before the first book.
    """
    in_force = [book for book in _books() if book.effective_from <= day]
    if not in_force:
        raise IncompletePriceBook(problem=f"no book is in force on {day}")
    return max(in_force, key=lambda book: book.effective_from)


def read_price_book(path: Path) -> PriceBook:
    """Read one book from its file.

    Raises:
        IncompletePriceBook: its header or its figures are not whole.
        InvalidAmount: a figure is not an amount in yuan.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    header = dict(_header_fields(lines))
    if missing := {"version", "effective_from"} - header.keys():
        raise IncompletePriceBook(problem=f"{path.name}: header lacks {', '.join(sorted(missing))}")
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return PriceBook.of(
        version=header["version"],
        effective_from=date.fromisoformat(header["effective_from"]),
        prices=[
            ModulePrice(
                module=int(row["module"]),
                plan=Plan(row["plan"]),
                setup_fen=parse_yuan(row["setup_cny"]).fen,
                monthly_fen=parse_yuan(row["monthly_cny"]).fen,
                per_call_fen=parse_yuan(row["per_call_cny"]).fen,
            )
            for row in rows
        ],
    )


def _header_fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, colon, value = line.removeprefix("#").partition(":")
        if line.startswith("#") and colon:
            yield key.strip(), value.strip()


@cache
def _books() -> tuple[PriceBook, ...]:
    """Every book shipped. They change only with a release, so a process reads them once."""
    return tuple(read_price_book(path) for path in sorted(DATA.glob("prices-*.csv")))
