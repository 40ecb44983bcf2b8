"""Members at the desk."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from membership.members.models import Member
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]
Queries = Callable[[int], AbstractContextManager[None]]

FORM = {"name": "林静", "phone": "139 0000 1234", "birthday": "1985-03-17"}


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_a_member_is_filed_and_corrected(at_desk: AtDesk, in_chain: InChain, store_id: int) -> None:
    browser = at_desk("STORE_MANAGER", store_id=store_id)
    answer = browser.post("/desk/members/new/", FORM, follow=True)
    assert answer.redirect_chain == [("/desk/members/M000001/", 302)]
    assert "已建档：林静，编号 M000001。" in _text(answer)
    edit = browser.get("/desk/members/M000001/edit/")
    assert 'value="13900001234"' in _text(edit)
    browser.post("/desk/members/M000001/edit/", FORM | {"name": "林静雯"})
    with in_chain():
        member = Member.objects.get()
    assert (member.name, member.phone, member.store_id) == ("林静雯", "+8613900001234", store_id)


@pytest.mark.parametrize(
    ("change", "text"),
    [({"phone": "1"}, "手机号“1”无效"), ({"name": " "}, ""), ({"birthday": "2199-01-01"}, "生日不能晚于今天。")],
)
def test_what_is_no_member_is_not_filed(at_desk: AtDesk, in_chain: InChain, change: dict[str, str], text: str) -> None:
    answer = at_desk("STORE_MANAGER").post("/desk/members/new/", FORM | change)
    assert answer.status_code == 400
    assert text in _text(answer)
    with in_chain():
        assert Member.objects.count() == 0


def test_the_list_masks_telephones_and_keeps_its_query_count(
    at_desk: AtDesk, issue: Callable[..., Holder], queries: Queries
) -> None:
    issue("林静")
    browser = at_desk("CASHIER")
    with queries(8):
        page = _text(browser.get("/desk/members/"))
    assert "139****1234" in page
    assert "13900001234" not in page
    issue("江河", "13700005678")
    with queries(8):
        page = _text(browser.get("/desk/members/?q=5678"))
    assert "江河" in page
    assert "林静" not in page
    rows = browser.get("/desk/members/?before=1", headers={"hx-request": "true"})
    assert "<html" not in _text(rows)


def test_a_members_page_shows_her_cards(at_desk: AtDesk, holder: Holder) -> None:
    page = _text(at_desk("CASHIER").get("/desk/members/M000001/"))
    assert "/desk/cards/8800000001/" in page
    missing = at_desk("CLERK").get("/desk/members/M9/")
    assert missing.status_code == 404
    assert "member_not_found" in _text(missing)


def test_a_cashier_sees_members_and_files_none(at_desk: AtDesk, in_chain: InChain) -> None:
    browser = at_desk("CASHIER")
    assert browser.post("/desk/members/new/", FORM).status_code == 403
    with in_chain():
        assert Member.objects.count() == 0
