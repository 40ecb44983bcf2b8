"""A PIN chosen anew by the telephone on record: bounded, alike for all who guess, and felt by no till."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.sms.models import OutgoingText
from kernel.sms.services import read
from membership.cards.models import Card, CardPinCode, CardTillPin, PinCodeAsk
from membership.cards.pin_renewal import A_DAY, TRIES, answer_asks, ask_for_code, renew_pin
from membership.cards.web_login import PinTrivial, WebPinOutcome, check_web_pin
from membership.members.models import Member
from membership.members.services import Details, create_member, edit_details, merge_members
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]

PHONE, NEW_PIN = "139 0000 1234", "730281"


@pytest.fixture
def code(chain: Chain, in_chain: InChain, holder: Holder) -> Callable[..., str]:
    """``code()``: asks for one for the holder's card; the code of the last message, or nothing."""

    def ask(phone: str = PHONE, number: str = "") -> str:
        with in_chain():
            ask_for_code(number=number or holder.number, phone=phone)
        sent = answer_asks(chain.schema_name)
        with in_chain():
            assert PinCodeAsk.objects.count() == 0
            last = OutgoingText.objects.order_by("-pk").first()
            return read(last)["text"].split("，")[0].split()[1] if sent and last else ""

    return ask


def renewed(in_chain: InChain, number: str, code: str, new_pin: str = NEW_PIN) -> WebPinOutcome:
    with in_chain():
        return renew_pin(number=number, code=code, new_pin=new_pin)


def test_whoever_holds_the_telephone_chooses_a_new_pin(
    in_chain: InChain, holder: Holder, code: Callable[..., str]
) -> None:
    """R-A04, X-19: also for a card that was taken over without a PIN."""
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(pin_hash="")
        CardTillPin.objects.create(card=holder.card, failures=3)
    told = code()
    assert len(told) == 6
    outcome = renewed(in_chain, f" {holder.number[:4]}-{holder.number[4:]}", told)
    assert outcome.accepted
    with in_chain():
        card = Card.objects.select_related("member").get(pk=holder.card.pk)
        assert card.member is not None
        assert (card.pin_must_change, card.pin_version) == (False, holder.card.pin_version + 1)
        assert card.member.phone_verified_at is not None
        assert CardTillPin.objects.get().failures == 0
        assert check_web_pin(number=holder.number, pin=NEW_PIN).accepted
        trail = AuditEntry.objects.filter(act__startswith="pin.").order_by("pk").values_list("act", "actor")
        assert list(trail) == [(act, f"member:{card.member_id}") for act in ("pin.code", "pin.renew")]
    # A code works once.
    assert not renewed(in_chain, holder.number, told, "864209").accepted


@pytest.mark.parametrize(("phone", "number"), [("13900009999", ""), (PHONE, "99000001")])
def test_a_telephone_that_is_not_the_cards_gets_nothing(
    in_chain: InChain, code: Callable[..., str], phone: str, number: str
) -> None:
    assert code(phone, number) == ""
    with in_chain():
        assert (OutgoingText.objects.count(), CardPinCode.objects.count()) == (0, 0)


def test_guessing_ends_after_five_tries_and_unknown_cards_are_answered_alike(
    in_chain: InChain, holder: Holder, code: Callable[..., str]
) -> None:
    told = code()
    wrong = f"{(int(told) + 1) % 10**6:06d}"
    counts = set()
    for number in (holder.number, "99000001"):
        with in_chain(), CaptureQueriesContext(connection) as queries:
            assert renew_pin(number=number, code=wrong, new_pin=NEW_PIN) == WebPinOutcome(accepted=False)
        counts.add(len(queries))
    assert len(counts) == 1
    for _ in range(TRIES - 1):
        assert not renewed(in_chain, holder.number, wrong).accepted
    assert not renewed(in_chain, holder.number, told).accepted


def test_a_code_ends_with_its_time_and_with_the_telephone(
    in_chain: InChain, holder: Holder, code: Callable[..., str], clerk: Actor, store_id: int
) -> None:
    told = code()
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert not renewed(in_chain, holder.number, told).accepted
    with in_chain():
        edit_details(
            actor=clerk,
            code=holder.member.code,
            name="林静",
            phone="13900007777",
            birthday=None,
            details=Details(),
            store_id=store_id,
        )
    assert not renewed(in_chain, holder.number, told).accepted
    with in_chain():
        assert Member.objects.get(pk=holder.member.pk).phone_verified_at is None


def test_a_weak_pin_is_refused_and_the_code_stays(in_chain: InChain, holder: Holder, code: Callable[..., str]) -> None:
    told = code()
    with pytest.raises(PinTrivial):
        renewed(in_chain, holder.number, told, "123456")
    assert renewed(in_chain, holder.number, told).accepted


def test_codes_come_apart_and_few_a_day(holder: Holder, code: Callable[..., str], in_chain: InChain) -> None:
    first = clock.now()
    with clock.frozen(first):
        assert code()
        assert code() == "", "within the minute"
    for place in range(1, A_DAY):
        with clock.frozen(first + timedelta(minutes=2 * place)):
            assert code()
    with clock.frozen(first + timedelta(minutes=30)):
        assert code() == ""
    with clock.frozen(first + timedelta(days=1, minutes=30)):
        assert code()


def test_what_was_asked_long_ago_is_not_answered(chain: Chain, in_chain: InChain, holder: Holder) -> None:
    with in_chain():
        ask_for_code(number=holder.number, phone=PHONE)
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        assert answer_asks(chain.schema_name) == 0


@pytest.fixture
def corrected(in_chain: InChain, holder: Holder, clerk: Actor, store_id: int) -> Callable[[str], None]:
    """``corrected("13900007777")``: a clerk files another telephone for the holder."""

    def correct(phone: str) -> None:
        with in_chain():
            edit_details(
                actor=clerk, code=holder.member.code, name="林静", phone=phone, birthday=None, details=Details(),
                store_id=store_id,
            )  # fmt: skip

    return correct


OTHER_PHONE = "13900007777"


def test_a_telephone_that_was_just_changed_renews_no_pin(
    in_chain: InChain, holder: Holder, code: Callable[..., str], corrected: Callable[[str], None]
) -> None:
    """Who may correct a file has the code sent to herself otherwise; the old number hears of it, not of the new one."""
    start = clock.now()
    with clock.frozen(start):
        corrected("13900001234")
        assert code(PHONE), "the same number is no change, and that of her filing neither"
        corrected(OTHER_PHONE)
    with in_chain():
        member = Member.objects.get(pk=holder.member.pk)
        assert (member.phone_changed_at, member.phone_verified_at) == (start, None)
        text = OutgoingText.objects.get(template="phone_changed")
        assert (text.masked, read(text)["phone"]) == ("+86139****1234", "+8613900001234")
        assert "7777" not in read(text)["text"]
        entry = AuditEntry.objects.get(act="member.edit")
        assert entry.detail == {"changed": ["phone"], "phone_before": "139****1234", "phone_after": "139****7777"}
    for wait, sent in (
        (timedelta(minutes=5), False),
        (timedelta(days=7, seconds=-1), False),
        (timedelta(days=7), True),
    ):
        with clock.frozen(start + wait):
            assert bool(code(OTHER_PHONE)) is sent
            assert code(PHONE) == ""


def test_merging_into_a_file_with_another_telephone_is_a_change(
    in_chain: InChain, holder: Holder, code: Callable[..., str], clerk: Actor, store_id: int
) -> None:
    with in_chain():
        other = create_member(actor=clerk, name="林静", phone=OTHER_PHONE, store_id=store_id)
        merge_members(
            actor=clerk, source_code=holder.member.code, target_code=other.code, reason="同一人", store_id=store_id
        )
        assert read(OutgoingText.objects.get(template="phone_changed"))["phone"] == "+8613900001234"
        detail = AuditEntry.objects.get(act="member.merge", object_id=other.code).detail
        assert (detail["phone_before"], detail["phone_after"]) == ("139****1234", "139****7777")
    assert code(OTHER_PHONE) == ""
    with clock.frozen(clock.now() + timedelta(days=7)):
        assert code(OTHER_PHONE)


def test_a_merge_does_not_shorten_the_wait(
    in_chain: InChain, holder: Holder, code: Callable[..., str], corrected: Callable[[str], None], clerk: Actor,
    store_id: int,
) -> None:  # fmt: skip
    corrected(OTHER_PHONE)
    with in_chain():
        other = create_member(actor=clerk, name="林静", phone=OTHER_PHONE, store_id=store_id)
        merge_members(
            actor=clerk, source_code=holder.member.code, target_code=other.code, reason="同一人", store_id=store_id
        )
        assert OutgoingText.objects.filter(template="phone_changed").count() == 1
    assert code(OTHER_PHONE) == ""
