"""Applying and deciding on the pages: from the form to the log-in with a PIN of one's own."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.db import in_chain as enter
from membership.applications.models import Application, GrantedCard
from membership.applications.services import approve
from membership.applications.services.codes import answer_asks
from portal.member import door
from portal.member.apply import access
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tenants.people.models import User
from tests.membership.applications.conftest import ID_NUMBER, PHONE, SITE, code_in, last_text
from tests.pictures import jpeg

InChain = Callable[..., AbstractContextManager[None]]
NEW_PIN = "730281"


@pytest.fixture
def browser(chain: Chain, client_of: Callable[..., Client]) -> Client:
    """The applicant's."""
    return client_of(chain)


@pytest.fixture
def filled_in(store_id: int) -> dict[str, object]:
    """What 江雪 types."""
    return {
        "card_type": "ORDINARY",
        "level": "GOLD",
        "name": "江雪",
        "document_kind": "ID_CARD",
        "id_number": ID_NUMBER,
        "phone": "137 0000 3333",
        "store": store_id,
        "agree": "on",
        "terms": "1",
        "website": "",
    }


def secret_in(text: str) -> str:
    """The path of the link in a message or on a page."""
    found = re.search(r"/apply/(?:pin|f)/[\w/-]+/", text)
    assert found is not None
    return found[0]


def test_from_the_form_to_the_first_log_in(
    browser: Client, owner_at_desk: Client, in_chain: InChain, filled_in: dict[str, object], idle_cards: list[str]
) -> None:
    """R-A11, R-A12, R-H03, R-H08, X-19."""
    assert "网上办卡" in browser.get("/").content.decode()
    page = browser.get("/apply/")
    assert page.status_code == 200
    assert "单独同意" in page.content.decode()
    answer = browser.post("/apply/", filled_in | {"photo": SimpleUploadedFile("me.jpg", jpeg(), "image/jpeg")})
    assert answer["Location"] == "/apply/code/"
    with in_chain():
        code = code_in(last_text())
    wrong = browser.post("/apply/code/", {"code": f"{(int(code) + 1) % 10**6:06d}"})
    assert (wrong.status_code, "验证码不正确" in wrong.content.decode()) == (403, True)
    assert browser.post("/apply/code/again/")["Location"] == "/apply/code/"
    assert browser.post("/apply/code/", {"code": code})["Location"] == "/apply/mine/"
    again = [browser.post("/apply/code/", {"code": code}), browser.get("/apply/code/")]
    assert {answer["Location"] for answer in again} == {"/apply/mine/"}, "sent twice, or come back to"
    mine = browser.get("/apply/mine/").content.decode()
    assert "门店审核" in mine
    assert ID_NUMBER not in mine

    listed = owner_at_desk.get("/desk/applications/").content.decode()
    assert "data-waiting" in listed
    assert "江*" in listed
    with in_chain():
        number = Application.objects.get().number
    here = f"/desk/applications/{number}/"
    detail = owner_at_desk.get(here).content.decode()
    assert "****************2X" in detail
    assert (ID_NUMBER in detail, f'value="{idle_cards[0]}"' in detail) == (False, True)
    assert ID_NUMBER in owner_at_desk.post(f"{here}reveal/", {"reason": "核对申请"}).content.decode()
    shown = owner_at_desk.post(f"{here}photo/").content.decode()
    link = re.search(r'src="(/desk/applications/photo/[^"]+)"', shown)
    assert link is not None
    photo = owner_at_desk.get(link[1])
    assert (photo["Content-Type"], b"".join(photo)) == ("image/jpeg", jpeg())  # type: ignore[call-overload]
    refused = owner_at_desk.post(f"{here}approve/", {"card_number": "99"})
    assert (refused.status_code, "99" in refused.content.decode()) == (404, True)
    slip = owner_at_desk.post(f"{here}approve/", {"card_number": idle_cards[0]})
    assert slip.status_code == 200
    assert "data:image/svg+xml;base64," in slip.content.decode()

    with in_chain():
        pin_path = secret_in(last_text())
    assert pin_path in slip.content.decode()
    assert browser.get(pin_path).status_code == 200
    weak = browser.post(pin_path, {"new_pin": "123456", "new_pin_again": "123456"})
    assert (weak.status_code, "过于简单" in weak.content.decode()) == (400, True)
    assert browser.post(pin_path, {"new_pin": NEW_PIN, "new_pin_again": NEW_PIN})["Location"] == "/"
    assert browser.get(pin_path).status_code == 410
    assert idle_cards[0] in browser.get("/").content.decode()
    assert browser.post("/", {"card_number": idle_cards[0], "pin": NEW_PIN})["Location"] == "/card/"

    unseen = owner_at_desk.post(f"{here}hand-over/", {})
    assert (unseen.status_code, "原件" in unseen.content.decode()) == (400, True)
    assert owner_at_desk.post(f"{here}hand-over/", {"original_seen": "on"})["Location"] == here
    done = owner_at_desk.get(here).content.decode()
    assert ("已领取" in done, "查看证件照片" in done) == (True, False)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"name": ""}, "请填写这一项"),
        ({"id_number": "110105194912310021"}, "校验位不符"),
        ({"phone": "123"}, "手机号“123”无效"),
        ({"agree": ""}, "请阅读并同意"),
        ({"terms": "9"}, "刚刚更新"),
        ({"photo": SimpleUploadedFile("a.jpg", b"MZ" * 200, "image/jpeg")}, "JPG 或 PNG"),
        ({"level": "DIAMOND"}, "选择"),
    ],
)
def test_the_form_says_what_will_not_do(
    browser: Client, in_chain: InChain, filled_in: dict[str, object], changed: dict[str, object], text: str
) -> None:
    answer = browser.post("/apply/", filled_in | changed)
    assert answer.status_code in (400, 409)
    assert text in answer.content.decode()
    with in_chain():
        assert Application.objects.count() == 0


def test_programs_that_fill_in_everything_are_told_what_people_are_told(
    browser: Client, in_chain: InChain, filled_in: dict[str, object]
) -> None:
    answer = browser.post("/apply/", filled_in | {"website": "https://spam.example"})
    assert answer["Location"] == "/apply/code/"
    assert browser.get("/apply/code/").status_code == 200
    assert browser.post("/apply/code/", {"code": "123456"}).status_code == 403
    with in_chain():
        assert Application.objects.count() == 0


def test_an_address_that_sends_form_after_form_is_turned_away(
    browser: Client, filled_in: dict[str, object], client_of: Callable[..., Client], chain: Chain
) -> None:
    for _ in range(door.CODES_AT_ONCE):
        assert browser.post("/apply/", filled_in | {"website": "x"}).status_code == 302
    turned = browser.post("/apply/", filled_in)
    assert (turned.status_code, "too_many_codes" in turned.content.decode()) == (429, True)
    large = client_of(chain).post("/apply/", b"", content_type="text/plain", headers={"content-length": str(26 << 20)})
    assert large.status_code == 400


def test_an_application_is_followed_by_its_link_or_its_number(
    browser: Client, chain: Chain, in_chain: InChain, submitted: Callable[..., Application],
    make_chain: Callable[..., Chain], client_of: Callable[..., Client],
) -> None:  # fmt: skip
    application = submitted()
    with in_chain():
        path = secret_in(last_text())
    assert browser.get("/apply/mine/")["Location"] == "/apply/find/"
    assert browser.get(path)["Location"] == "/apply/mine/"
    assert application.number in browser.get("/apply/mine/").content.decode()
    assert browser.get(path[:-3] + "xx/").status_code == 404
    # A signature opens nothing in another chain.
    assert client_of(make_chain("qinghe", plan="B")).get(path).status_code == 404
    stranger = client_of(chain)
    for phone in ("13999999999", PHONE):
        answer = stranger.post("/apply/find/", {"number": application.number, "phone": phone})
        assert answer["Location"] == "/apply/find/code/"
        answer_asks(chain.schema_name)
    assert "如果申请编号与手机号相符" in stranger.get("/apply/find/code/").content.decode()
    assert stranger.post("/apply/find/code/", {"code": "000000"}).status_code == 403
    assert browser.post("/apply/mine/withdraw/")["Location"] == "/apply/mine/"
    assert "申请已撤回。" in browser.get("/apply/mine/").content.decode()
    twice = browser.post("/apply/mine/withdraw/", follow=True).content.decode()
    assert ("已撤回" in twice, "申请已撤回。" in twice) == (True, False)


def test_whoever_took_too_long_is_told_so(
    browser: Client, filled_in: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.post("/apply/", filled_in | {"website": "x"})["Location"] == "/apply/code/"
    assert browser.post("/apply/find/", {"number": "SQ261122000000", "phone": PHONE}).status_code == 302
    monkeypatch.setattr(access, "_LASTS_S", -1)
    assert "填写的资料已过期，请重新填写。" in browser.get("/apply/code/", follow=True).content.decode()
    assert "验证码已过期，请重新获取。" in browser.get("/apply/find/code/", follow=True).content.decode()
    for path in ("/apply/code/", "/apply/find/code/"):
        assert "已过期" not in browser.get(path, follow=True).content.decode(), "told once"


def test_on_plan_a_nothing_is_offered_and_staff_are_told_why(
    make_chain: Callable[..., Chain], client_of: Callable[..., Client]
) -> None:
    """R-A13."""
    small = make_chain("qinghe", plan="A")
    visitor, desk = client_of(small), client_of(small)
    assert visitor.get("/apply/").status_code == 404
    assert "网上办卡" not in visitor.get("/").content.decode()
    with enter(small.schema_name):
        desk.force_login(User.objects.get(owner_id=small.owner_id))
    for path in ("/desk/applications/", "/desk/applications/settings/"):
        page = desk.get(path).content.decode()
        assert "data-no-plan" in page
        assert "控制台的“订阅”中升级" in page


def test_who_may_not_issue_cards_sees_no_applications(
    at_desk: Callable[..., Client], submitted: Callable[..., Application], owner_at_desk: Client, browser: Client
) -> None:
    number = submitted().number
    auditor = at_desk()
    for path in ("/desk/applications/", f"/desk/applications/{number}/", "/desk/applications/settings/"):
        assert auditor.get(path).status_code == 403
        assert browser.get(path).status_code == 302
    assert owner_at_desk.get("/desk/applications/SQ000000000000/").status_code == 404


def test_settings_are_saved_and_terms_published(owner_at_desk: Client, browser: Client) -> None:
    given = {
        "per_day": "20",
        "kept_days": "30",
        "waits_days": "14",
        "delivery_offered": "on",
        "terms": "我同意本商户为办理会员卡处理我的资料，仅此而已。",
    }
    assert owner_at_desk.post("/desk/applications/settings/", given).status_code == 302
    page = browser.get("/apply/").content.decode()
    assert ("仅此而已" in page, "邮寄到家" in page, "保留 30 天" in page) == (True, True, True)
    assert owner_at_desk.post("/desk/applications/settings/", given | {"terms": "同意"}).status_code == 400
    assert owner_at_desk.post("/desk/applications/settings/", given | {"waits_days": "6"}).status_code == 400


def test_the_work_list_asks_the_database_as_often_for_many_as_for_few(
    owner_at_desk: Client, submitted: Callable[..., Application], in_chain: InChain, chain: Chain, clerk: Actor,
    store_id: int, idle_cards: list[str],
) -> None:  # fmt: skip
    counts = []
    for tail in range(3):
        one = submitted(phone=f"1370000444{tail}", id_number="440301198001010034" if tail else ID_NUMBER)
        with CaptureQueriesContext(connection) as queries:
            assert owner_at_desk.get("/desk/applications/").status_code == 200
        counts.append(len(queries))
    assert counts[1] == counts[2]
    with in_chain():
        approve(
            actor=clerk, chain=chain, number=one.number, card_number=idle_cards[0], store_id=store_id, site_url=SITE
        )
        assert GrantedCard.objects.count() == 1
    assert "已通过" in owner_at_desk.get("/desk/applications/?state=APPROVED").content.decode()


def test_a_photo_that_is_too_large_costs_nothing_of_what_was_typed(
    browser: Client, in_chain: InChain, filled_in: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As large as telephones take; the limit is told, the fields are as they were, and no more is kept than is read."""
    assert 'data-most-bytes="5242880"' in browser.get("/apply/").content.decode()
    photo = SimpleUploadedFile("big.jpg", jpeg() + bytes(9 * 1024 * 1024), "image/jpeg")
    answer = browser.post("/apply/", filled_in | {"photo": photo})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert [text for text in ("照片太大：最多 5 MB", 'value="江雪"', f'value="{ID_NUMBER}"') if text not in page] == []
    again = browser.post(
        "/apply/", filled_in | {"name": "", "photo": SimpleUploadedFile("a.jpg", jpeg(), "image/jpeg")}
    )
    assert "请重新选择照片。" in again.content.decode()
    with in_chain():
        assert Application.objects.count() == 0
    monkeypatch.setattr(door, "LARGEST_BODY", 1024)
    photo.seek(0)
    assert "body_too_large" in browser.post("/apply/", filled_in | {"photo": photo}).content.decode()


def test_the_desk_puts_away_a_card_that_nobody_came_for(
    chain: Chain, browser: Client, owner_at_desk: Client, in_chain: InChain, submitted: Callable[..., Application],
    clerk: Actor, store_id: int, idle_cards: list[str],
) -> None:  # fmt: skip
    application = submitted()
    with in_chain():
        approve(
            actor=clerk, chain=chain, number=application.number, card_number=idle_cards[0], store_id=store_id,
            site_url=SITE,
        )  # fmt: skip
    here = f"/desk/applications/{application.number}/"
    assert "起可以作废" in owner_at_desk.get(here).content.decode()
    assert owner_at_desk.post(f"{here}lapse/", {"card_is_here": "on"}).status_code == 409
    with in_chain():
        long_ago = clock.now() - timedelta(days=31)
        Application.objects.update(submitted_at=long_ago, decided_at=long_ago)
    assert "作废申请并收回会员卡" in owner_at_desk.get(here).content.decode()
    assert owner_at_desk.post(f"{here}lapse/", {"card_is_here": "on"})["Location"] == here
    assert "逾期未领" in owner_at_desk.get("/desk/applications/?state=LAPSED").content.decode()
    with in_chain():
        link = secret_in(last_text())
    assert browser.get(link)["Location"] == "/apply/mine/"
    page = browser.get("/apply/mine/").content.decode()
    assert all(text in page for text in ("逾期未领", "重新申请"))
    assert idle_cards[0] not in page
