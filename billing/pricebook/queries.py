"""Reading the price books: those in force from the database, the shipped ones from their files in ``data/`` (header
lines ``# key: value``, then the figures in yuan)."""

import csv
import time
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

from django.db import connection

from billing.pricebook.domain import IncompletePriceBook, ModulePrice, Plan, PriceBook
from billing.pricebook.models import Book, Price
from kernel import clock
from kernel.db import qualified
from kernel.money import parse_yuan

DATA = Path(__file__).parent / "data"
_KEPT_S: Final = 60.0
_BOOKS: Final = """
SELECT b.version, b.effective_from, p.module, p.plan, p.setup_fen, p.monthly_fen, p.per_call_fen
FROM public.pricebook_book b JOIN public.pricebook_price p ON p.book_id = b.id
WHERE b.approved_at IS NOT NULL ORDER BY b.effective_from, b.version, p.module, p.plan
"""
_remembered: list[tuple[float, tuple[PriceBook, ...]]] = []


def current_price_book() -> PriceBook:
    """The book in force today, by China's calendar."""
    return price_book_on(day=clock.today())


def price_book_on(*, day: date) -> PriceBook:
    """The book in force on a day. In the public schema, or qualified: it is asked for from anywhere.

    A process remembers the books for a minute: a new one is approved days before it begins.

    Raises:
        IncompletePriceBook: the day is before the first book.
    """
    in_force = [book for book in _books() if book.effective_from <= day]
    if not in_force:
        raise IncompletePriceBook(problem=f"no book is in force on {day}")
    return max(in_force, key=lambda book: book.effective_from)


def books_after(*, day: date) -> list[PriceBook]:
    """The approved books that begin after a day, the next first: what is to come is known before it holds."""
    return [book for book in _books() if book.effective_from > day]


def forget_books() -> None:
    """Forget what this process remembers of the books."""
    _remembered.clear()


def book_of(version: str) -> Book | None:
    """The book of that name, whoever has approved it or not."""
    return Book.objects.filter(version=version).first()


def all_books() -> list[Book]:
    """Every book there is, the latest first."""
    return list(Book.objects.order_by("-effective_from", "-pk"))


def prices_of(book: Book) -> PriceBook:
    """Its prices.

    Raises:
        IncompletePriceBook
    """
    rows = Price.objects.filter(book=book).order_by("module", "plan")
    values = rows.values_list("module", "plan", "setup_fen", "monthly_fen", "per_call_fen")
    prices = [ModulePrice(module, Plan(plan), *fen) for module, plan, *fen in values]
    return PriceBook.of(version=book.version, effective_from=book.effective_from, prices=prices)


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


def _books() -> tuple[PriceBook, ...]:
    now = time.monotonic()
    for until, books in _remembered:
        if until > now:
            return books
    with qualified(), connection.cursor() as cursor:
        cursor.execute(_BOOKS)
        rows = cursor.fetchall()
    books = tuple(
        PriceBook.of(
            version=version,
            effective_from=effective_from,
            prices=[ModulePrice(module, Plan(plan), *fen) for _v, _from, module, plan, *fen in lines],
        )
        for (version, effective_from), lines in groupby(rows, key=itemgetter(0, 1))
    )
    _remembered[:] = [(now + _KEPT_S, books)]
    return books
