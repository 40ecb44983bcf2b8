"""A price book is prepared by one, approved by another, and then stays as it is."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from django.db import DatabaseError

from billing.pricebook.domain import IncompletePriceBook, ModulePrice, Plan, PriceBook
from billing.pricebook.errors import (
    BookDayTaken,
    BookDecided,
    BookFileRefused,
    BookNotFound,
    BookOwn,
    BookTooSoon,
    BookVersionTaken,
)
from billing.pricebook.models import Book, Price
from billing.pricebook.queries import book_of, forget_books, price_book_on, prices_of
from billing.pricebook.services import approve_book, prepare_book, withdraw_book
from billing.pricebook.sheets import COLUMNS, read_prices, rows_of_book
from billing.subscriptions.models import Charge
from billing.subscriptions.services import begin_missing, renew_all
from kernel.db import in_public
from tenants.audit.models import AuditEntry
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor, NotAllowed
from tests import cast
from tests.cleaning import superuser

LI, WANG = Actor(kind="platform", id=1, name="李"), Actor(kind="platform", id=2, name="王")
APRIL = date(2026, 4, 10)


@pytest.fixture(autouse=True)
def _books(database: None, held_clock: datetime) -> Iterator[None]:
    """2 March 2026, noon. The shipped book stays when public is emptied, so those made here are taken away by hand."""
    forget_books()
    yield
    with superuser() as connection, connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute(
            "DELETE FROM pricebook_price WHERE book_id IN (SELECT id FROM pricebook_book WHERE version <> '2026-01')"
        )
        connection.execute("DELETE FROM pricebook_book WHERE version <> '2026-01'")
    forget_books()


def first() -> PriceBook:
    return price_book_on(day=date(2026, 3, 2))


def dearer() -> list[ModulePrice]:
    """The first book with module 16 on plan B at ¥20.00 a month instead of ¥18.00."""
    return [
        replace(price, monthly_fen=20_00) if key == (16, Plan.B) else price for key, price in first().prices.items()
    ]


def prepare(version: str = "2026-04", day: date = APRIL, *, prices: list[ModulePrice] | None = None) -> Book:
    with in_public():
        return prepare_book(actor=LI, version=version, effective_from=day, prices=prices or dearer())


def approve(version: str = "2026-04", *, actor: Actor = WANG) -> Book:
    with in_public():
        return approve_book(actor=actor, version=version)


def test_what_was_prepared_holds_for_nobody_until_another_approves_it() -> None:
    prepare()
    assert price_book_on(day=APRIL).version == "2026-01"
    with pytest.raises(BookOwn):
        approve(actor=LI)
    assert price_book_on(day=APRIL).version == "2026-01"
    approve()
    assert price_book_on(day=APRIL - timedelta(days=1)).version == "2026-01"
    book = price_book_on(day=APRIL)
    assert (book.version, book.price(module=16, plan=Plan.B).monthly_fen) == ("2026-04", 20_00)
    with in_public():
        assert list(AuditEntry.objects.order_by("pk").values_list("act", "object_id", "actor")) == [
            ("pricebook.prepare", "2026-04", "platform:1"),
            ("pricebook.approve", "2026-04", "platform:2"),
        ]


def test_periods_that_have_begun_keep_their_prices() -> None:
    """R-A22: from 10 April on ¥20.00; a period of 2 April still ¥18.00."""
    chain = cast.request("yunshan", plan="B")
    with in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
        begin_missing()
    prepare()
    approve()
    assert renew_all(today=date(2026, 5, 2)) == 2
    with in_public():
        months = Charge.objects.filter(chain=chain, kind="MONTH").order_by("period_start")
        assert list(months.values_list("period_start", "book", "amount_fen")) == [
            (date(2026, 3, 2), "2026-01", 18_00),
            (date(2026, 4, 2), "2026-01", 18_00),
            (date(2026, 5, 2), "2026-04", 20_00),
        ]


def test_nothing_is_decided_twice() -> None:
    prepare()
    with in_public():
        withdraw_book(actor=LI, version="2026-04")
    with pytest.raises(BookDecided):
        approve()
    prepare("2026-04-2")
    approve("2026-04-2")
    with pytest.raises(BookDecided), in_public():
        withdraw_book(actor=WANG, version="2026-04-2")
    with pytest.raises(BookNotFound):
        approve("2027-01")
    with pytest.raises(BookVersionTaken):
        prepare()


def test_two_books_do_not_begin_on_one_day() -> None:
    prepare()
    prepare("2026-04b")
    approve()
    with pytest.raises(BookDayTaken):
        approve("2026-04b")
    assert price_book_on(day=APRIL).version == "2026-04"


def test_a_book_begins_a_week_from_today_at_the_earliest() -> None:
    """Owners have seven days to read it."""
    with pytest.raises(BookTooSoon):
        prepare(day=date(2026, 3, 8))
    prepare(day=date(2026, 3, 9))
    assert approve().effective_from == date(2026, 3, 9)


def test_only_the_platforms_staff_and_only_whole_books() -> None:
    with pytest.raises(NotAllowed), in_public():
        prepare_book(actor=SYSTEM, version="x", effective_from=APRIL, prices=dearer())
    with pytest.raises(IncompletePriceBook):
        prepare(prices=dearer()[:-1])
    prepare()
    for act in (approve_book, withdraw_book):
        with pytest.raises(NotAllowed), in_public():
            act(actor=SYSTEM, version="2026-04")
    with in_public():
        assert Book.objects.filter(approved_at=None, withdrawn_at=None).count() == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda: Price.objects.filter(book__version="2026-04").update(setup_fen=1),
        lambda: Price.objects.filter(book__version="2026-04").delete(),
        lambda: Book.objects.filter(version="2026-04").update(effective_from=date(2026, 3, 3)),
        lambda: Book.objects.filter(version="2026-04").update(
            approved_by="platform:1", approved_at="2026-03-02T00:00Z"
        ),
    ],
)
def test_the_database_keeps_what_was_prepared(change: object) -> None:
    prepare()
    with pytest.raises(DatabaseError), in_public():
        change()  # type: ignore[operator]


def test_the_database_keeps_what_was_decided() -> None:
    prepare()
    approve()
    with pytest.raises(DatabaseError), in_public():
        Book.objects.filter(version="2026-04").update(approved_by="platform:3")


# ── As a file ─────────────────────────────────────────────────────────────────────────────────────────────────────


def as_csv(rows: list[tuple[str, ...]], header: tuple[str, ...] = COLUMNS) -> io.BytesIO:
    lines = [",".join(header), *(",".join(row) for row in rows)]
    return io.BytesIO("\n".join(["# 2026", *lines]).encode("utf-8-sig"))


def test_what_is_downloaded_is_read_back() -> None:
    prepare()
    with in_public():
        book = book_of("2026-04")
        assert book is not None
        prices = prices_of(book)
    assert read_prices(as_csv(rows_of_book(prices))) == [price for _key, price in sorted(prices.prices.items())]


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (as_csv([], ("module", "plan", "setup_cny", "monthly_cny")), "第 2 行：缺少列 per_call_cny"),
        (as_csv([("21", "A", "0", "0", "0")]), "第 3 行：没有编号为“21”的模块"),
        (as_csv([("1", "D", "0", "0", "0")]), "第 3 行：没有“D”版"),
        (as_csv([("1", "A", "0", "-1", "0")]), "第 3 行：价格不能为负"),
        (as_csv([("1", "A", "0", "1.234", "0")]), "第 3 行：金额“1.234”无效"),
        (as_csv([("1", "A", "0", "1")]), "第 3 行：金额“”无效"),
        (as_csv([("1", "A", "0", "0", "0")] * 2), "第 4 行：1 A 的价格出现了两次"),
        (as_csv([("1", "A", "0", "0", "0")]), "第 3 行：缺少价格：1 B, 1 C, 2 A"),
        (io.BytesIO(b"# nothing\n"), "第 1 行：没有列名"),
    ],
)
def test_a_file_that_makes_no_sense_says_where(stream: io.BytesIO, said: str) -> None:
    with pytest.raises(BookFileRefused) as refused:
        read_prices(stream)
    assert said in str(refused.value)
