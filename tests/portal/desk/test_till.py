"""The till's pages: what is typed is done once, and what is refused says why."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from kernel.money import Money
from ledger.models import Account, Posting
from membership.cards.models import Card
from membership.cashier.services import pay_in
from membership.records.models import Record
from tenants.people.domain import Act, Actor
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


def _fill(browser: Client, hidden: Hidden, holder: Holder, amount: str, **fields: str) -> dict[str, str]:
    """The till's form as it is sent: consumption, unless ``mode`` says otherwise."""
    page: HttpResponse = browser.get("/desk/till/")  # type: ignore[assignment]
    key = hidden(page, "idempotency_key")
    return {"idempotency_key": key, "card": holder.number, "mode": "consume", "amount": amount, **fields}


def _an_hour_ago(in_chain: InChain) -> None:
    """Let what was done before be no longer something just done."""
    with in_chain():
        for record in Record.objects.all():
            Record.objects.filter(pk=record.pk).update(occurred_at=record.occurred_at - timedelta(hours=1))


def test_a_top_up_is_shown_large_and_leads_to_its_receipt(
    owner_at_desk: Client, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = owner_at_desk
    form = _fill(browser, hidden, holder, "1,000", mode="top_up", bonus="88.8", tendered="1100")
    answer = browser.post("/desk/till/", form, follow=True)
    assert _balance(in_chain, holder) == 118_880
    result = answer.context["result"]
    assert (result["amount_fen"], result["balance_after_fen"]) == (108_880, 118_880)
    assert (result["bonus_fen"], result["change_fen"]) == (8_880, 10_000)
    receipt = browser.get(f"/desk/receipts/{result['id']}/")
    assert all(amount in _text(receipt) for amount in ("¥1,000.00", "¥88.80", "¥1,188.80"))


def test_a_consumption_leaves_the_page_ready_for_the_next(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    form = _fill(browser, hidden, holder, "30.5", card="8800 0000 01", note="精洗")
    answer = browser.post("/desk/till/", form, follow=True)
    assert answer.redirect_chain[0][0].startswith("/desk/till/?done=")
    assert answer.context["result"]["amount_fen"] == -3_050
    assert answer.context["result"]["balance_after_fen"] == 6_950
    assert answer.context["result"]["replayed"] is False
    assert hidden(answer, "idempotency_key") != form["idempotency_key"]
    assert answer.context["look"]["state"] == "waiting"
    assert _balance(in_chain, holder) == 6_950
    with in_chain():
        record = Record.objects.get(kind="CONSUMPTION")
    assert (record.actor_name, record.detail["note"], record.store_id) == ("cashier", "精洗", holder.card.store_id)


def test_a_result_is_shown_to_whoever_did_it_and_not_for_ever(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    page = browser.post("/desk/till/", _fill(browser, hidden, holder, "30"))["Location"]
    assert browser.get(page).context["result"] is not None
    assert at_desk("STORE_MANAGER").get(page).context["result"] is None
    _an_hour_ago(in_chain)
    assert browser.get(page).context["result"] is None
    assert browser.get("/desk/till/?done=nonsense").context["result"] is None


def test_pressing_twice_charges_once_and_says_so(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    for form, balance in (
        (_fill(browser, hidden, holder, "30"), 7_000),
        (_fill(browser, hidden, holder, "10", mode="top_up"), 8_000),
    ):
        first, second = browser.post("/desk/till/", form), browser.post("/desk/till/", form)
        assert second["Location"] == f"{first['Location']}&again=1"
        assert _balance(in_chain, holder) == balance
        assert "这一笔之前已经入账，没有再记一笔。" in _text(browser.get(second["Location"]))


def test_a_browser_does_not_fill_in_what_was_typed_before(at_desk: AtDesk) -> None:
    page = _text(at_desk("CASHIER").get("/desk/till/"))
    fields = re.findall(r'<input[^>]* name="(?:card|amount|cash|tendered|note|idempotency_key)"[^>]*>', page)
    assert len(fields) == 6
    assert all('autocomplete="off"' in field for field in fields)


def test_an_old_form_with_another_amount_is_refused_and_can_be_sent_again(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    form = _fill(browser, hidden, holder, "30")
    browser.post("/desk/till/", form)
    answer = browser.post("/desk/till/", form | {"amount": "31"})
    assert answer.status_code == 409
    assert _balance(in_chain, holder) == 7_000
    said = answer.content.decode()
    assert "这张表单已办理过另一笔业务" in said
    assert "幂等" not in said
    fresh = hidden(answer, "idempotency_key")  # type: ignore[arg-type]
    assert fresh != form["idempotency_key"]
    browser.post("/desk/till/", form | {"amount": "31", "idempotency_key": fresh})
    assert _balance(in_chain, holder) == 3_900


def test_the_same_amount_again_within_a_minute_wants_one_more_press(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = at_desk("CASHIER")
    browser.post("/desk/till/", _fill(browser, hidden, holder, "30"))
    form = _fill(browser, hidden, holder, "30")
    asked = browser.post("/desk/till/", form | {"scope": "ANY"})
    assert asked.status_code == 409
    assert "这一笔还没有入账" in _text(asked)
    assert '<details class="till-more">' in asked.content.decode(), "nothing is filled in there: it stays folded"
    assert _balance(in_chain, holder) == 7_000
    # The same form once more, now naming what it repeats: a second sale.
    again = form | {"repeats": hidden(asked, "repeats")}  # type: ignore[arg-type]
    assert hidden(asked, "idempotency_key") == form["idempotency_key"]  # type: ignore[arg-type]
    assert browser.post("/desk/till/", again).status_code == 302
    assert _balance(in_chain, holder) == 4_000
    # A third is asked about again; another amount, and the same one an hour later, are not.
    assert browser.post("/desk/till/", _fill(browser, hidden, holder, "30")).status_code == 409
    assert browser.post("/desk/till/", _fill(browser, hidden, holder, "10")).status_code == 302
    _an_hour_ago(in_chain)
    assert browser.post("/desk/till/", _fill(browser, hidden, holder, "30")).status_code == 302
    assert _balance(in_chain, holder) == 0


def test_a_top_up_of_the_same_sum_is_asked_about_whatever_was_given_with_it(
    owner_at_desk: Client, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    browser = owner_at_desk
    browser.post("/desk/till/", _fill(browser, hidden, holder, "200", mode="top_up", bonus="20"))
    assert browser.post("/desk/till/", _fill(browser, hidden, holder, "200", mode="top_up")).status_code == 409
    assert browser.post("/desk/till/", _fill(browser, hidden, holder, "200")).status_code == 302
    assert _balance(in_chain, holder) == 12_000


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"amount": "100.01"}, 409, "余额不足：可用 ¥100.00，需要 ¥100.01。未扣款。"),
        ({"amount": "-1"}, 422, "金额必须大于零。"),
        ({"amount": "0"}, 422, "金额必须大于零。"),
        ({"amount": "1.005"}, 400, "1.005"),
        ({"amount": "十元"}, 400, "十元"),
        ({"amount": "1", "card": "404"}, 404, "没有卡号为“404”的会员卡。"),
        ({"amount": "1", "card": "8800000005"}, 409, "尚未发给会员"),
        ({"amount": "1", "card": "x\0y"}, 400, ""),
        ({"amount": "1", "mode": "give"}, 400, ""),
        ({"amount": "1", "idempotency_key": ""}, 400, ""),
        ({"mode": "top_up", "amount": "4900.01"}, 409, "最多还可充入 ¥4,900.00。未充值。"),
        ({"amount": "10", "cash": "11"}, 422, "各项支付合计 ¥11.00，与应付 ¥10.00 不符。未扣款。"),
        ({"amount": "10", "prepayment": "1"}, 409, "预存余额不足"),
        ({"amount": "10", "cash": "-1"}, 422, "金额必须大于零。"),
        ({"mode": "top_up", "amount": "-100"}, 422, "金额必须大于零。"),
    ],
)
def test_what_is_refused_says_why_and_changes_nothing(
    at_desk: AtDesk,
    in_chain: InChain,
    holder: Holder,
    hidden: Hidden,
    fields: dict[str, str],
    status: int,
    text: str,
) -> None:
    browser = at_desk("CASHIER")
    answer = browser.post("/desk/till/", _fill(browser, hidden, holder, "") | fields)
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
    peek = browser.get(f"/desk/till/card/?card={holder.number}", headers={"hx-request": "true"})
    assert text in _text(peek)
    assert peek.context["look"]["state"] == "refused"
    answer = browser.post("/desk/till/", _fill(browser, hidden, holder, "1"))
    assert answer.status_code == 409
    assert text in _text(answer)
    assert _balance(in_chain, holder) == 10_000


def test_the_peek_shows_card_and_balance(at_desk: AtDesk, holder: Holder, queries: Queries) -> None:
    browser = at_desk("CASHIER")
    with queries(11):
        peek = _text(browser.get("/desk/till/card/?card=8800+0000+01", headers={"hx-request": "true"}))
    assert "林*" in peek
    assert "林静" not in peek, "the screen is read across the counter"
    assert "可用余额" in peek
    assert "请刷卡" in _text(browser.get("/desk/till/card/?card="))
    assert "没有卡号为" in _text(browser.get("/desk/till/card/?card=404"))


def test_a_bill_is_paid_by_parts(at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden) -> None:
    """R-A03, X-09."""
    browser = at_desk("CASHIER")
    actor = Actor.with_cells(kind="staff", pk=9, name="周敏", cells=[(Act.VALUE_TOP_UP, None)])
    with in_chain():
        pay_in(
            actor=actor,
            card_number=holder.number,
            amount=Money(5_000),
            store_id=holder.card.store_id or 0,
            idempotency_key="ahead",
        )
    peek = browser.get(f"/desk/till/card/?card={holder.number}")
    assert peek.context["look"]["member"] == {"prepayment_fen": 5_000, "owed_fen": 0}
    form = _fill(browser, hidden, holder, "80", prepayment="30", cash="20", tendered="50")
    result = browser.post("/desk/till/", form, follow=True).context["result"]
    assert (result["total_fen"], result["amount_fen"], result["change_fen"]) == (8_000, -3_000, 3_000)
    assert {str(part["label"]): part["amount_fen"] for part in result["parts"]} == {
        "储值": 3_000,
        "预存": 3_000,
        "现金": 2_000,
    }
    assert _balance(in_chain, holder) == 7_000
    # The same bill at once is asked about by its total, not by what left the card.
    assert browser.post("/desk/till/", _fill(browser, hidden, holder, "80")).status_code == 409
    assert browser.post("/desk/till/", _fill(browser, hidden, holder, "30")).status_code == 302


def test_what_enter_would_do_is_said_before(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    browser = at_desk("CASHIER")

    def ask(**fields: str) -> str:
        return _text(browser.get("/desk/till/quote/", {"card": holder.number, "mode": "consume", **fields}))

    assert all(text in ask(amount="30") for text in ("将扣", "本金", "¥30.00", "¥70.00"))
    assert "余额不足：可用 ¥100.00，需要 ¥130.00" in ask(amount="130")
    assert "各项支付合计" in ask(amount="10", cash="11")
    assert all(text in ask(mode="top_up", amount="200") for text in ("收款", "¥200.00", "没有赠送"))
    assert ask(amount="").strip() == ask(amount="abc").strip() == ask(amount="0").strip() == ""
    with in_chain():
        assert Posting.objects.count() == 1
    assert _balance(in_chain, holder) == 10_000


def test_a_card_is_found_by_phone_or_name_and_chosen_where_there_are_several(
    at_desk: AtDesk, in_chain: InChain, issue: Callable[..., Holder], hidden: Hidden, queries: Queries
) -> None:
    lin, wang = issue("林静", "13900001234", top_up_fen=10_000), issue("王小明", "13811111234")
    browser = at_desk("CASHIER")
    assert browser.get("/desk/till/card/?card=王小").context["look"]["card"]["number"] == wang.number
    with queries(6):
        several = browser.get("/desk/till/card/?card=1234")
    assert [row["number"] for row in several.context["look"]["choices"]] == [lin.number, wang.number]
    assert "王*明" in _text(several)
    # Sent without a choice, nothing is charged; a name that means one card is as good as its number.
    asked = browser.post("/desk/till/", _fill(browser, hidden, lin, "1", card="1234"))
    assert asked.status_code == 409
    assert "请选择一张卡" in _text(asked)
    assert _balance(in_chain, lin) == 10_000
    browser.post("/desk/till/", _fill(browser, hidden, lin, "1", card="林静"))
    assert _balance(in_chain, lin) == 9_900


def test_without_a_script_enter_after_the_card_shows_it(at_desk: AtDesk, holder: Holder, hidden: Hidden) -> None:
    browser = at_desk("CASHIER")
    answer = browser.post("/desk/till/", _fill(browser, hidden, holder, "", mode="top_up"), follow=True)
    assert answer.redirect_chain == [(f"/desk/till/?card={holder.number}&mode=top_up", 302)]
    assert answer.context["look"]["state"] == "ready"
    assert re.search(r'name="amount"[^>]*autofocus', _text(answer))


@pytest.mark.parametrize("path", ["/desk/top-up/", "/desk/consume/"])
def test_the_old_pages_lead_to_the_till_with_the_card_in_hand(at_desk: AtDesk, holder: Holder, path: str) -> None:
    answer = at_desk("CASHIER").get(f"{path}?number={holder.number}", follow=True)
    assert answer.context["look"]["card"]["number"] == holder.number
    assert answer.context["mode"] == ("top_up" if "top-up" in path else "consume")


def test_a_till_of_another_store_is_closed_to_this_ones_cashier(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden, store_id: int
) -> None:
    clerk = at_desk("CLERK", store_id=store_id)
    assert clerk.get("/desk/till/").status_code == 403
    assert clerk.post("/desk/till/", {"card": holder.number, "amount": "1"}).status_code == 403
    assert _balance(in_chain, holder) == 10_000


def test_the_treasury_reverses_and_a_cashier_cannot(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, hidden: Hidden
) -> None:
    """R-I05."""
    cashier = at_desk("CASHIER")
    cashier.post("/desk/till/", _fill(cashier, hidden, holder, "30"))
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
    browser.post("/desk/till/", _fill(browser, hidden, holder, "30"))
    with queries(12):
        answer = browser.get("/desk/")
    today = answer.context["today"]
    assert (today["revenue_fen"], today["top_up_fen"], today["cards_issued"], today["members_new"]) == (
        3_000,
        10_000,
        1,
        1,
    )
    assert [(row["name"], row["total"].count) for row in answer.context["cashiers"]] == [
        ("staff:7", 1), ("store_manager", 1)
    ]  # fmt: skip
    assert len(answer.context["days"]) == 14
    assert answer.context["recent"][0]["kind"] == "CONSUMPTION"
    assert "cashiers" not in at_desk("CASHIER").get("/desk/").context
