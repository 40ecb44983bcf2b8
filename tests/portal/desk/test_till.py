"""The till's pages: what is typed is done once, and what is refused says why."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.http import HttpResponse
from django.test import Client

from ledger.models import Account, Posting
from membership.cards.models import Card
from membership.records.models import Record
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]
Hidden = Callable[[HttpResponse, str], str]
Queries = Callable[[int], AbstractContextManager[None]]


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def _balance(in_chain: InChain, holder: Holder) -> int:
    with in_chain():
        return Account.objects.get(pk=holder.card.stored_account_id).balance


def _fill(browser: Client, hidden: Hidden, path: str, **fields: str) -> dict[str, str]:
    return {"idempotency_key": hidden(browser.get(path), "idempotency_key"), **fields}  # type: ignore[arg-type]


def test_a_top_up_leads_to_its_receipt(at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden) -> None:
    browser = at_desk("CASHIER")
    form = _fill(browser, hidden, "/desk/top-up/", card_number=holder.number, paid="1,000", bonus="88.8")
    answer = browser.post("/desk/top-up/", form, follow=True)
    receipt = _text(answer)
    assert _balance(in_chain, holder) == 118_880
    assert "¥1,000.00" in receipt
    assert "¥88.80" in receipt
    assert "¥1,188.80" in receipt
    assert answer.context["record"]["is_copy"] is False
    assert browser.get(answer.redirect_chain[0][0]).context["record"]["is_copy"] is True


def test_a_consumption_leaves_the_page_ready_for_the_next(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    form = _fill(browser, hidden, "/desk/consume/", card_number="8800 0000 01", amount="30.5", note="精洗")
    answer = browser.post("/desk/consume/", form, follow=True)
    assert answer.redirect_chain[0][0].startswith("/desk/consume/?done=")
    assert answer.context["last"]["amount_fen"] == 3_050
    assert answer.context["last"]["balance_after_fen"] == 6_950
    assert hidden(answer, "idempotency_key") != form["idempotency_key"]
    assert _balance(in_chain, holder) == 6_950
    with in_chain():
        record = Record.objects.get(kind="CONSUMPTION")
    assert (record.actor_name, record.detail["note"], record.store_id) == ("cashier", "精洗", holder.card.store_id)


def test_pressing_twice_charges_once_and_shows_the_same_receipt(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    form = _fill(browser, hidden, "/desk/consume/", card_number=holder.number, amount="30")
    first, second = browser.post("/desk/consume/", form), browser.post("/desk/consume/", form)
    assert first["Location"] == second["Location"]
    assert _balance(in_chain, holder) == 7_000
    form = _fill(browser, hidden, "/desk/top-up/", card_number=holder.number, paid="10")
    first, second = browser.post("/desk/top-up/", form), browser.post("/desk/top-up/", form)
    assert first["Location"] == second["Location"]
    assert _balance(in_chain, holder) == 8_000
    assert "这一笔已经入账过，没有再次入账。" in _text(browser.get(second["Location"]))


@pytest.mark.parametrize("path", ["/desk/top-up/", "/desk/consume/"])
def test_a_browser_does_not_fill_in_what_was_typed_before(at_desk: AtDesk, path: str) -> None:
    page = _text(at_desk("CASHIER").get(path))
    fields = re.findall(r'<input[^>]* name="(?:card_number|paid|bonus|amount|idempotency_key)"[^>]*>', page)
    assert len(fields) >= 3
    assert all('autocomplete="off"' in field for field in fields)


def test_an_old_form_with_another_amount_is_refused_and_can_be_sent_again(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    form = _fill(browser, hidden, "/desk/consume/", card_number=holder.number, amount="30")
    browser.post("/desk/consume/", form)
    answer = browser.post("/desk/consume/", form | {"amount": "31"})
    assert answer.status_code == 409
    assert _balance(in_chain, holder) == 7_000
    fresh = hidden(answer, "idempotency_key")  # type: ignore[arg-type]
    assert fresh != form["idempotency_key"]
    browser.post("/desk/consume/", form | {"amount": "31", "idempotency_key": fresh})
    assert _balance(in_chain, holder) == 3_900


@pytest.mark.parametrize(
    ("path", "fields", "status", "text"),
    [
        ("/desk/consume/", {"amount": "100.01"}, 409, "余额不足：可用 ¥100.00，需要 ¥100.01。未扣款。"),
        ("/desk/consume/", {"amount": "-1"}, 422, "金额必须大于零。"),
        ("/desk/consume/", {"amount": "0"}, 422, "金额必须大于零。"),
        ("/desk/consume/", {"amount": "1.005"}, 400, "1.005"),
        ("/desk/consume/", {"amount": "十元"}, 400, "十元"),
        ("/desk/consume/", {"amount": "1", "card_number": "404"}, 404, "没有卡号为“404”的会员卡。"),
        ("/desk/consume/", {"amount": "1", "card_number": "8800000005"}, 409, "尚未发给会员"),
        ("/desk/consume/", {"amount": "1", "card_number": "x\0y"}, 400, ""),
        ("/desk/consume/", {"amount": "1", "idempotency_key": ""}, 400, ""),
        ("/desk/top-up/", {"paid": "4900.01"}, 409, "最多还可充入 ¥4,900.00。未充值。"),
        ("/desk/top-up/", {"paid": "4900", "bonus": "0.01"}, 409, "未充值"),
        ("/desk/top-up/", {"paid": "-100"}, 422, "金额必须大于零。"),
        ("/desk/top-up/", {"paid": "", "bonus": "100"}, 400, ""),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    at_desk: AtDesk,
    in_chain: InChain,
    holder: Holder,
    hidden: Hidden,
    path: str,
    fields: dict[str, str],
    status: int,
    text: str,
) -> None:
    browser = at_desk("CASHIER")
    form = _fill(browser, hidden, path, card_number=holder.number) | fields
    answer = browser.post(path, form)
    assert answer.status_code == status
    assert text in _text(answer)
    assert "没有任何内容被保存或更改" in _text(answer)
    assert _balance(in_chain, holder) == 10_000
    with in_chain():
        assert Posting.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "text"),
    [({"status": "LOST"}, "已挂失"), ({"locked": True}, "已锁定"), ({"valid_until": "2020-01-01"}, "已过有效期")],
)
def test_a_card_that_may_not_be_used_is_named_before_and_after_the_amount_is_typed(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden, change: dict[str, object], text: str
) -> None:
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(**change)
    browser = at_desk("CASHIER")
    peek = _text(browser.get(f"/desk/cards/peek/?card_number={holder.number}", headers={"hx-request": "true"}))
    assert text in peek
    form = _fill(browser, hidden, "/desk/consume/", card_number=holder.number, amount="1")
    answer = browser.post("/desk/consume/", form)
    assert answer.status_code == 409
    assert text in _text(answer)
    assert _balance(in_chain, holder) == 10_000


def test_the_peek_shows_card_and_balance(at_desk: AtDesk, holder: Holder, queries: Queries) -> None:
    browser = at_desk("CASHIER")
    with queries(6):
        peek = _text(browser.get("/desk/cards/peek/?card_number=8800+0000+01", headers={"hx-request": "true"}))
    assert "林静" in peek
    assert "可用余额" in peek
    assert "等待读卡" in _text(browser.get("/desk/cards/peek/?card_number="))
    assert "没有卡号为" in _text(browser.get("/desk/cards/peek/?card_number=404"))


def test_a_till_of_another_store_is_closed_to_this_ones_cashier(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden, store_id: int
) -> None:
    clerk = at_desk("CLERK", store_id=store_id)
    assert clerk.get("/desk/consume/").status_code == 403
    assert clerk.post("/desk/consume/", {"card_number": holder.number, "amount": "1"}).status_code == 403
    assert _balance(in_chain, holder) == 10_000


def test_the_treasury_reverses_and_a_cashier_cannot(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    """R-I05."""
    cashier = at_desk("CASHIER")
    form = _fill(cashier, hidden, "/desk/consume/", card_number=holder.number, amount="30")
    cashier.post("/desk/consume/", form)
    with in_chain():
        record_id = Record.objects.get(kind="CONSUMPTION").id
    path = f"/desk/receipts/{record_id}/reverse/"
    assert cashier.post(path, {"reason": "刷错卡"}).status_code == 403
    treasury = at_desk("TREASURY")
    assert path in _text(treasury.get(f"/desk/receipts/{record_id}/"))
    assert treasury.post(path, {"reason": ""}).status_code == 400
    assert _balance(in_chain, holder) == 7_000
    assert treasury.get(path).status_code == 200
    done = treasury.post(path, {"reason": "刷错卡"}, follow=True)
    assert done.status_code == 200
    assert "刷错卡" in _text(done)
    assert _balance(in_chain, holder) == 10_000
    again = treasury.post(path, {"reason": "刷错卡"}, follow=True)
    assert "这一笔已经冲正过，没有再次冲正。" in _text(again)
    assert _balance(in_chain, holder) == 10_000
    receipt = _text(treasury.get(f"/desk/receipts/{record_id}/"))
    assert receipt.count("已冲正") == 2, "said above, and on the slip that is printed"
    assert path not in receipt
    assert f'href="{again.redirect_chain[0][0]}"' in receipt
    assert f'href="/desk/receipts/{record_id}/"' in _text(treasury.get(again.redirect_chain[0][0]))


def test_an_unknown_receipt_is_not_found(at_desk: AtDesk) -> None:
    answer = at_desk("CASHIER").get("/desk/receipts/01999999-0000-7000-8000-000000000000/")
    assert answer.status_code == 404
    assert "record_not_found" in _text(answer)


def test_the_day_is_summed_on_the_first_page(at_desk: AtDesk, holder: Holder, hidden: Hidden, queries: Queries) -> None:
    browser = at_desk("STORE_MANAGER")
    form = _fill(browser, hidden, "/desk/consume/", card_number=holder.number, amount="30")
    browser.post("/desk/consume/", form)
    with queries(8):
        answer = browser.get("/desk/")
    today = answer.context["today"]
    assert (today["consumption_fen"], today["top_up_fen"], today["cards_issued"], today["members_new"]) == (
        3_000,
        10_000,
        1,
        1,
    )
    assert [(row["name"], row["count"]) for row in answer.context["cashiers"]] == [("store_manager", 1), ("周晓梅", 1)]
    assert len(answer.context["days"]) == 14
    assert answer.context["recent"][0]["kind"] == "CONSUMPTION"
    assert "cashiers" not in at_desk("CASHIER").get("/desk/").context
