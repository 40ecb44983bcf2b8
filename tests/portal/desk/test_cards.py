"""Cards at the desk: making, issuing, the list, a card's page."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from django.test import Client

from kernel.db import in_chain as in_chain_schema
from membership.cards.domain import NumberRange
from membership.cards.models import Card, CardType
from membership.cards.pins import check_pin
from membership.cards.services import make_cards
from membership.members.models import Member
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]
Queries = Callable[[int], AbstractContextManager[None]]

RANGE = {"level": "GOLD", "number_prefix": "66", "first": "1", "width": "6", "quantity": "3"}
NEW = {"card_number": "8800000001", "who": "new", "name": "林静", "phone": "13900001234"}


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_a_range_is_made_and_shown(at_desk: AtDesk, in_chain: InChain) -> None:
    """R-B08."""
    browser = at_desk("MEMBER_SERVICE")
    assert browser.get("/desk/cards/make/").status_code == 200
    answer = browser.post("/desk/cards/make/", RANGE, follow=True)
    assert answer.redirect_chain == [("/desk/cards/", 302)]
    assert "已制卡 3 张：66000001 至 66000003。" in _text(answer)
    with in_chain():
        assert Card.objects.filter(status="IDLE", level__code="GOLD").count() == 3


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"first": "1", "quantity": "3"}, 409, "卡号 66000001 已存在，整个号段均未制卡。"),
        ({"number_prefix": "*"}, 400, "前缀只能用数字和大写字母。"),
        ({"quantity": "100001"}, 400, "100000"),
        ({"level": "NONE"}, 400, "NONE"),
    ],
)
def test_a_range_that_cannot_be_made_says_why_and_makes_nothing(
    at_desk: AtDesk, in_chain: InChain, change: dict[str, str], status: int, text: str
) -> None:
    browser = at_desk("MEMBER_SERVICE")
    browser.post("/desk/cards/make/", RANGE)
    answer = browser.post("/desk/cards/make/", RANGE | {"first": "4"} | change)
    assert answer.status_code == status
    assert text in _text(answer)
    with in_chain():
        assert Card.objects.count() == 3


def test_a_card_is_issued_to_a_new_member_and_the_pin_is_shown_once(
    at_desk: AtDesk, in_chain: InChain, idle_cards: list[str], store_id: int
) -> None:
    """R-B12."""
    browser = at_desk("STORE_MANAGER", store_id=store_id)
    answer = browser.post("/desk/cards/issue/", NEW | {"birthday": "1985-03-17"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    pins = re.findall(r"\b\d{6}\b", _text(answer))
    with in_chain():
        card = Card.objects.select_related("member").get(number=idle_cards[0])
        assert card.member is not None
        assert (card.member.name, card.member.phone, card.store_id) == ("林静", "+8613900001234", store_id)
    assert any(check_pin(pin, card.pin_hash).right for pin in pins)
    assert "林静" in _text(answer)
    assert "http://yunshan." in _text(answer)
    again = browser.get(f"/desk/cards/{idle_cards[0]}/")
    assert not any(pin in _text(again) for pin in pins if check_pin(pin, card.pin_hash).right)


def test_a_card_is_issued_to_a_member_found_by_name(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, idle_cards: list[str]
) -> None:
    browser = at_desk("STORE_MANAGER")
    options = _text(browser.get("/desk/members/search/?q=林", headers={"hx-request": "true"}))
    assert 'value="M000001"' in options
    assert "139****1234" in options
    given = {"card_number": idle_cards[1], "who": "existing", "member_code": "M000001"}
    # One ID, one ordinary card (R-H02), unless the chain allows more.
    assert browser.post("/desk/cards/issue/", given).status_code == 409
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(cards_per_id=2)
    assert browser.post("/desk/cards/issue/", given).status_code == 200
    with in_chain():
        assert Card.objects.get(number=idle_cards[1]).member_id == holder.member.pk
        assert Member.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"card_number": "404"}, 404, "没有卡号为“404”的会员卡。"),
        ({"phone": "12"}, 400, "手机号“12”无效"),
        ({"name": ""}, 400, "请填写姓名。"),
        ({"who": "existing"}, 400, "请选择一位会员。"),
        ({"who": "existing", "member_code": "M9"}, 404, "没有编号为“M9”的会员。"),
        ({"valid_until": "2020-01-01"}, 400, "有效期至 2020-01-01 不可以"),
        ({"valid_until": "soon"}, 400, "日期"),
    ],
)
def test_what_cannot_be_issued_says_why_and_leaves_no_member_behind(
    at_desk: AtDesk, in_chain: InChain, idle_cards: list[str], change: dict[str, str], status: int, text: str
) -> None:
    answer = at_desk("STORE_MANAGER").post("/desk/cards/issue/", NEW | change)
    assert answer.status_code == status
    assert text in _text(answer)
    assert "没有这张卡" not in _text(answer), "said once"
    with in_chain():
        assert Card.objects.exclude(status="IDLE").count() == 0
        assert Member.objects.count() == 0


def test_issuing_twice_is_refused_by_the_cards_state(at_desk: AtDesk, in_chain: InChain, idle_cards: list[str]) -> None:
    browser = at_desk("STORE_MANAGER")
    browser.post("/desk/cards/issue/", NEW)
    answer = browser.post("/desk/cards/issue/", NEW | {"name": "江河", "phone": "13700000000"})
    assert answer.status_code == 409
    assert "的状态是“正常”，不能发卡" in _text(answer)
    with in_chain():
        assert Member.objects.count() == 1


def test_the_list_is_filtered_and_goes_on_where_it_ended(
    at_desk: AtDesk, chain: Chain, clerk: Actor, holder: Holder
) -> None:
    """R-C01, R-C10."""
    with in_chain_schema(chain.schema_name):
        make_cards(actor=clerk, level_code="SILVER", numbers=NumberRange("70", 1, 60))
    browser = at_desk("MEMBER_SERVICE")
    page = _text(browser.get("/desk/cards/"))
    assert "共 65 张卡" in page
    assert page.count('href="/desk/cards/70') == 50
    (onward,) = set(re.findall(r'hx-get="([^"]+)"', page))
    rows = _text(browser.get("/desk/cards/" + onward, headers={"hx-request": "true"}))
    assert "<html" not in rows
    assert rows.count('href="/desk/cards/70') == 10
    assert rows.count('href="/desk/cards/88') == 5
    for query, count in (
        ("q=林静", 1),
        ("q=1234", 1),
        ("status=ACTIVE", 1),
        ("level=SILVER&q=7000000001", 1),
        ("q=nobody", 0),
    ):
        found = _text(browser.get(f"/desk/cards/?{query}"))
        assert f"共 {count} 张卡" in found, query


@pytest.mark.parametrize("query", ["status=NONSENSE", "after=%00", "q=%00", "after=" + "9" * 300, "level=%27"])
def test_a_list_asked_for_nonsense_still_answers(at_desk: AtDesk, idle_cards: list[str], query: str) -> None:
    assert at_desk("MEMBER_SERVICE").get(f"/desk/cards/?{query}").status_code == 200


def test_the_list_takes_as_many_queries_for_fifty_cards_as_for_one(
    at_desk: AtDesk, issue: Callable[..., Holder], queries: Queries
) -> None:
    browser = at_desk("MEMBER_SERVICE")
    issue("林静")
    browser.get("/desk/cards/")
    with queries(8):
        browser.get("/desk/cards/")
    issue("江河", "13700005678", top_up_fen=100)
    issue("钱进", "13700005679", top_up_fen=100)
    with queries(8):
        browser.get("/desk/cards/")


def test_a_cards_page_tells_what_is_on_it_and_what_happened(at_desk: AtDesk, holder: Holder, queries: Queries) -> None:
    browser = at_desk("CASHIER")
    with queries(11):
        page = _text(browser.get(f"/desk/cards/{holder.number}/"))
    assert "林静" in page
    assert "139****1234" in page
    assert "13900001234" not in page
    assert "100<" in page
    assert "本金" in page
    assert "充值" in page
    assert holder.card.valid_until is not None
    assert holder.card.valid_until.isoformat() in page


def test_an_idle_cards_page_and_an_unknown_one(at_desk: AtDesk, idle_cards: list[str]) -> None:
    browser = at_desk("STORE_MANAGER")
    assert "空闲" in _text(browser.get(f"/desk/cards/{idle_cards[0]}/"))
    missing = browser.get("/desk/cards/404404/")
    assert missing.status_code == 404
    assert "card_not_found" in _text(missing)


def test_a_pin_is_reset_by_whoever_may_and_shown_once(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    denied = at_desk("CASHIER").post(f"/desk/cards/{holder.number}/pin/")
    assert denied.status_code == 403
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).pin_version == 1
    browser = at_desk("FRONT_DESK")
    assert 'name="pin_version" value="1"' in _text(browser.get(f"/desk/cards/{holder.number}/"))
    answer = browser.post(f"/desk/cards/{holder.number}/pin/", {"pin_version": "1"})
    assert "no-store" in answer["Cache-Control"]
    assert "密码已重置" in _text(answer)
    assert "发卡完成" not in _text(answer)
    for stale in ("1", "", "x"):
        again = browser.post(f"/desk/cards/{holder.number}/pin/", {"pin_version": stale})
        assert again.status_code == 409
        assert "pin_changed_meanwhile" in _text(again)
    with in_chain():
        card = Card.objects.get(pk=holder.card.pk)
    assert card.pin_version == 2
    assert any(check_pin(pin, card.pin_hash).right for pin in re.findall(r"\b\d{6}\b", _text(answer)))


@pytest.mark.parametrize("path", ["/desk/cards/make/", "/desk/cards/issue/"])
def test_pages_of_acts_are_closed_to_whoever_may_not(
    at_desk: AtDesk, in_chain: InChain, idle_cards: list[str], path: str
) -> None:
    browser = at_desk("CASHIER")
    assert browser.get(path).status_code == 403
    assert browser.post(path, NEW | RANGE).status_code == 403
    with in_chain():
        assert Card.objects.exclude(status="IDLE").count() == 0
        assert Card.objects.count() == len(idle_cards)


def test_a_card_issued_with_a_hand_set_validity(at_desk: AtDesk, in_chain: InChain, idle_cards: list[str]) -> None:
    """R-B18: hand adjustment allowed."""
    at_desk("STORE_MANAGER").post("/desk/cards/issue/", NEW | {"valid_until": "2031-12-31"})
    with in_chain():
        assert Card.objects.get(number=idle_cards[0]).valid_until == date(2031, 12, 31)
