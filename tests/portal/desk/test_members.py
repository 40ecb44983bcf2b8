"""Members at the desk."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client
from django.utils.translation import override

from membership.members.domain import ConsentChannel, ConsentPurpose
from membership.members.models import Member
from membership.members.services.own_consents import give_own_consent
from portal.desk.member_forms import MemberForm
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
    assert "改号后 7 天内不能用新号码重设会员卡密码" in _text(edit)
    assert "改号后" not in _text(browser.get("/desk/members/new/"))
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


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", "会员本人登录门户后确认（登录记录 4）"),
        ("en", "Given by the member herself in the portal (log-in 4)"),
    ],
)
def test_the_proof_of_a_consent_is_told_in_words(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, language: str, words: str
) -> None:
    with in_chain():
        give_own_consent(
            member=holder.member, purpose=ConsentPurpose.MARKETING, channel=ConsentChannel.SMS, session=4
        )  # fmt: skip
    browser = at_desk("CLERK")
    browser.cookies["django_language"] = language
    page = _text(browser.get("/desk/members/M000001/"))
    assert words in page
    assert "session 4" not in page


def test_a_cashier_sees_members_and_files_none(at_desk: AtDesk, in_chain: InChain) -> None:
    browser = at_desk("CASHIER")
    assert browser.post("/desk/members/new/", FORM).status_code == 403
    with in_chain():
        assert Member.objects.count() == 0


def test_a_document_that_another_has_is_filed_knowingly(at_desk: AtDesk, in_chain: InChain, store_id: int) -> None:
    """R-H02: the page names the other, masked, leads there, and asks; what was confirmed stands in the trail."""
    browser, new = at_desk("MEMBER_SERVICE"), "/desk/members/new/"
    papers = {"document_kind": "ID_CARD", "document_number": "11010519491231002X"}
    browser.post(new, {"name": "林静", "phone": "13900009999", **papers})
    refused = browser.post(new, FORM | papers)
    assert refused.status_code == 409
    page = _text(refused)
    assert "M000001 林*" in page
    assert 'href="/desk/members/M000001/"' in page
    assert 'value="id_already_filed"' in page
    assert 'value="birthday_contradicts"' not in page
    again = _text(browser.post(new, FORM | papers | {"confirmed": ["id_already_filed"]}))
    assert "生日与身份证件上的出生日期不一致" in again
    assert again.count("checked") == 1
    both = {"confirmed": ["id_already_filed", "birthday_contradicts"]}
    answer = browser.post(new, FORM | papers | both, follow=True)
    assert answer.status_code == 200
    with in_chain():
        code = Member.objects.latest("pk").code
    assert answer.redirect_chain == [(f"/desk/members/{code}/", 302)]
    edit = browser.post(f"/desk/members/{code}/edit/", FORM | papers)
    assert f"/desk/members/merge/?first=M000001&amp;second={code}" in _text(edit)
    assert "档案操作记录" not in _text(browser.get(f"/desk/members/{code}/"))
    office = at_desk("HEAD_OFFICE")
    trail = _text(office.get(f"/desk/members/{code}/"))
    assert "证件同时登记在" in trail
    assert f"/desk/audit/?about=member/{code}" in trail
    listed = office.get(f"/desk/audit/?about=member/{code}").context["entries"]
    assert {entry["object_name"] for entry in listed} == {code}


@pytest.mark.parametrize(("language", "month"), [("zh-hans", "3 月"), ("en", "Month 3")])
def test_lunar_months_are_named_in_the_readers_language(language: str, month: str) -> None:
    with override(language):
        assert month in str(MemberForm()["lunar_month"])
