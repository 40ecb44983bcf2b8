"""Members are told once, by the way they agreed to, and everybody else by the shop (R-G02, R-G04)."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta

import pytest
from pytest_django import Settings

from kernel import clock
from kernel.mail.models import OutgoingMail
from kernel.sms.models import OutgoingText
from kernel.sms.services import read
from membership.documents.models import Document
from membership.expiry.models import ClearingNotice, DormantCard
from membership.expiry.services import telling
from membership.members.domain import ConsentChannel, ConsentPurpose, ConsentSource
from membership.members.models import Member
from membership.members.services import give_consent, withdraw_consent
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
Agree = Callable[..., None]
DAY = date(2030, 1, 31)


@pytest.fixture
def agree(clerk: Actor, store_id: int) -> Agree:
    """``agree(holder, "SMS")``: she verified her telephone and wants to be reminded that way."""

    def note(holder: Holder, channel: str = "SMS", *, purpose: str = "REMINDER", verified: bool = True) -> None:
        if verified:
            Member.objects.filter(pk=holder.member.pk).update(phone_verified_at=clock.now(), email="lin@example.cn")
        give_consent(
            actor=clerk,
            code=holder.member.code,
            purpose=ConsentPurpose(purpose),
            channel=ConsentChannel(channel),
            how=ConsentSource.DESK,
            store_id=store_id,
        )

    return note


def notice(holder: Holder) -> ClearingNotice:
    return ClearingNotice.objects.create(
        card=holder.card, points=80, noticed_on=DAY - timedelta(days=30), clears_on=DAY, channel="SHOP"
    )


def test_a_verified_telephone_and_a_consent_bring_one_text(in_chain: InChain, holder: Holder, agree: Agree) -> None:
    with in_chain():
        agree(holder)
        told = notice(holder)
        assert telling.tell_some() == 1
        assert telling.tell_some() == 0
        told.refresh_from_db()
        message = OutgoingText.objects.get()
        assert (told.channel, told.text_id, message.template) == ("SMS", message.pk, "points_clearing")
        said = read(message)
    assert said["phone"] == "+8613900001234"
    assert said["text"] == "您尾号 0001 的会员卡有 80 积分将于 2030-01-31 清零，此前消费一次即可保留。"


@pytest.mark.parametrize(
    ("channel", "purpose", "verified", "withdrawn"),
    [
        ("SMS", "MARKETING", True, False),
        ("SMS", "REMINDER", False, False),
        ("PHONE", "REMINDER", True, False),
        ("SMS", "REMINDER", True, True),
    ],
    ids=["for another purpose", "not her telephone for sure", "by another way", "withdrawn"],
)
def test_without_both_nobody_writes_and_the_shop_tells(
    in_chain: InChain,
    holder: Holder,
    agree: Agree,
    clerk: Actor,
    store_id: int,
    channel: str,
    purpose: str,
    verified: bool,
    withdrawn: bool,
) -> None:
    with in_chain():
        agree(holder, channel, purpose=purpose, verified=verified)
        if withdrawn:
            withdraw_consent(
                actor=clerk,
                code=holder.member.code,
                purpose=ConsentPurpose(purpose),
                channel=ConsentChannel(channel),
                how=ConsentSource.DESK,
                store_id=store_id,
            )
        notice(holder)
        assert telling.tell_some() == 1
        assert ClearingNotice.objects.get().channel == "SHOP"
        assert (OutgoingText.objects.count(), OutgoingMail.objects.count()) == (0, 0)


def test_who_agreed_to_mail_gets_a_mail(in_chain: InChain, holder: Holder, agree: Agree) -> None:
    with in_chain():
        agree(holder, "EMAIL")
        notice(holder)
        telling.tell_some()
        assert ClearingNotice.objects.get().channel == "MAIL"
        assert OutgoingMail.objects.get().recipients == ["lin@example.cn"]
        assert not OutgoingText.objects.exists()


def test_a_text_that_the_carrier_has_not_approved_is_the_shops(
    in_chain: InChain, holder: Holder, agree: Agree, settings: Settings
) -> None:
    settings.SMS_URL, settings.SMS_TEMPLATES = "aliyun://id:secret@127.0.0.1?sign=x", {"pin_code": "SMS_1"}
    with in_chain():
        agree(holder)
        notice(holder)
        telling.tell_some()
        assert ClearingNotice.objects.get().channel == "SHOP"
        assert not OutgoingText.objects.exists()


def test_a_text_that_failed_goes_back_to_the_shops_list(in_chain: InChain, holder: Holder, agree: Agree) -> None:
    with in_chain():
        agree(holder)
        notice(holder)
        telling.tell_some()
        assert telling.hand_back() == 0
        OutgoingText.objects.update(state="FAILED", content="")
        assert telling.hand_back() == 1
        assert ClearingNotice.objects.get().channel == "SHOP"
        assert telling.tell_some() == 0


def test_a_card_on_an_approved_list_is_told_of_its_freeze(in_chain: InChain, holder: Holder, agree: Agree) -> None:
    with in_chain():
        agree(holder)
        document = _approved_list()
        line = DormantCard.objects.create(
            document_id=document, card=holder.card, last_used_at=clock.now(), balance_fen=10_000, points=0,
            state="NOTIFIED", freezes_on=DAY, changed_at=clock.now(),
        )  # fmt: skip
        telling.tell_some()
        line.refresh_from_db()
        assert line.channel == "SMS"
        assert "2030-01-31 暂停使用" in read(OutgoingText.objects.get())["text"]


def _approved_list() -> int:
    now = clock.now()
    made = Document.objects.create(
        number="SM1", kind="DORMANCY", state="APPROVED", payload={}, author="system", created_at=now, changed_at=now
    )
    return made.pk
