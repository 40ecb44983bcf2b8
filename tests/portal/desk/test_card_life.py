"""A card's life at the desk: a new card for an old one, a chosen PIN, the slip, several cards at once, settings."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.test import Client

from kernel import clock
from membership.cards.domain import NumberRange
from membership.cards.models import Card, CardLevel, CardRules, CardType
from membership.cards.pins import check_pin
from membership.cards.services import issue_card, make_cards, report_lost
from membership.documents.models import Document
from membership.documents.services import approve
from membership.members.domain import DocumentKind
from membership.members.models import Member
from membership.members.services import record_document
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]

NEXT = "8800000005"


def test_a_lost_card_gets_a_successor_whose_pin_is_shown_and_printed_once(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, clerk: Actor, store_id: int
) -> None:
    """R-J03, R-J06, R-L13."""
    browser, path = at_desk("MEMBER_SERVICE"), f"/desk/cards/{holder.number}/"
    # Not lost: there is nothing to reissue, but the card may be replaced.
    assert "/replace/" in (page := browser.get(path).content.decode())
    assert "/reissue/" not in page
    assert browser.get(f"{path}reissue/").status_code == 302
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(reissue_fee_fen=1_800)
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
    assert "工本费支付" in browser.get(f"{path}reissue/").content.decode()
    given = {"new_number": NEXT, "id_shown": "AGENT", "fee_from": "card", "reason": "遗失"}
    assert browser.post(f"{path}reissue/", given).status_code == 400
    answer = browser.post(f"{path}reissue/", given | {"agent_name": "林强"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    with in_chain():
        new = Card.objects.select_related("stored_account").get(number=NEXT)
        assert (new.status, new.stored_account.balance) == ("ACTIVE", 8_200)
        assert Card.objects.get(number=holder.number).status == "REPLACED"
    (pin,) = re.findall(r'name="pin" value="(\d{6})"', answer.content.decode())
    assert check_pin(pin, new.pin_hash).right
    slip = browser.post(f"/desk/cards/{NEXT}/slip/", {"pin": pin})
    assert slip["Content-Type"] == "application/pdf"
    assert slip.content.startswith(b"%PDF")
    wrong = "000000" if pin != "000000" else "111111"
    assert browser.post(f"/desk/cards/{NEXT}/slip/", {"pin": wrong}).status_code == 409
    assert NEXT in browser.get(path).content.decode().replace(" ", "")


def test_a_card_is_made_over_at_the_counter(
    at_desk: AtDesk, in_chain: InChain, issue: Callable[..., Holder], holder: Holder
) -> None:
    """法释〔2025〕4号, 11: who never saw the portal makes her card over too; the new PIN is shown once."""
    browser, path = at_desk("MEMBER_SERVICE"), f"/desk/cards/{holder.number}/transfer/"
    other = issue("江河", "13700005678")
    with in_chain():
        CardType.objects.update(cards_per_id=None)
    assert path in browser.get(f"/desk/cards/{holder.number}/").content.decode()
    given = {"to_code": other.member.code, "new_number": NEXT, "id_shown": "HOLDER"}
    to_herself = browser.post(path, given | {"to_code": holder.member.code})
    assert "受让人就是这张卡的持卡会员" in to_herself.content.decode()
    with in_chain():
        assert Card.objects.get(number=NEXT).status == "IDLE"
    answer = browser.post(path, given)
    assert (answer.status_code, len(answer.context["pin"])) == (200, 6)
    assert "no-store" in answer["Cache-Control"]
    with in_chain():
        new, old = Card.objects.select_related("stored_account").get(number=NEXT), Card.objects.get(pk=holder.card.pk)
        assert (new.member_id, new.stored_account.balance) == (other.member.pk, 10_000)
        assert (old.status, old.member_id) == ("REPLACED", holder.member.pk)
    assert browser.get(path).status_code == 302
    assert at_desk("CASHIER").get(path).status_code == 403


def test_a_new_number_that_is_not_idle_is_refused_beside_its_field(
    at_desk: AtDesk, in_chain: InChain, issue: Callable[..., Holder]
) -> None:
    old, taken = issue("林静"), issue("江河", "13700005678")
    answer = at_desk("MEMBER_SERVICE").post(f"/desk/cards/{old.number}/replace/", {"new_number": taken.number})
    assert answer.status_code == 409
    assert "请选择空闲的卡" in answer.content.decode()
    with in_chain():
        assert Card.objects.get(number=old.number).status == "ACTIVE"


def test_the_member_chooses_her_pin_on_a_page_turned_to_her(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    browser, path = at_desk("MEMBER_SERVICE"), f"/desk/cards/{holder.number}/choose-pin/"
    page = browser.get(path).content.decode()
    (version,) = re.findall(r'name="pin_version" value="(\d+)"', page)
    given = {"pin_version": version, "new_pin": "135792", "again": "135792"}
    assert browser.post(path, given | {"again": "135793"}).status_code == 400
    assert browser.post(path, given | {"new_pin": "123456", "again": "123456"}).status_code == 400
    assert browser.post(path, given).status_code == 302
    with in_chain():
        card = Card.objects.get(number=holder.number)
    assert check_pin("135792", card.pin_hash).right
    # A reload does nothing twice.
    assert browser.post(path, given).status_code == 409
    assert at_desk("CASHIER").get(path).status_code == 403


def test_the_accounts_of_ticked_cards_get_a_new_end(
    at_desk: AtDesk, in_chain: InChain, issue: Callable[..., Holder]
) -> None:
    """R-C02."""
    numbers = [issue("林静").number, issue("江河", "13700005678").number]
    browser, path = at_desk("MEMBER_SERVICE"), "/desk/cards/account-expiry/"
    assert 'form="cards-act"' in browser.get("/desk/cards/").content.decode()
    assert browser.post(path, {}).status_code == 302
    assert all(number in browser.post(path, {"number": numbers}).content.decode() for number in numbers)
    past, until = clock.today() - timedelta(days=1), clock.today() + timedelta(days=30)
    assert browser.post(path, {"number": numbers, "until": past.isoformat()}).status_code == 400
    assert browser.post(path, {"number": numbers, "until": until.isoformat()}).status_code == 302
    with in_chain():
        assert set(Card.objects.filter(number__in=numbers).values_list("account_valid_until", flat=True)) == {until}
    cashier = at_desk("CASHIER")
    assert 'form="cards-act"' not in cashier.get("/desk/cards/").content.decode()
    assert cashier.post(path, {"number": numbers}).status_code == 403


def test_a_validity_document_begins_at_the_cards(
    at_desk: AtDesk, in_chain: InChain, issue: Callable[..., Holder]
) -> None:
    """R-C03, R-C10: from ticked cards or one card's page, with what their validity is now, to the approval."""
    numbers = [issue("林静").number, issue("江河", "13700005678").number]
    browser, new = at_desk("MEMBER_SERVICE"), "/desk/documents/new/CARD_VALIDITY/"
    assert f"{new}?number={numbers[0]}" in browser.get(f"/desk/cards/{numbers[0]}/").content.decode()
    assert numbers[0] in browser.get(f"{new}?number={numbers[0]}").content.decode()
    assert browser.post("/desk/cards/validity/", {}).status_code == 302
    page = browser.post("/desk/cards/validity/", {"number": numbers}).content.decode()
    assert f'action="{new}"' in page
    now = browser.post("/desk/cards/validity/now/", {"numbers": "\n".join([*numbers, "123"])}).content.decode()
    assert "林静" in now
    assert "查无此卡" in now
    until = clock.today() + timedelta(days=2000)
    given = {"numbers": "\n".join(numbers), "shift": "LATER", "until": until.isoformat(), "with_account": "on"}
    assert browser.post(new, given).status_code == 400
    refused = browser.post(new, given | {"shift": "EARLIER", "reason": "补偿"})
    assert "与调整方向“减少”不符" in refused.content.decode()
    paper = browser.post(new, given | {"reason": "补偿", "submit": "1"}, follow=True).context["document"]
    manager, at = at_desk("STORE_MANAGER"), f"/desk/documents/{paper['number']}/"
    assert paper["number"] in manager.get("/desk/documents/").content.decode()
    step = {"step": "APPROVE", "version": paper["version"]}
    assert manager.post(f"{at}step/", step, follow=True).context["document"]["state"] == "APPROVED"
    with in_chain():
        assert set(Card.objects.filter(number__in=numbers).values_list("valid_until", flat=True)) == {until}
    assert f"卡有效期至 {until}" in browser.get(f"/desk/cards/{numbers[0]}/").content.decode()
    assert at_desk("CASHIER").get(new).status_code == 403


def test_a_gift_card_is_made_and_issued_to_nobody(at_desk: AtDesk, in_chain: InChain) -> None:
    """R-E03."""
    browser = at_desk("MEMBER_SERVICE")
    made = {"type": "GIFT", "level": "PLAIN", "number_prefix": "77", "first": 1, "width": 8, "quantity": 1}
    assert browser.post("/desk/cards/make/", made).status_code == 302
    answer = browser.post("/desk/cards/issue/", {"card_number": "7700000001", "who": "nobody"})
    assert answer.status_code == 200
    with in_chain():
        card = Card.objects.get(number="7700000001")
        assert (card.status, card.member_id, card.bearer) == ("ACTIVE", None, True)
        assert Member.objects.count() == 0
    page = browser.get("/desk/cards/7700000001/").content.decode()
    assert "不记名" in page
    assert 'value="lost"' not in page
    assert "7700000001" in browser.get("/desk/cards/?type=GIFT").content.decode().replace(" ", "")


def test_the_issue_page_is_guided_by_the_cards_type(
    at_desk: AtDesk, in_chain: InChain, clerk: Actor, holder: Holder, idle_cards: list[str]
) -> None:
    """R-E03, R-E07, R-H01, R-P10: to whom the card may go, what is asked, what is missing, who issues it."""
    with in_chain():
        for code, prefix in (("GIFT", "77"), ("COMPLIMENTARY", "78")):
            numbers = NumberRange(prefix=prefix, first=1, quantity=1)
            make_cards(actor=clerk, level_code="PLAIN", numbers=numbers, type_code=code)
    browser, path, guide = at_desk("MEMBER_SERVICE"), "/desk/cards/issue/", "/desk/cards/issue/guide/"

    def told(number: str, **given: str) -> str:
        return browser.get(guide, {"card_number": number, "who": "new", **given}).content.decode()

    assert "issue-guide" in browser.get(path).content.decode()
    gift = browser.get(f"{path}?number=7700000001").content.decode()
    assert 'value="new"' not in gift
    assert "不登记会员资料，发给持卡人。" in told("7700000001")
    assert "没有这张卡" in told("1")
    assert "只有空闲的卡可以发" in told(holder.number)
    free = told("7800000001")
    assert "须先经 总经理 审批" in free
    assert "权限的人员发放" in free
    assert 'value="new"' in told(idle_cards[1])
    with in_chain():
        ordinary = CardType.objects.filter(code="ORDINARY")
        ordinary.update(real_name=True, cards_per_id=None, accumulated_spend_fen=20_000)
        CardType.objects.filter(code="COMPLIMENTARY").update(enabled_at=clock.now())
    real = told(idle_cards[1])
    assert 'value="new"' not in real
    assert "须已登记身份证件和手机号" in real
    assert "近 12 个月消费满 ¥200.00。" in real
    missing = told(idle_cards[1], who="existing", member_code=holder.member.code)
    assert "近 12 个月消费满 ¥200.00（已消费 ¥0.00，还差 ¥200.00）" in missing
    with in_chain():
        ordinary.update(real_name=False)
    asked = {"card_number": idle_cards[1], "who": "existing", "member_code": holder.member.code}
    refused = browser.post(path, asked)
    assert refused.status_code == 409
    assert "还差 ¥200.00" in refused.content.decode()
    finance = at_desk("FINANCE")
    assert "发这张卡" in finance.get("/desk/cards/7800000001/").content.decode()
    given = {"card_number": "7800000001", "who": "existing", "member_code": holder.member.code}
    assert finance.get(path).status_code == 403
    assert finance.post(path, given).status_code == 200


def test_a_card_paid_by_cheque_waits_for_the_money(
    at_desk: AtDesk, in_chain: InChain, holder: Holder, clerk: Actor, store_id: int, idle_cards: list[str]
) -> None:
    """R-L05."""
    with in_chain():
        CardType.objects.update(cards_per_id=None)
        issue_card(actor=clerk, number=idle_cards[1], member=holder.member, store_id=store_id, payment_pending=True)
    path = f"/desk/cards/{idle_cards[1]}/"
    service = at_desk("MEMBER_SERVICE")
    assert 'value="activate"' not in service.get(path).content.decode()
    assert at_desk("FINANCE").post(f"{path}step/", {"step": "paid"}).status_code == 302
    assert service.post(f"{path}step/", {"step": "activate"}).status_code == 302
    with in_chain():
        assert Card.objects.get(number=idle_cards[1]).status == "ACTIVE"


TYPE = {
    "code": "star",
    "name": "星运卡",
    "kind": "ORDINARY",
    "use_by": "BEARER",
    "member_required": "on",
    "balance_cap": "3000",
    "bearer_min_validity_months": "36",
    "accumulated_months": "12",
    "reissue_fee": "18",
}


def test_a_type_is_made_changed_enabled_and_disabled(at_desk: AtDesk, in_chain: InChain) -> None:
    """R-F10, X-18."""
    browser = at_desk("INFORMATION")
    assert browser.post("/desk/cards/types/new/", TYPE | {"balance_cap": "5001"}).status_code == 400
    assert browser.post("/desk/cards/types/new/", TYPE | {"kind": "GIFT"}).status_code == 400
    assert browser.post("/desk/cards/types/new/", TYPE).status_code == 302
    assert browser.post("/desk/cards/types/new/", TYPE).status_code == 409
    assert browser.post("/desk/cards/types/STAR/enable/").status_code == 302
    with in_chain():
        made = CardType.objects.get(code="STAR")
        assert (made.balance_cap_fen, made.reissue_fee_fen, made.same_day_spend_fen) == (300_000, 1_800, None)
        assert made.enabled_at is not None
    changed = TYPE | {"name": "星运金卡", "same_day_spend": "500"}
    assert "星运卡" in browser.get("/desk/cards/types/STAR/edit/").content.decode()
    assert browser.post("/desk/cards/types/STAR/edit/", changed).status_code == 302
    assert browser.post("/desk/cards/types/STAR/disable/").status_code == 302
    with in_chain():
        made.refresh_from_db()
        assert (made.name, made.same_day_spend_fen, made.enabled_at) == ("星运金卡", 50_000, None)
        assert AuditEntry.objects.filter(act="card.type", object_id="STAR").count() == 4
    assert at_desk("STORE_MANAGER").get("/desk/cards/types/").status_code == 403


def test_a_special_type_is_enabled_by_three_approvals(at_desk: AtDesk, in_chain: InChain, clerk: Actor) -> None:
    """R-E07: operations, finance, the general manager, each another person."""
    browser = at_desk("INFORMATION")
    page = browser.get("/desk/cards/types/SPECIAL/enable/").content.decode()
    assert "营运中心 → 财务中心 → 总经理" in page
    given = {"quantity": 200, "offer": "团购专用", "discount": "九五折"}
    assert browser.post("/desk/cards/types/SPECIAL/enable/", given).status_code == 302
    with in_chain():
        document = Document.objects.get(kind="CARD_TYPE_ENABLE")
    assert document.number in browser.get("/desk/cards/types/SPECIAL/enable/").content.decode()
    assert browser.post("/desk/cards/types/SPECIAL/enable/", given).status_code == 409
    with in_chain():
        assert Document.objects.filter(kind="CARD_TYPE_ENABLE").count() == 1
    for person in (11, 12, 13):
        with in_chain():
            assert CardType.objects.get(code="SPECIAL").enabled_at is None
            approve(actor=Actor(kind="staff", id=person, grants=clerk.grants), number=document.number)
    with in_chain():
        assert CardType.objects.get(code="SPECIAL").enabled_at is not None


def test_levels_and_rules_are_set(at_desk: AtDesk, in_chain: InChain) -> None:
    browser = at_desk("INFORMATION")
    level = {"code": "jade", "name": "玉卡", "rank": 5, "validity_months": 48, "balance_cap": "5000"}
    assert browser.post("/desk/cards/levels/new/", level).status_code == 302
    assert browser.post("/desk/cards/levels/new/", level).status_code == 409
    assert browser.post("/desk/cards/levels/JADE/edit/", level | {"validity_months": 60}).status_code == 302
    rules = {"pin_ask": "ABOVE", "pin_above": "200", "pin_failures": 4}
    assert browser.post("/desk/cards/types/rules/", rules | {"pin_failures": 2}).status_code == 400
    assert browser.post("/desk/cards/types/rules/", rules).status_code == 302
    with in_chain():
        assert CardLevel.objects.get(code="JADE").validity_months == 60
        kept = CardRules.objects.get()
        assert (kept.pin_ask, kept.pin_above_fen, kept.pin_failures) == ("ABOVE", 20_000, 4)
    page = browser.get("/desk/cards/types/").content.decode()
    assert "玉卡" in page
    assert "超过限额时验密码" in page


@pytest.mark.parametrize("path", ["types/NONE/edit/", "types/NONE/enable/", "levels/NONE/edit/"])
def test_a_setting_that_is_not_there(at_desk: AtDesk, path: str) -> None:
    assert at_desk("INFORMATION").get(f"/desk/cards/{path}").status_code == 404


def test_a_loss_is_reported_with_the_number_of_the_document(
    at_desk: Callable[..., Client], in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    """The desk learns whether the number is hers, never the number (R-J02)."""
    number = "11010519491231002X"
    with in_chain():
        record_document(
            actor=clerk, code=holder.member.code, kind=DocumentKind.ID_CARD, number=number, store_id=store_id
        )
    browser = at_desk("STORE_MANAGER", store_id=store_id)
    sent = {"step": "lost", "id_shown": "HOLDER", "holder_document": "ID_CARD", "reason": "遗失"}
    wrong = browser.post(f"/desk/cards/{holder.number}/step/", sent | {"holder_number": "440524188001010014"})
    assert "证件号码不一致" in wrong.content.decode()
    assert number not in wrong.content.decode()
    with in_chain():
        assert Card.objects.get(number=holder.number).status == "ACTIVE"
        assert AuditEntry.objects.filter(act="member.id_check").count() == 1
    browser.post(f"/desk/cards/{holder.number}/step/", sent | {"holder_number": number})
    with in_chain():
        assert Card.objects.get(number=holder.number).status == "LOST"
        assert AuditEntry.objects.get(act="card.status").detail["id_matched"] is True


def test_level_and_binding_documents_begin_at_the_card(at_desk: AtDesk, in_chain: InChain, holder: Holder) -> None:
    """R-C06, R-C09, R-C10: from the card's page, with what it is now, to the approval."""
    browser, new = at_desk("MEMBER_SERVICE"), "/desk/documents/new/CARD_LEVEL/"
    page = browser.get(f"/desk/cards/{holder.number}/").content.decode()
    assert f"{new}?number={holder.number}" in page
    assert f"/desk/documents/new/CARD_BINDING/?number={holder.number}" in page
    assert holder.number in browser.get(f"{new}?number={holder.number}").content.decode()
    assert "金卡" in browser.get("/desk/cards/adjusted/", {"number": holder.number}).content.decode()
    assert "查无此卡" in browser.get("/desk/cards/adjusted/", {"number": "1"}).content.decode()
    given = {"number": holder.number, "level_code": "SILVER", "reason": "会员申请", "submit": "1"}
    paper = browser.post(new, given, follow=True).context["document"]
    manager, at = at_desk("STORE_MANAGER"), f"/desk/documents/{paper['number']}/"
    assert "金卡 → 银卡" in manager.get("/desk/documents/").content.decode()
    manager.post(f"{at}step/", {"step": "APPROVE", "version": paper["version"]})
    with in_chain():
        assert Card.objects.get(number=holder.number).level.code == "SILVER"
    assert "金卡 → 银卡" in browser.get(f"/desk/cards/{holder.number}/").content.decode()
    assert at_desk("CASHIER").get(new).status_code == 403


def test_the_chain_says_which_days_it_works(at_desk: AtDesk) -> None:
    browser, path = at_desk("INFORMATION"), "/desk/stock/workdays/"
    given = {"first": "2031-01-28", "last": "2031-01-30", "kind": "holiday", "name": "春节"}
    assert browser.post(path, given | {"last": "2031-01-01"}).status_code == 400
    assert "2031-01-29" in browser.post(path, given, follow=True).content.decode()
    assert "2031-01-29" not in browser.post(f"{path}unset/", {"day": "2031-01-29"}, follow=True).content.decode()
    assert at_desk("CASHIER").get(path).status_code == 403
