"""Receipts on paper, and the day's page."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.http import HttpResponse
from django.test import Client

from membership.records.models import Record
from membership.tills.models import ReceiptPrint, ShiftClose
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]
Hidden = Callable[[HttpResponse, str], str]
Queries = Callable[[int], AbstractContextManager[None]]


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def sold(at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden) -> tuple[Client, str]:
    """A cashier who has just sold something for ¥30.00, and the path of its receipt."""
    browser = at_desk("CASHIER")
    key = hidden(browser.get("/desk/till/"), "idempotency_key")  # type: ignore[arg-type]
    form = {"idempotency_key": key, "card": holder.number, "mode": "consume", "amount": "30", "note": "精洗"}
    browser.post("/desk/till/", form)
    with in_chain():
        return browser, f"/desk/receipts/{Record.objects.get(kind='CONSUMPTION').pk}/"


def test_a_sheet_is_the_original_once_and_says_so_when_it_is_a_copy(
    sold: tuple[Client, str], in_chain: InChain
) -> None:
    browser, path = sold
    assert browser.get(f"{path}print/").status_code == 405
    original = _text(browser.post(f"{path}print/", {"width": "58"}))
    assert 'data-slip="58"' in original
    assert "副本" not in original
    assert all(text in original for text in ("¥30.00", "¥70.00", "精洗", "8800****0001", "林*", "cashier", "顾客签名"))
    assert "林静" not in original
    # The width is kept by the browser; the second sheet is a copy, with whose and when.
    copy = _text(browser.post(f"{path}print/"))
    assert 'data-slip="58"' in copy
    assert re.search(r"副本 COPY 1<br><span[^>]*>cashier \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", copy)
    page = _text(browser.get(path))
    assert all(text in page for text in ("打印记录", "原件", "副本 1", "58 毫米"))
    with in_chain():
        assert ReceiptPrint.objects.count() == 2


def test_what_came_back_is_said_so(sold: tuple[Client, str], in_chain: InChain) -> None:
    browser, path = sold
    with in_chain():
        record = Record.objects.get(kind="CONSUMPTION")
        Record.objects.filter(pk=record.pk).update(kind="RETURN", amount_fen=3_000, detail={"drawn": {"BONUS": -676}})
    slip = " ".join(_text(browser.get(path)).split())
    assert re.search(r"其中退回赠送</dt><dd><span[^>]*>¥6\.76", slip)
    assert "其中用" not in slip


def test_what_was_never_printed_has_no_copies(sold: tuple[Client, str], queries: Queries) -> None:
    browser, path = sold
    browser.get(path)
    with queries(7):
        page = _text(browser.get(path))
    assert "打印记录" not in page
    assert 'data-slip="80"' in page


def test_a_cashier_sees_and_counts_her_own_drawer(sold: tuple[Client, str], in_chain: InChain, hidden: Hidden) -> None:
    browser, _path = sold
    answer = browser.get("/desk/day/")
    assert [person["name"] for person in answer.context["people"]] == ["cashier"]
    assert answer.context["total"].revenue_fen == 3_000
    form = {
        "idempotency_key": hidden(answer, "idempotency_key"),  # type: ignore[arg-type]
        "float_in": "200",
        "counted": "199.50",
        "note": "找零差五角",
    }
    done = browser.post("/desk/day/", form, follow=True)
    assert "清点已保存，差额 -¥0.50。" in _text(done)
    assert browser.post("/desk/day/", form).status_code == 302
    assert browser.post("/desk/day/", form | {"counted": "-1"}).status_code in (400, 409)
    with in_chain():
        close = ShiftClose.objects.get()
        assert (close.expected_fen, close.difference_fen, close.actor_name) == (0, -50, "cashier")


def test_whoever_reads_reports_sees_everybody_in_few_queries(
    sold: tuple[Client, str], at_desk: AtDesk, queries: Queries
) -> None:
    manager = at_desk("STORE_MANAGER")
    manager.get("/desk/day/")
    with queries(7):
        answer = manager.get("/desk/day/")
    assert {person["name"] for person in answer.context["people"]} >= {"cashier"}
    assert answer.context["total"].cash_fen == 10_000
    assert "全部门店" in _text(answer)
    assert manager.get("/desk/day/?day=2020-01-01&store=").context["people"] == []


def test_who_neither_sells_nor_reads_reports_stays_out(at_desk: AtDesk) -> None:
    assert at_desk("INFORMATION").get("/desk/day/").status_code == 403
