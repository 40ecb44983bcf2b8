"""A member's records: found by kind, store and day, taken along as a workbook, printed as a receipt."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from kernel import clock
from kernel.clock import CHINA
from kernel.money import Money
from kernel.sheets import rows_of
from membership.cashier.services import consume
from membership.records.models import Record
from tenants.people.domain import Actor
from tenants.stores.models import Store
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
LogIn = Callable[[Holder], Client]
OnPlan = Callable[..., None]


@pytest.fixture
def spend(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> Callable[..., UUID]:
    """``spend("a", days=3, store=2)``: ¥1.00 so many days ago, in the first store or in the one with that number."""

    def bought(key: str, *, days: int = 0, store: int = 1, fen: int = 100) -> UUID:
        moment = datetime.combine(clock.today() - timedelta(days=days), datetime.min.time(), CHINA)
        with in_chain():
            where = Store.objects.get(code=f"{store:03}").pk
            receipt = consume(
                actor=clerk,
                card_number=holder.number,
                amount=Money(fen),
                store_id=where,
                idempotency_key=key,
                occurred_at=moment,
            )
            Record.objects.filter(id=receipt.record_id).update(occurred_at=moment)
        return receipt.record_id

    return bought


def _ids(page: Any) -> list[UUID]:
    return [row["id"] for month in page.context["months"] for row in month["records"]]


def test_records_are_found_by_store_and_day_and_the_kinds_are_counted_among_them(
    holder: Holder, log_in: LogIn, on_plan: OnPlan, spend: Callable[..., UUID], in_chain: InChain
) -> None:
    """R-A09. Both days are days in China, and belong to the stretch."""
    on_plan("B", stores=3)
    first, second, elsewhere = spend("a", days=20), spend("b", days=10), spend("c", days=5, store=2)
    member = log_in(holder)
    with in_chain():
        other = Store.objects.get(code="002").pk
    page = member.get("/card/records/?kind=CONSUMPTION")
    assert _ids(page) == [elsewhere, second, first]
    with in_chain():
        names = dict(Store.objects.filter(code__in=("001", "002")).order_by("code").values_list("pk", "name"))
    assert page.context["filters"].stores == names, "every store where something happened, and no other"
    here = member.get(f"/card/records/?store={other}")
    assert _ids(here) == [elsewhere]
    assert [(chip["code"], chip["count"]) for chip in here.context["kinds"]] == [("", 1), ("CONSUMPTION", 1)]
    assert here.context["kinds"][1]["url"] == f"/card/records/?kind=CONSUMPTION&store={other}"
    ten, twenty = (clock.today() - timedelta(days=days) for days in (10, 20))
    between = f"/card/records/?kind=CONSUMPTION&first={twenty}&last={ten}"
    assert _ids(member.get(between)) == [second, first]
    before = f"/card/records/?kind=CONSUMPTION&last={ten - timedelta(days=1)}"
    assert _ids(member.get(before)) == [first]
    nothing = member.get(f"/card/records/?kind=TOP_UP&store={other}")
    assert _ids(nothing) == []
    assert "没有这样的记录" in nothing.content.decode()


@pytest.mark.parametrize("query", ["first=x", "store=99", "store=x%00", "first=0001-01-01", "last=9999-12-31"])
def test_a_filter_that_makes_no_sense_narrows_nothing(holder: Holder, log_in: LogIn, query: str) -> None:
    page = log_in(holder).get(f"/card/records/?{query}")
    assert page.status_code == 200
    assert len(_ids(page)) == 2
    assert "没有这样的门店或日期，已忽略。" in page.content.decode()


def test_days_in_the_wrong_order_are_named(holder: Holder, log_in: LogIn) -> None:
    member = log_in(holder)
    address = "/card/records/?first=2026-05-02&last=2026-05-01"
    assert "起始日期 2026-05-02 晚于截止日期 2026-05-01" in member.get(address).content.decode()
    member.cookies["django_language"] = "en"
    assert "The first day, 2026-05-02, is after the last, 2026-05-01" in member.get(address).content.decode()
    one = "/card/records/?first=2026-05-02&last=2026-05-02"
    assert "is after the last" not in member.get(one).content.decode()


def test_the_list_goes_on_by_itself_and_as_a_link(holder: Holder, log_in: LogIn, spend: Callable[..., UUID]) -> None:
    for number in range(21):
        spend(f"c{number}", days=1, fen=1)
    member = log_in(holder)
    page = member.get("/card/records/?kind=CONSUMPTION")
    onward = page.context["next_page_url"]
    assert "kind=CONSUMPTION" in onward
    text = page.content.decode()
    link = onward.replace("&", "&amp;")
    assert f'href="{link}" hx-get="{link}"' in text
    assert 'hx-trigger="click, intersect once"' in text
    assert len(_ids(page)) == 20
    whole = member.get("/card/records/" + onward)
    assert "<html" in whole.content.decode(), "without script the next page is a page"
    assert len(_ids(whole)) == 1
    assert not set(_ids(whole)) & set(_ids(page))


@pytest.mark.parametrize("shown", [False, True])
def test_the_workbook_holds_what_the_list_shows(
    holder: Holder, log_in: LogIn, on_plan: OnPlan, spend: Callable[..., UUID], shown: bool
) -> None:
    on_plan("B" if shown else "A", stores=2)
    spend("a", days=3, fen=250)
    member = log_in(holder)
    answer = member.get("/card/records/download/?kind=CONSUMPTION")
    assert answer["Content-Type"].startswith("application/vnd.openxml")
    assert "attachment" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]
    title, row = _rows(answer.content)
    assert ("余额" in title) is shown
    told = dict(zip(title, row, strict=True))
    assert told["会员卡号"] == holder.number
    assert (told["业务"], float(told["金额"])) == ("消费", -2.5)
    assert len(_rows(member.get("/card/records/download/").content)) == 4


def _rows(book: bytes) -> list[list[Any]]:
    return [cells for _number, cells in rows_of(io.BytesIO(book))]


def test_a_receipt_is_printed_on_either_width(holder: Holder, log_in: LogIn, spend: Callable[..., UUID]) -> None:
    record = spend("a")
    member = log_in(holder)
    for query, width in (("", "80"), ("?width=58", "58"), ("?width=1000", "80")):
        text = member.get(f"/card/records/{record}/{query}").content.decode()
        assert f'data-slip="{width}"' in text
    assert "portal/slip.js" in text
