"""What the desk offers is what would be accepted; what is done is not done twice, and that is said."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client

from kernel import clock
from membership.cards.models import Card, CardType
from membership.documents.models import Document
from membership.members.models import Member
from membership.records.models import Record
from tenants.people.models import RoleAct, User
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]

TILL = ("/desk/consume/?number=", "/desk/top-up/?number=")


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def _bought(browser: Client, holder: Holder, in_chain: InChain) -> str:
    form = {"idempotency_key": "k", "card": holder.number, "mode": "consume", "amount": "30"}
    browser.post("/desk/till/", form)
    with in_chain():
        return f"/desk/receipts/{Record.objects.get(kind='CONSUMPTION').pk}/"


# ── A card's page ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_a_card_in_use_is_sent_to_the_till(owner_at_desk: Client, in_chain: InChain, holder: Holder) -> None:
    path = f"/desk/cards/{holder.number}/"
    page = _text(owner_at_desk.get(path))
    assert all(f"{way}{holder.number}" in page for way in TILL)
    for change, said in (
        ({"status": "FROZEN"}, "已冻结，不能使用"),
        ({"status": "LOST"}, "已挂失，不能使用"),
        ({"status": "ACTIVE", "locked": True}, "已锁定，不能使用"),
        ({"locked": False, "valid_until": clock.today() - timedelta(days=1)}, "已过有效期，不能使用"),
    ):
        with in_chain():
            Card.objects.filter(pk=holder.card.pk).update(**change)
        page = _text(owner_at_desk.get(path))
        assert said in page
        assert not any(f"{way}{holder.number}" in page for way in TILL)


def test_a_card_that_has_ended_gets_no_new_pin(owner_at_desk: Client, in_chain: InChain, holder: Holder) -> None:
    path = f"/desk/cards/{holder.number}/"
    assert f"{path}pin/" in _text(owner_at_desk.get(path))
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(status="WITHDRAWN")
    assert f"{path}pin/" not in _text(owner_at_desk.get(path))


def test_a_card_that_is_loaded_once_is_not_loaded_again(
    owner_at_desk: Client, in_chain: InChain, holder: Holder
) -> None:
    with in_chain():
        CardType.objects.filter(pk=holder.card.type_id).update(top_up_allowed=False)
    page = _text(owner_at_desk.get(f"/desk/cards/{holder.number}/"))
    assert [f"{way}{holder.number}" in page for way in TILL] == [True, False]


def test_whoever_may_not_read_receipts_is_not_led_to_one(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    path = f"/desk/cards/{holder.number}/"
    assert "/desk/receipts/" in _text(at_desk("CASHIER").get(path))
    with in_chain():
        RoleAct.objects.filter(role__code="CLERK", act="card.view").delete()
    assert "/desk/receipts/" not in _text(at_desk("CLERK").get(path))


def test_whose_document_was_looked_at_must_be_said(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    """R-J02: nothing is chosen beforehand."""
    browser, path = at_desk("MEMBER_SERVICE"), f"/desk/cards/{holder.number}/"
    page = _text(browser.get(path))
    assert 'name="id_shown"' in page
    assert 'name="id_shown" value="HOLDER" checked' not in page
    answer = browser.post(f"{path}step/", {"step": "lost", "reason": "会员来店"})
    assert answer.status_code == 400
    assert "请先核对证件" in _text(answer)
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).status == "ACTIVE"


# ── Receipts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_came_back_in_part_is_not_offered_to_be_reversed(
    owner_at_desk: Client, in_chain: InChain, holder: Holder
) -> None:
    path = _bought(owner_at_desk, holder, in_chain)
    assert f"{path}reverse/" in _text(owner_at_desk.get(path))
    form = {"amount": "10", "reason": "不合适", "idempotency_key": "back"}
    assert owner_at_desk.post(f"{path}return/", form).status_code == 302
    page = _text(owner_at_desk.get(path))
    assert f"{path}reverse/" not in page
    assert "不能办理“冲正”：这一笔已有退货，不能再整笔冲正；其余的请继续做退货。</p>" in page
    assert f"{path}return/" in page
    led = owner_at_desk.get(f"{path}reverse/", follow=True)
    assert led.redirect_chain == [(path, 302)]
    assert "这一笔已有退货" in _text(led)
    assert owner_at_desk.post(f"{path}reverse/", {"reason": "错"}).status_code == 409
    owner_at_desk.post(f"{path}return/", form | {"amount": "20", "idempotency_key": "rest"})
    assert "不能办理“退货”：这一笔已全部退货。" in _text(owner_at_desk.get(path))
    again = owner_at_desk.post(f"{path}return/", form | {"amount": "20", "idempotency_key": "rest"}, follow=True)
    assert "这一笔已经入账过，没有再次入账。" in _text(again)


def test_a_wrong_top_up_is_offered_to_be_reported_on_its_day(
    at_desk: AtDesk, in_chain: InChain, holder: Holder
) -> None:
    with in_chain():
        path = f"/desk/receipts/{Record.objects.get(kind='TOP_UP').pk}/"
    browser = at_desk("CASHIER")
    assert f"{path}fault/" in _text(browser.get(path))
    with clock.frozen(clock.now() + timedelta(days=1)):
        page = _text(browser.get(path))
    assert f"{path}fault/" not in page
    assert "故障单须在误充值当天填写" in page


def test_a_rejected_fault_form_is_amended_by_the_store(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    with in_chain():
        path = f"/desk/receipts/{Record.objects.get(kind='TOP_UP').pk}/"
    cashier, treasury, manager = at_desk("CASHIER"), at_desk("TREASURY"), at_desk("STORE_MANAGER")
    cashier.post(f"{path}fault/", {"what_happened": "误充", "idempotency_key": "f"})
    with in_chain():
        form = Document.objects.get(kind="FAULT")
    address, card = f"/desk/documents/{form.number}/", f"/desk/cards/{holder.number}/"
    # Sent twice, it is one form; and the receipt leads to it.
    again = cashier.post(f"{path}fault/", {"what_happened": "误充", "idempotency_key": "f"}, follow=True)
    assert again.redirect_chain == [(address, 302)]
    assert "没有再报一次" in _text(again)
    assert address in _text(cashier.get(path))
    treasury.post(f"{address}step/", {"step": "REJECT", "version": form.version, "note": "请写明应充多少"})
    page = _text(cashier.get(address))
    assert "已驳回，会员卡仍冻结" in page
    assert f"{address}edit/" in page
    assert "误充</textarea>" in _text(cashier.get(f"{address}edit/"))
    # The card's page says what keeps it frozen, and offers no way around it.
    shown = _text(manager.get(card))
    assert address in shown
    assert 'value="unfreeze"' not in shown
    with in_chain():
        seen = Document.objects.get().version
    said = {"what_happened": "误充 100 元，应充 10 元", "version": seen}
    assert cashier.post(f"{address}edit/", said).status_code == 302
    cashier.post(f"{address}step/", {"step": "SUBMIT", "version": seen + 1, "note": ""})
    treasury.post(f"{address}step/", {"step": "APPROVE", "version": seen + 2, "note": ""})
    with in_chain():
        assert Document.objects.get().state == "COMPLETED"
        assert Card.objects.get(pk=holder.card.pk).status == "ACTIVE"
        assert Record.objects.get(kind="REVERSAL").detail["note"] == f"{form.number} 误充 100 元，应充 10 元"
    assert address not in _text(manager.get(card)), "nothing is left to be told"


def test_a_reversal_sent_twice_is_said_to_be_done(owner_at_desk: Client, in_chain: InChain, holder: Holder) -> None:
    path = _bought(owner_at_desk, holder, in_chain)
    for said in ("已冲正，卡内储值、套餐和积分已恢复。", "这一笔已经冲正过，没有再次冲正。"):
        assert said in _text(owner_at_desk.post(f"{path}reverse/", {"reason": "错"}, follow=True))
    with in_chain():
        assert Record.objects.filter(kind="REVERSAL").count() == 1


# ── Issuing and filing ────────────────────────────────────────────────────────────────────────────────────────────

NEW = {"card_number": "8800000001", "who": "new", "name": "林静", "phone": "139 0000 1234"}


def test_a_card_issued_twice_by_a_reload_is_said_to_be_issued(
    at_desk: AtDesk, in_chain: InChain, idle_cards: list[str]
) -> None:
    browser = at_desk("STORE_MANAGER")
    assert browser.post("/desk/cards/issue/", NEW).status_code == 200
    again = browser.post("/desk/cards/issue/", NEW, follow=True)
    assert again.redirect_chain == [(f"/desk/cards/{idle_cards[0]}/", 302)]
    assert "会员卡 8800000001 已经发给林静，没有再发一次。" in _text(again)
    # To somebody else it is another act, and refused.
    other = browser.post("/desk/cards/issue/", NEW | {"name": "江河", "phone": "13700000000"})
    assert other.status_code == 409
    with in_chain():
        assert Member.objects.count() == 1


@pytest.mark.parametrize("way", ["reissue", "replace"])
def test_a_successor_given_twice_by_a_reload_is_said_to_be_given(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, way: str
) -> None:
    if way == "reissue":
        with in_chain():
            Card.objects.filter(pk=holder.card.pk).update(status="LOST", before_loss="ACTIVE")
    browser, given = at_desk("MEMBER_SERVICE"), {"new_number": "8800000002", "id_shown": "HOLDER", "reason": "遗失"}
    path = f"/desk/cards/{holder.number}/{way}/"
    assert browser.post(path, given).status_code == 200
    again = browser.post(path, given, follow=True)
    assert f"会员卡 {holder.number} 已换成新卡 8800000002，没有再换一次。" in _text(again)


def test_a_telephone_that_is_known_is_asked_about(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    """A family may share one; a person should not be filed twice."""
    browser, form = at_desk("MEMBER_SERVICE"), {"name": "林强", "phone": "13900001234"}
    asked = browser.post("/desk/members/new/", form)
    assert asked.status_code == 409
    page = _text(asked)
    assert "这个手机号已登记在 M000001 林* 名下。" in page
    assert 'value="phone_already_filed"' in page
    assert "/desk/members/M000001/" in page
    with in_chain():
        assert Member.objects.count() == 1
    filed = browser.post("/desk/members/new/", form | {"confirmed": ["phone_already_filed"]})
    assert filed["Location"] == "/desk/members/M000002/"
    # What is corrected besides is not asked about again; a new telephone is.
    edit = "/desk/members/M000002/edit/"
    assert browser.post(edit, form | {"name": "林刚"}).status_code == 302
    assert browser.post(edit, form | {"phone": "13700005678"}).status_code == 302
    assert browser.post(edit, form).status_code == 409


def test_a_telephone_that_is_known_is_asked_about_at_an_issue(
    at_desk: AtDesk, in_chain: InChain, holder: Holder
) -> None:
    browser = at_desk("STORE_MANAGER")
    form = NEW | {"card_number": "8800000002", "name": "林强"}
    asked = browser.post("/desk/cards/issue/", form)
    assert asked.status_code == 409
    page = _text(asked)
    assert "这个手机号已登记在 M000001 林* 名下。" in page
    assert "?number=8800000002&amp;member=M000001" in page
    assert 'name="phone_known"' in page
    with in_chain():
        assert Card.objects.get(number="8800000002").status == "IDLE"
    assert browser.post("/desk/cards/issue/", form | {"phone_known": "on"}).status_code == 200
    assert 'name="phone_known"' not in _text(browser.get("/desk/cards/issue/"))


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("zh-hans", "最多 60 个字符，现在有 61 个，请删减后再提交。"),
        ("en", "At most 60 characters; this has 61. Shorten it and send it again."),
    ],
)
def test_what_is_too_long_is_told_with_how_long_it_may_be(
    owner_at_desk: Client, in_chain: InChain, holder: Holder, language: str, said: str
) -> None:
    path = _bought(owner_at_desk, holder, in_chain)
    owner_at_desk.cookies["django_language"] = language
    answer = owner_at_desk.post(f"{path}reverse/", {"reason": "长" * 61})
    assert answer.status_code == 400
    assert said in _text(answer)


def test_the_door_greets_in_our_words(at_desk: AtDesk, in_chain: InChain) -> None:
    browser = at_desk("CASHIER")
    with in_chain():
        person = User.objects.get(username="cashier")
        person.name = "苏小满"
        person.set_password("qing-shan-2026")
        person.save()
    browser.logout()
    came = browser.post("/desk/login/", {"login": "cashier", "password": "qing-shan-2026"}, follow=True)
    assert "苏小满，您已登录。" in _text(came)
