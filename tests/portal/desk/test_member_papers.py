"""On members' pages: consent wordings published, documents taken off, identities kept by law read."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.test import Client

from kernel.money import Money
from membership.cards.services import withdraw_card
from membership.cashier.services import consume
from membership.members import services
from membership.members.domain import ConsentPurpose, DocumentKind
from membership.members.models import ConsentWording, IdDocument
from tenants.audit.models import AuditEntry
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

AtDesk = Callable[..., Client]
InChain = Callable[..., AbstractContextManager[None]]

NUMBER = "11010519491231002X"


def test_a_new_wording_is_published_and_the_old_one_stays(at_desk: AtDesk, in_chain: InChain) -> None:
    browser, path = at_desk("HEAD_OFFICE"), "/desk/members/wordings/"
    first = browser.get(path, {"purpose": "MARKETING"}).content.decode()
    assert "促销活动信息" in first
    assert browser.post(path, {"purpose": "MARKETING", "text": "太短"}).status_code == 400
    text = "我同意本商户用短信向我发送促销信息；不同意不影响办卡和消费，随时可以撤回。"
    page = browser.post(path, {"purpose": "MARKETING", "text": text}, follow=True).content.decode()
    assert "第 2 版" in page
    assert "以前的版本" in page
    with in_chain():
        versions = ConsentWording.objects.filter(purpose=ConsentPurpose.MARKETING).order_by("version")
        assert list(versions.values_list("version", flat=True)) == [1, 2]
    assert at_desk("CASHIER").get(path).status_code == 403


def test_a_document_filed_by_mistake_is_taken_off(
    at_desk: AtDesk, in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    with in_chain():
        services.record_document(
            actor=clerk, code=holder.member.code, kind=DocumentKind.ID_CARD, number=NUMBER, store_id=store_id
        )
    at = f"/desk/members/{holder.member.code}/"
    browser = at_desk("MEMBER_SERVICE")
    assert "删除登记" in browser.get(at).content.decode()
    assert "删除登记" not in at_desk("CASHIER").get(at).content.decode()
    browser.post(f"{at}documents/remove/", {"document_kind": "PASSPORT"})
    with in_chain():
        assert IdDocument.objects.count() == 1
    browser.post(f"{at}documents/remove/", {"document_kind": "ID_CARD"})
    with in_chain():
        assert IdDocument.objects.count() == 0
        assert AuditEntry.objects.filter(act="member.document_removed").count() == 1


def test_who_an_erased_member_was_is_read_once_with_a_reason(
    owner_at_desk: Client, in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    code, desk = holder.member.code, {"actor": clerk, "store_id": store_id}
    with in_chain():
        services.record_document(code=code, kind=DocumentKind.ID_CARD, number=NUMBER, **desk)
        consume(card_number=holder.number, amount=Money(10_000), idempotency_key="all", **desk)
        withdraw_card(number=holder.number, **desk)
        services.erase_member(code=code, reason="本人申请", **desk)
    at = f"/desk/members/{code}/"
    page = owner_at_desk.get(at).content.decode()
    assert "依法留存的身份" in page
    assert NUMBER not in page
    assert owner_at_desk.post(f"{at}retained/", {"reason": ""}).status_code == 400
    answer = owner_at_desk.post(f"{at}retained/", {"reason": "监管来函"})
    assert all(said in answer.content.decode() for said in ("林静", NUMBER))
    assert "no-store" in answer["Cache-Control"]
    with in_chain():
        assert AuditEntry.objects.filter(act="member.reveal").count() == 1
