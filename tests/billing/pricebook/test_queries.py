"""The price book shipped agrees with the printed list to the fen; a broken one is refused."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from billing.pricebook.domain import IncompletePriceBook, ModulePrice, Plan, PriceBook
from billing.pricebook.modules import MODULES, MODULES_BY_CODE
from billing.pricebook.queries import DATA, current_price_book, price_book_on, read_price_book
from kernel import clock

FIRST = DATA / "prices-2026-01.csv"


@pytest.fixture
def book() -> PriceBook:
    return read_price_book(FIRST)


@pytest.mark.parametrize(
    ("plan", "setup_fen", "monthly_fen", "per_call_fen"),
    [(Plan.A, 4_125_900, 56_300, 516), (Plan.B, 7_651_500, 126_200, 415), (Plan.C, 12_318_500, 242_500, 264)],
)
def test_check_sums_of_the_printed_list(
    book: PriceBook, plan: Plan, setup_fen: int, monthly_fen: int, per_call_fen: int
) -> None:
    """R-A22."""
    totals = book.totals(plan=plan)
    assert (totals.setup_fen, totals.monthly_fen, totals.per_call_fen) == (setup_fen, monthly_fen, per_call_fen)


def test_modules_free_throughout(book: PriceBook) -> None:
    """R-A23: 1, 4 and 19."""
    free = {number for number in MODULES if all(book.price(module=number, plan=plan).is_free for plan in Plan)}
    assert free == {1, 4, 19}


def test_modules_charged_by_the_call(book: PriceBook) -> None:
    """R-A23: 3, 5, 6, 11 and 15 only, and each says what one call is."""
    charged = {number for number in MODULES if any(book.price(module=number, plan=plan).per_call_fen for plan in Plan)}
    assert charged == {3, 5, 6, 11, 15}
    assert {number for number, module in MODULES.items() if module.billable_call} == charged


@pytest.mark.parametrize(("one", "other"), [(8, 14), (12, 13)])
def test_modules_priced_alike(book: PriceBook, one: int, other: int) -> None:
    """R-A23."""
    for plan in Plan:
        left, right = book.price(module=one, plan=plan), book.price(module=other, plan=plan)
        assert (left.setup_fen, left.monthly_fen, left.per_call_fen) == (
            right.setup_fen,
            right.monthly_fen,
            right.per_call_fen,
        )


def test_twenty_modules_each_with_its_own_code() -> None:
    assert sorted(MODULES) == list(range(1, 21))
    assert len(MODULES_BY_CODE) == 20


def test_only_what_works_is_offered() -> None:
    assert {module.code for module in MODULES.values() if module.offered} == {
        "desk",
        "archive_retrieval",
        "packages",
        "points",
        "branding",
        "open_api",
        "card_cloud",
    }


def test_the_book_in_force_goes_by_chinas_calendar(database: None) -> None:
    with clock.frozen(datetime(2025, 12, 31, 16, 0, tzinfo=UTC)):  # already 1 January in Shanghai
        assert current_price_book().version == "2026-01"


def test_no_book_before_the_first(database: None) -> None:
    with pytest.raises(IncompletePriceBook) as refused:
        price_book_on(day=date(2025, 12, 31))
    assert str(refused.value) == "price book: no book is in force on 2025-12-31"


def _prices(book: PriceBook) -> list[ModulePrice]:
    return list(book.prices.values())


def test_a_book_with_a_price_missing_is_refused(book: PriceBook) -> None:
    with pytest.raises(IncompletePriceBook) as refused:
        PriceBook.of(version="x", effective_from=book.effective_from, prices=_prices(book)[:-1])
    assert str(refused.value) == "price book: x: missing or unknown prices: 20C"


def test_a_book_with_a_price_given_twice_is_refused(book: PriceBook) -> None:
    with pytest.raises(IncompletePriceBook) as refused:
        PriceBook.of(version="x", effective_from=book.effective_from, prices=[*_prices(book), _prices(book)[0]])
    assert str(refused.value) == "price book: x: module 1 plan A is given twice"


def test_a_book_without_a_date_is_refused(tmp_path: Path) -> None:
    undated = tmp_path / "prices-undated.csv"
    undated.write_text(FIRST.read_text(encoding="utf-8").replace("# effective_from:", "# from:"), encoding="utf-8")
    with pytest.raises(IncompletePriceBook) as refused:
        read_price_book(undated)
    assert str(refused.value) == "price book: prices-undated.csv: header lacks effective_from"
