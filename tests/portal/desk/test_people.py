"""What is done on a member's page and beside it: ID numbers, consents, tags, a copy, deletion, merging, vehicles."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client

from membership.members import services
from membership.members.domain import ConsentChannel, ConsentPurpose, DocumentKind
from membership.members.models import Member, Tag
from membership.vehicles.models import Vehicle
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]

NUMBER, WRONG = "11010519491231002X", "440524188001010014"
PAGE = "/desk/members/M000001/"
ID_CARD = {"document_kind": "ID_CARD"}


@pytest.fixture
def member(in_chain: InChain, clerk: Actor, store_id: int) -> Member:
    """林静, M000001, whose ID card is on record. She has no card."""
    with in_chain():
        filed = services.create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)
        services.record_document(
            actor=clerk, code=filed.code, kind=DocumentKind.ID_CARD, number=NUMBER, store_id=store_id
        )
    return filed


def _text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def _acts(in_chain: InChain, act: str) -> list[dict[str, object]]:
    with in_chain():
        return list(AuditEntry.objects.filter(act=act).values_list("detail", flat=True))


@pytest.mark.usefixtures("member")
def test_a_number_is_revealed_for_a_reason_and_that_is_in_the_trail(at_desk: AtDesk, in_chain: InChain) -> None:
    browser = at_desk("MEMBER_SERVICE", "STORE_MANAGER")
    assert NUMBER not in _text(browser.get(PAGE))
    unreasoned = browser.post(f"{PAGE}reveal/", ID_CARD | {"reason": ""})
    assert unreasoned.status_code == 400
    assert NUMBER not in _text(unreasoned)
    assert _acts(in_chain, "member.reveal") == []
    shown = browser.post(f"{PAGE}reveal/", ID_CARD | {"reason": "保险理赔"})
    assert NUMBER in _text(shown).replace(" ", "")
    assert "no-store" in shown.headers["Cache-Control"]
    assert _acts(in_chain, "member.reveal") == [{"document": "ID_CARD", "reason": "保险理赔"}]


@pytest.mark.usefixtures("member")
def test_whoever_may_not_reveal_learns_nothing(at_desk: AtDesk, in_chain: InChain) -> None:
    answer = at_desk("CASHIER").post(f"{PAGE}reveal/", ID_CARD | {"reason": "好奇"})
    assert answer.status_code == 403
    assert NUMBER not in _text(answer)
    assert _acts(in_chain, "member.reveal") == []


@pytest.mark.usefixtures("member")
def test_a_number_is_compared_without_being_shown_until_tries_pause(at_desk: AtDesk, in_chain: InChain) -> None:
    browser = at_desk("STORE_MANAGER")
    right = browser.post(f"{PAGE}compare/", ID_CARD | {"document_number": NUMBER.lower()})
    assert "证件号码一致。" in _text(right)
    for _ in range(3):
        wrong = browser.post(f"{PAGE}compare/", ID_CARD | {"document_number": WRONG})
        assert "证件号码不一致" in _text(wrong)
        assert NUMBER not in _text(wrong)
    assert "暂停核对到" in _text(browser.post(f"{PAGE}compare/", ID_CARD | {"document_number": NUMBER}))
    outcomes = [detail["outcome"] for detail in _acts(in_chain, "member.id_check")]
    assert sorted(map(str, outcomes)) == ["MATCH", "NO_MATCH", "NO_MATCH", "NO_MATCH", "PAUSED"]


@pytest.mark.usefixtures("member")
def test_a_member_is_found_by_her_number_and_the_address_does_not_hold_it(at_desk: AtDesk) -> None:
    browser = at_desk("STORE_MANAGER")
    found = browser.post("/desk/members/by-document/", {"id_number": NUMBER}, follow=True)
    assert "M000001" in _text(found)
    assert all(NUMBER not in url for url, _status in found.redirect_chain)
    assert "M000001" not in _text(browser.post("/desk/members/by-document/", {"id_number": WRONG}, follow=True))


def test_consent_is_given_with_proof_and_withdrawn_at_once(at_desk: AtDesk, in_chain: InChain, member: Member) -> None:
    browser = at_desk("STORE_MANAGER")
    given = {"purpose": "MARKETING", "channel": "SMS", "how": "SIGNED_FORM", "proof": ""}
    assert browser.post(f"{PAGE}consents/", given).status_code == 400
    answer = browser.post(f"{PAGE}consents/", given | {"proof": "T-17"}, follow=True)
    assert "已登记同意。" in _text(answer)
    with in_chain():
        assert services.has_consent(member.pk, ConsentPurpose.MARKETING, ConsentChannel.SMS)
    browser.post(f"{PAGE}consents/withdraw/", {"purpose": "MARKETING", "channel": "SMS"})
    with in_chain():
        assert not services.has_consent(member.pk, ConsentPurpose.MARKETING, ConsentChannel.SMS)


@pytest.mark.usefixtures("member")
def test_tags_are_defined_worn_and_retired(at_desk: AtDesk, in_chain: InChain) -> None:
    browser = at_desk("STORE_MANAGER")
    browser.post("/desk/members/tags/", {"name": "车队", "colour": "plain"})
    assert browser.post("/desk/members/tags/", {"name": "车队", "colour": "plain"}).status_code == 409
    with in_chain():
        tag = Tag.objects.get()
    browser.post(f"{PAGE}tags/", {"tags": [str(tag.pk)]})
    assert "车队" in _text(browser.get(f"/desk/members/?tag={tag.pk}"))
    browser.post(f"/desk/members/tags/{tag.pk}/retire/")
    with in_chain():
        assert Tag.objects.get().retired


def test_her_copy_is_told_with_a_reason(owner_at_desk: Client, in_chain: InChain, member: Member) -> None:
    assert owner_at_desk.post(f"{PAGE}export/", {"reason": ""}).status_code == 400
    answer = owner_at_desk.post(f"{PAGE}export/", {"reason": "本人申请"})
    told = json.loads(answer.content)
    assert (told["member"]["code"], told["documents"][0]["number"]) == (member.code, NUMBER)
    assert f'filename="{member.code}.json"' in answer.headers["Content-Disposition"]
    assert _acts(in_chain, "member.export") == [{"reason": "本人申请"}]


@pytest.mark.usefixtures("member")
def test_deletion_leaves_a_nameless_record(owner_at_desk: Client, in_chain: InChain) -> None:
    page = owner_at_desk.post(f"{PAGE}erase/", {"reason": "本人申请"}, follow=True)
    assert "个人信息已删除" in _text(page)
    assert "林静" not in _text(page)
    with in_chain():
        assert Member.objects.get().phone == ""


def test_deletion_says_what_is_in_its_way(owner_at_desk: Client, holder: Holder) -> None:
    answer = owner_at_desk.post(f"/desk/members/{holder.member.code}/erase/", {"reason": "本人申请"})
    assert answer.status_code == 409
    assert f"会员卡 {holder.number} 还有余额 ¥100.00" in _text(answer)


def test_two_records_are_merged_and_the_old_code_leads_on(
    owner_at_desk: Client, in_chain: InChain, issue: Callable[..., Holder]
) -> None:
    old, new = issue(top_up_fen=10_000), issue()
    assert "同名同手机号" in _text(owner_at_desk.get("/desk/members/duplicates/"))
    url = f"/desk/members/merge/?first={old.member.code}&second={new.member.code}"
    assert old.number in _text(owner_at_desk.get(url)).replace(" ", "")
    assert owner_at_desk.post(url, {"survivor": new.member.code, "reason": ""}).status_code == 400
    answer = owner_at_desk.post(url, {"survivor": new.member.code, "reason": "同一人"}, follow=True)
    assert f"{old.member.code} 已并入 {new.member.code}" in _text(answer)
    moved = owner_at_desk.get(f"/desk/members/{old.member.code}/")
    assert moved.headers["Location"] == f"/desk/members/{new.member.code}/"
    assert owner_at_desk.get(url).status_code == 302


def test_a_cashier_neither_merges_nor_deletes(at_desk: AtDesk, issue: Callable[..., Holder]) -> None:
    old, new = issue(), issue()
    browser = at_desk("CASHIER")
    url = f"/desk/members/merge/?first={old.member.code}&second={new.member.code}"
    assert browser.post(url, {"survivor": new.member.code, "reason": "同一人"}).status_code == 403
    assert browser.post(f"/desk/members/{old.member.code}/erase/", {"reason": "同一人"}).status_code == 403


@pytest.mark.usefixtures("member")
def test_a_vehicle_is_filed_found_corrected_and_sold(at_desk: AtDesk, in_chain: InChain, store_id: int) -> None:
    browser = at_desk("STORE_MANAGER")
    filing = {"plate": "沪a·12345", "vin": "", "repair_centres": [str(store_id)]}
    assert browser.post(f"{PAGE}vehicles/new/", filing | {"plate": "？？"}).status_code == 400
    assert browser.post(f"{PAGE}vehicles/new/", filing).status_code == 302
    with in_chain():
        vehicle = Vehicle.objects.get()
    page = f"/desk/vehicles/{vehicle.pk}/"
    assert page in _text(browser.get("/desk/vehicles/?q=沪A1"))
    browser.post(page, filing | {"vin": "LSVAA49J132047371"})
    browser.post(page, {"owner_code": ""})
    with in_chain():
        vehicle.refresh_from_db()
    assert (vehicle.vin, vehicle.owner_id) == ("LSVAA49J132047371", None)
    assert at_desk("CASHIER").post(page, filing).status_code == 403
