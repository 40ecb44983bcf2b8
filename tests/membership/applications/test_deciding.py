"""The desk decides on an application: one card, one fee, one link, and nobody else's card."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from billing.metering.models import UsageCount
from billing.metering.queries import calls_of
from billing.metering.services import count_usage
from kernel import clock
from kernel.db import in_public
from kernel.files.models import StoredFile
from membership.applications.models import Application, CodeSent, GrantedCard, PinLink
from membership.applications.queries import alike, applications_for, count_waiting, next_card, page_of_applications
from membership.applications.services import (
    MadeLink,
    approve,
    hand_over,
    link_behind,
    reject,
    renew_link,
    reveal_number,
    save_policy,
    send,
    show_photo,
    use_link,
)
from membership.applications.services.forgetting import clean_up
from membership.cards.models import Card, CardLevel, CardType
from membership.cards.services import issue_card, reset_pin
from membership.cards.web_login import check_web_pin
from membership.events.models import Event
from membership.members.domain import DocumentKind
from membership.members.models import IdDocument, Member
from membership.members.services import create_member, export_of, record_document
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.chains.services import set_entitlements
from tenants.people.domain import OBLIGING, SYSTEM, Act, Actor
from tests.membership.applications.conftest import ID_NUMBER, PHONE, SITE, last_text, refused
from tests.pictures import jpeg

InChain = Callable[..., AbstractContextManager[None]]
Submitted = Callable[..., Application]
Approve = Callable[..., MadeLink]


@pytest.fixture
def approved(chain: Chain, clerk: Actor, store_id: int) -> Approve:
    """``approved(application, "8800000001")``, in an open transaction."""

    def act(application: Application, card: str, **told: object) -> MadeLink:
        settings = {"actor": clerk, "chain": chain, "store_id": store_id, "site_url": SITE} | told
        return approve(number=application.number, card_number=card, **settings)  # type: ignore[arg-type]

    return act


def secret_of(made: MadeLink) -> str:
    return made.url.rstrip("/").rpartition("/")[2]


def test_from_approval_to_the_card_in_her_hand(
    in_chain: InChain, submitted: Submitted, approved: Approve, clerk: Actor, idle_cards: list[str], store_id: int
) -> None:
    """R-A12, R-A13, R-B30, R-H08."""
    application = submitted(photo=jpeg())
    with in_chain():
        assert next_card(application, store_id=store_id) == idle_cards[0]
        made = approved(application, f" {idle_cards[0][:4]} {idle_cards[0][4:]}")
        card = Card.objects.select_related("member").get(number=idle_cards[0])
        assert (card.status, card.pin_must_change, card.store_id) == ("ISSUED", True, store_id)
        assert card.member is not None
        assert (card.member.name, card.member.phone) == ("江雪", f"+86{PHONE}")
        assert card.member.phone_verified_at is not None
        assert made.url in last_text()
        granted = GrantedCard.objects.get()
        assert (granted.number, granted.card_id, granted.actor) == (application.number, card.pk, str(clerk))
        filed = IdDocument.objects.get()
        assert (filed.plain_number(), filed.original_seen) == (ID_NUMBER, False)
    with in_chain():
        assert link_behind(secret_of(made)).application_id == application.pk
        assert use_link(secret=secret_of(made), new_pin="730281").pin_must_change is False
    with in_chain():
        assert check_web_pin(number=idle_cards[0], pin="730281").accepted
        with refused("pin_link_useless"):
            use_link(secret=secret_of(made), new_pin="864209")
    with refused("original_not_seen"), in_chain():
        hand_over(actor=clerk, number=application.number)
    with in_chain():
        done = hand_over(actor=clerk, number=application.number, original_seen=True)
        assert (done.state, done.forget_on) == ("COLLECTED", clock.today() + timedelta(days=90))
        card.refresh_from_db()
        assert (card.status, IdDocument.objects.get().original_seen) == ("ACTIVE", True)
        photo = StoredFile.objects.get()
        assert photo.expires_at is not None
        kinds = [event.kind.partition(".")[2] for event in Event.objects.order_by("pk")]
        assert kinds == ["submitted", "approved", "collected"]
        assert Event.objects.order_by("-pk")[0].payload["card"] == idle_cards[0]
        trail = AuditEntry.objects.filter(object_type="application").order_by("pk").values_list("act", flat=True)
        assert list(trail) == ["application.submit", "application.approve", "application.hand_over"]


def test_a_refused_application_costs_nothing_and_says_why(
    in_chain: InChain, submitted: Submitted, approved: Approve, clerk: Actor, store_id: int, idle_cards: list[str]
) -> None:
    """R-A15."""
    application = submitted(photo=jpeg())
    told = {"actor": clerk, "number": application.number, "store_id": store_id, "site_url": SITE}
    with refused("rejection_reason_missing"), in_chain():
        reject(reason=" ", **told)  # type: ignore[arg-type]
    with in_chain():
        done = reject(reason="照片不清楚，请重新拍摄", **told)  # type: ignore[arg-type]
        assert (done.state, done.reason) == ("REJECTED", "照片不清楚，请重新拍摄")
        # The message says where to read the reason, not the reason.
        assert "照片" not in last_text()
        assert f"{SITE}apply/f/{application.number}/" in last_text()
        assert (GrantedCard.objects.count(), Member.objects.count()) == (0, 0)
    with refused("application_step_forbidden"), in_chain():
        approved(application, idle_cards[0])
    with in_chain():
        assert Card.objects.get(number=idle_cards[0]).status == "IDLE"


def test_what_is_granted_is_granted_once(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str]
) -> None:
    """R-A13: one fee a card, whatever is pressed twice; nobody changes the count afterwards."""
    application = submitted()
    with in_chain():
        approved(application, idle_cards[0])
    with refused("application_step_forbidden"), in_chain():
        approved(application, idle_cards[1])
    for change in ("UPDATE applications_grantedcard SET number = 'SQ0'", "DELETE FROM applications_grantedcard"):
        with pytest.raises(DatabaseError), in_chain(), connection.cursor() as cursor:
            cursor.execute(change)
    with in_chain():
        assert GrantedCard.objects.count() == 1
        assert Card.objects.get(number=idle_cards[1]).status == "IDLE"


def test_the_platform_counts_what_was_granted_and_nothing_else(
    chain: Chain, in_chain: InChain, submitted: Submitted, approved: Approve, clerk: Actor, store_id: int,
    idle_cards: list[str],
) -> None:  # fmt: skip
    """R-A13, R-A14, R-A15: neither a refusal nor a card of the counter's own costs anything."""
    granted, refused_one = submitted(), submitted(phone="13700004444", id_number="440301198001010034")
    since = clock.now() - timedelta(hours=1)
    with in_chain():
        approved(granted, idle_cards[0])
        reject(actor=clerk, number=refused_one.number, reason="重复申请", store_id=store_id, site_url=SITE)
        member = create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)
        issue_card(actor=clerk, number=idle_cards[1], member=member, store_id=store_id)
    with in_public():
        count_usage(since=since)
        assert [(row.meter, row.quantity) for row in UsageCount.objects.filter(chain=chain)] == [
            ("card_application", 1)
        ]
        listed = calls_of(
            chain.schema_name, meter="card_application", since=since, until=clock.now() + timedelta(hours=1), limit=9
        )
        assert [(call.what, call.subject) for call in listed] == [(granted.number, str(clerk))]


@pytest.mark.parametrize("original_seen", [True, False])
def test_a_changed_telephone_is_hers_once_her_document_was_seen_with_the_code(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str], clerk: Actor, store_id: int,
    original_seen: bool,
) -> None:  # fmt: skip
    """Else whoever changed it would only have to apply with it, to renew the PINs of her other cards by it."""
    with in_chain():
        her = create_member(actor=clerk, name="江雪", phone=PHONE, store_id=store_id)
        Member.objects.filter(pk=her.pk).update(phone_changed_at=clock.now())
    application = submitted()
    with in_chain():
        approved(application, idle_cards[0], member_code=her.code, original_seen=original_seen)
        her.refresh_from_db()
        assert her.phone_verified_at is not None
        assert (her.phone_changed_at is None) is original_seen


def test_plan_and_rights_are_asked_when_it_is_decided(
    chain: Chain, in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str], clerk: Actor
) -> None:
    application = submitted()
    with in_public():
        set_entitlements(chain_id=chain.pk, plan="A", modules=[])
        smaller = Chain.objects.get(pk=chain.pk)
    with refused("plan_required"), in_chain():
        approved(application, idle_cards[0], chain=smaller)
    elsewhere = Actor(kind="staff", id=8, name="甲", grants={Act.CARD_ISSUE: frozenset({4711})})
    with in_chain():
        assert count_waiting(elsewhere) == 0
        assert count_waiting(Actor(kind="staff", id=9, name="乙")) == 0
    for actor, code in ((elsewhere, "not_allowed"), (replace(clerk, withheld=OBLIGING), "account_in_arrears")):
        with refused(code), in_chain():
            approved(application, idle_cards[0], actor=actor)
    with in_chain():
        assert (GrantedCard.objects.count(), Member.objects.count()) == (0, 0)


def test_a_card_of_another_kind_is_not_given(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str]
) -> None:
    application = submitted()
    with in_chain():
        Card.objects.filter(number=idle_cards[0]).update(level=CardLevel.objects.exclude(code="GOLD")[0])
    for number, code in ((idle_cards[0], "card_does_not_fit"), ("99", "card_not_found")):
        with refused(code), in_chain():
            approved(application, number)


def test_duplicates_stand_beside_it_and_a_member_gets_her_second_card_on_her_own_telephone(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str], clerk: Actor, store_id: int
) -> None:
    """R-H02: whoever gets a card of hers sees all her cards, so it is nobody but she."""
    with in_chain():
        her = create_member(actor=clerk, name="江雪", phone="13900001111", store_id=store_id)
        record_document(actor=clerk, code=her.code, kind=DocumentKind.ID_CARD, number=ID_NUMBER, store_id=store_id)
        other = create_member(actor=clerk, name="江枫", phone=PHONE, store_id=store_id)
        record_document(
            actor=clerk,
            code=other.code,
            kind=DocumentKind.ID_CARD,
            number="440301198001010034",
            store_id=store_id,
        )
    application = submitted()
    with in_chain():
        found = alike(application)
        assert [(row.member.code if row.member else "", row.reasons) for row in found] == [
            (her.code, ("document",)),
            (other.code, ("phone",)),
        ]
    for code, refusal in (
        (her.code, "member_phone_differs"),
        (other.code, "member_id_differs"),
        ("M999999", "member_not_found"),
        ("", "id_already_filed"),
    ):
        with refused(refusal), in_chain():
            approved(application, idle_cards[0], member_code=code)
    with in_chain():
        Member.objects.filter(pk=her.pk).update(phone=f"+86{PHONE}")
        approved(application, idle_cards[0], member_code=her.code)
        assert Card.objects.get(number=idle_cards[0]).member_id == her.pk
        assert Member.objects.count() == 2


def test_a_desk_goes_on_knowingly_where_two_share_a_document(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str], clerk: Actor, store_id: int
) -> None:
    with in_chain():
        her = create_member(actor=clerk, name="江雪", phone="13900001111", store_id=store_id)
        record_document(actor=clerk, code=her.code, kind=DocumentKind.ID_CARD, number=ID_NUMBER, store_id=store_id)
    application = submitted()
    with in_chain():
        approved(application, idle_cards[0], shared=True)
        new = Card.objects.get(number=idle_cards[0]).member
        assert new is not None
        assert new.pk != her.pk


def test_a_real_name_card_waits_for_the_original(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str]
) -> None:
    """R-H01."""
    application = submitted()
    with in_chain():
        CardType.objects.filter(pk=1).update(real_name=True)
    with refused("registration_incomplete"), in_chain():
        approved(application, idle_cards[0])
    with in_chain():
        approved(application, idle_cards[0], original_seen=True)
        assert IdDocument.objects.get().original_seen


def test_a_card_that_is_sent_is_active_once_it_has_arrived(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str], clerk: Actor, store_id: int
) -> None:
    with in_chain():
        save_policy(actor=clerk, delivery_offered=True, photo_required=False, per_day=9, kept_days=30)
    application = submitted(handing="DELIVERY", address="浙江省杭州市文三路 1 号")
    with in_chain():
        assert application.store_id is None
        approved(application, idle_cards[0])
    with refused("application_step_forbidden"), in_chain():
        hand_over(actor=clerk, number=application.number)
    with in_chain():
        done = send(actor=clerk, number=application.number, parcel=" SF  1234567890 ")
        assert (done.state, done.parcel, done.store_id) == ("SENT", "SF 1234567890", store_id)
        assert Member.objects.get().address == "浙江省杭州市文三路 1 号"
    with in_chain():
        assert hand_over(actor=clerk, number=application.number).state == "COLLECTED"
        assert Card.objects.get(number=idle_cards[0]).status == "ACTIVE"
    collected = submitted(phone="13700004444", id_number="440301198001010034")
    with in_chain():
        approved(collected, idle_cards[1])
    with refused("application_step_forbidden"), in_chain():
        send(actor=clerk, number=collected.number)


def test_a_link_ends_with_its_time_with_a_newer_one_and_with_the_pin(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str], clerk: Actor, store_id: int
) -> None:
    application = submitted()
    with in_chain():
        first = approved(application, idle_cards[0])
        assert PinLink.objects.get().digest not in first.url
        second = renew_link(actor=clerk, number=application.number, site_url=SITE)
    for made, days in ((first, 0), (second, 8)):
        with clock.frozen(clock.now() + timedelta(days=days)), in_chain(), refused("pin_link_useless"):
            use_link(secret=secret_of(made), new_pin="730281")
    for pin, code in (("123456", "pin_trivial"), ("12", "pin_form"), (PHONE[:6], "pin_trivial")):
        with refused(code), in_chain():
            use_link(secret=secret_of(second), new_pin=pin)
    with in_chain():
        reset_pin(actor=clerk, number=idle_cards[0], store_id=store_id, pin_version=1)
        with refused("pin_link_useless"):
            use_link(secret=secret_of(second), new_pin="730281")
        with refused("pin_link_useless"):
            link_behind("")


def test_reading_what_is_hidden_is_written_down(
    in_chain: InChain, submitted: Submitted, clerk: Actor, store_id: int
) -> None:
    """R-M08."""
    application = submitted(photo=jpeg())
    told = {"actor": clerk, "number": application.number, "store_id": store_id}
    with in_chain():
        assert reveal_number(reason="核对申请", **told) == ID_NUMBER  # type: ignore[arg-type]
        assert show_photo(**told).content_type == "image/jpeg"  # type: ignore[arg-type]
        trail = AuditEntry.objects.filter(act__in=["application.reveal", "application.photo"]).order_by("pk")
        assert [(entry.act, entry.detail) for entry in trail] == [
            ("application.reveal", {"reason": "核对申请"}),
            ("application.photo", {}),
        ]
        assert ID_NUMBER not in str([entry.detail for entry in AuditEntry.objects.all()])
        with refused("invalid_reason"):
            reveal_number(reason="", **told)  # type: ignore[arg-type]
    issuer = Actor(kind="staff", id=8, name="甲", grants={Act.CARD_ISSUE: "all"})
    with refused("not_allowed"), in_chain():
        reveal_number(**(told | {"actor": issuer}), reason="核对申请")  # type: ignore[arg-type]
    stranger = Actor(kind="staff", id=9, name="乙", grants={Act.MEMBER_REVEAL: "all"})
    with refused("application_not_found"), in_chain():
        show_photo(**(told | {"actor": stranger}))  # type: ignore[arg-type]


def test_drafts_and_ended_applications_are_forgotten_by_themselves(
    chain: Chain, in_chain: InChain, submitted: Submitted, approved: Approve, clerk: Actor, store_id: int,
    idle_cards: list[str],
) -> None:  # fmt: skip
    waits = submitted()
    over = submitted(phone="13700004444", id_number="440301198001010034", photo=jpeg())
    with in_chain():
        reject(actor=clerk, number=over.number, reason="重复申请", store_id=store_id, site_url=SITE)
        Application.objects.create(
            **{f: getattr(waits, f) for f in ("type", "level", "store", "handing", "terms", "agreed_at", "created_at")},
            number="SQ261122000000",
            name="匿名",
            phone="+8613700005555",
            document_kind="ID_CARD",
            id_number=waits.id_number,
            number_index=waits.number_index,
        )
        assert clean_up(actor=SYSTEM) == 0
    with clock.frozen(clock.now() + timedelta(days=3)), in_chain():
        assert clean_up(actor=SYSTEM) == 1
        assert CodeSent.objects.count() == 0
        assert not Application.objects.filter(number="SQ261122000000").exists()
    with clock.frozen(clock.now() + timedelta(days=91)), in_chain():
        assert clean_up(actor=SYSTEM) == 1
        assert clean_up(actor=SYSTEM) == 0
        gone = Application.objects.get(pk=over.pk)
        assert (gone.name, gone.phone, gone.id_number, gone.number_index, gone.masked) == ("", "", "", "", "")
        assert (gone.state, gone.reason) == ("REJECTED", "重复申请")
        assert alike(gone) == []
        with refused("application_forgotten"):
            reveal_number(actor=clerk, number=gone.number, reason="核对", store_id=store_id)
        # What waits is nobody's to forget.
        assert Application.objects.get(pk=waits.pk).name == "江雪"


def test_a_member_is_told_of_her_applications_and_takes_them_along(
    in_chain: InChain, submitted: Submitted, approved: Approve, idle_cards: list[str], clerk: Actor, store_id: int
) -> None:
    application = submitted()
    with in_chain():
        approved(application, idle_cards[0])
        her = Member.objects.get()
        told = export_of(actor=clerk, code=her.code, reason="本人申请", store_id=store_id)
        assert [(row["number"], row["state"]) for row in told["applications"]] == [(application.number, "已通过")]


def test_the_work_list_takes_one_query_however_long_it_is(in_chain: InChain, submitted: Submitted) -> None:
    for tail in range(3):
        submitted(phone=f"1370000444{tail}", id_number="440301198001010034" if tail else ID_NUMBER)
    with in_chain(), CaptureQueriesContext(connection) as queries:
        rows = page_of_applications(applications_for(SYSTEM), size=50)
        assert [(row.type.name, row.level.name, row.store.name if row.store else "") for row in rows]
    assert (len(rows), len(queries)) == (3, 1)
