"""Consents, tags, merging, erasure, and whether a record is complete enough for a card."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from kernel import clock
from membership.cards.models import Card
from membership.members import rights, services
from membership.members.domain import Category, ConsentChannel, ConsentPurpose, ConsentSource, DocumentKind, TagColour
from membership.members.models import Consent, IdDocument, Member
from membership.members.queries import alike_by_document, alike_by_phone, search_members
from membership.members.services import Details
from membership.vehicles import services as vehicles
from membership.vehicles.models import Vehicle
from membership.vehicles.queries import alike_by_vehicle
from membership.vehicles.services import VehicleDetails
from tenants.audit.models import AuditEntry
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
NUMBER, OTHER = "11010519491231002X", "440524188001010014"
VIN = "LSVAA49J132047371"
SMS = {"purpose": ConsentPurpose.MARKETING, "channel": ConsentChannel.SMS}
ID_CARD = DocumentKind.ID_CARD


@pytest.fixture
def desk(clerk: Actor, store_id: int) -> dict[str, Any]:
    """Who acts, and where."""
    return {"actor": clerk, "store_id": store_id}


@pytest.fixture
def twin(in_chain: InChain, desk: dict[str, Any]) -> Callable[..., Member]:
    """File a member without a card: ``twin("林静")``."""

    def make(name: str = "林静", phone: str = "13900001234", **details: Any) -> Member:
        with in_chain():
            return services.create_member(name=name, phone=phone, details=Details(**details), **desk)

    return make


# ── Consents ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_taken_for_given_and_withdrawal_holds_at_once(
    in_chain: InChain, desk: dict[str, Any], twin: Callable[..., Member], held_clock: datetime
) -> None:
    member = twin()
    with in_chain():
        assert not services.has_consent(member.pk, **SMS)
        consent = services.give_consent(code=member.code, how=ConsentSource.SIGNED_FORM, proof="T-17", **SMS, **desk)
        assert services.has_consent(member.pk, **SMS)
        assert not services.has_consent(member.pk, ConsentPurpose.MARKETING, ConsentChannel.PHONE)
        again = services.give_consent(code=member.code, how=ConsentSource.DESK, **SMS, **desk)
        assert again.pk == consent.pk
        services.withdraw_consent(code=member.code, how=ConsentSource.PHONE, **SMS, **desk)
        assert not services.has_consent(member.pk, **SMS)
        with pytest.raises(services.ConsentNotFound):
            services.withdraw_consent(code=member.code, how=ConsentSource.PHONE, **SMS, **desk)
        kept = Consent.objects.select_related("wording").get()
    proof = (kept.given_at, kept.given_to, kept.proof, kept.wording.version, kept.withdrawn_at, kept.withdrawn_how)
    assert proof == (held_clock, "周晓梅", "T-17", 1, held_clock, "PHONE")


def test_a_written_consent_needs_its_paper(
    in_chain: InChain, desk: dict[str, Any], twin: Callable[..., Member]
) -> None:
    member = twin()
    with in_chain(), pytest.raises(services.ConsentIncomplete):
        services.give_consent(code=member.code, how=ConsentSource.SIGNED_FORM, proof=" ", **SMS, **desk)


def test_a_consent_stays_tied_to_what_was_read(
    in_chain: InChain, desk: dict[str, Any], clerk: Actor, twin: Callable[..., Member]
) -> None:
    member = twin()
    with in_chain():
        before = services.give_consent(code=member.code, how=ConsentSource.DESK, **SMS, **desk)
        newer = services.publish_wording(
            actor=clerk, purpose=ConsentPurpose.MARKETING, text="我同意接收促销短信，可随时撤回。"
        )
        assert (before.wording.version, newer.version) == (1, 2)
        later = services.give_consent(
            code=member.code,
            purpose=ConsentPurpose.MARKETING,
            channel=ConsentChannel.WECHAT,
            how=ConsentSource.DESK,
            **desk,
        )
        assert later.wording == newer


# ── Tags ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_retired_tag_stays_where_it_is_worn_and_is_given_to_nobody_else(
    in_chain: InChain, desk: dict[str, Any], clerk: Actor, twin: Callable[..., Member]
) -> None:
    first, second = twin(), twin("江河")
    with in_chain():
        tag = services.define_tag(actor=clerk, name=" 车队 客户 ")
        services.set_tags(code=first.code, tag_ids=[tag.pk], **desk)
        services.edit_tag(actor=clerk, tag_id=tag.pk, name=tag.name, colour=TagColour.BAD, retired=True)
        services.set_tags(code=first.code, tag_ids=[tag.pk], **desk)
        with pytest.raises(services.TagNotFound):
            services.set_tags(code=second.code, tag_ids=[tag.pk], **desk)
        with pytest.raises(services.TagTaken):
            services.define_tag(actor=clerk, name="车队 客户")


# ── Complete enough for a card ────────────────────────────────────────────────────────────────────────────────────


def test_everything_that_is_missing_is_named_at_once(
    in_chain: InChain, desk: dict[str, Any], twin: Callable[..., Member]
) -> None:
    member = twin(phone="021-58881234", category=Category.PROSPECT)
    with in_chain(), pytest.raises(services.RegistrationIncomplete) as caught:
        services.check_registration(member)
    for problem in ("客户类别不是“保有客户”", "没有登记身份证件", "没有手机号"):
        assert problem in str(caught.value)
    complete = twin()
    with in_chain():
        services.record_document(code=complete.code, kind=ID_CARD, number=NUMBER, **desk)
        assert services.check_registration(complete).pk == complete.pk


def test_a_vehicle_says_why_it_cannot_be_enrolled(
    in_chain: InChain, desk: dict[str, Any], twin: Callable[..., Member], store_id: int
) -> None:
    """R-B03, R-B04, R-B06."""
    owner, stranger = twin(), twin("江河")
    with in_chain():
        bare = vehicles.file_vehicle(owner=owner, details=VehicleDetails(plate="沪a·12345"), repair_centres=[], **desk)
        problems = vehicles.enrolment_problems(bare, member=stranger, store_id=store_id)
        assert problems == ["owner", "vin", "repair_centre"]
        with pytest.raises(vehicles.VehicleNotReady, match="沪A·12345"):
            vehicles.check_enrolment(bare, member=owner, store_id=store_id)
        vehicles.edit_vehicle(vehicle_id=bare.pk, details=VehicleDetails(plate="沪A12345", vin=VIN), **desk)
        ready = vehicles.set_repair_centres(vehicle_id=bare.pk, store_ids=[store_id], **desk)
        vehicles.check_enrolment(ready, member=owner, store_id=store_id)
        with pytest.raises(vehicles.VinTaken):
            vehicles.file_vehicle(owner=stranger, details=VehicleDetails(vin=VIN), **desk)
        vehicles.change_owner(vehicle_id=bare.pk, owner=stranger, **desk)
        assert Vehicle.objects.get().owner == stranger


# ── Merging ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_duplicates_are_found_by_document_telephone_and_plate(
    in_chain: InChain, desk: dict[str, Any], twin: Callable[..., Member]
) -> None:
    first, second, third = twin(), twin(), twin("江河", "13700005678")
    with in_chain():
        for member in (first, third):
            services.record_document(code=member.code, kind=ID_CARD, number=NUMBER, shared=True, **desk)
            vehicles.file_vehicle(owner=member, details=VehicleDetails(plate="沪A12345"), **desk)
        assert [one.member_ids for one in alike_by_phone(limit=10)] == [(first.pk, second.pk)]
        assert [one.member_ids for one in alike_by_document(limit=10)] == [(first.pk, third.pk)]
        assert [one.member_ids for one in alike_by_vehicle(limit=10)] == [(first.pk, third.pk)]


def test_a_merge_moves_everything_and_the_old_code_goes_on_answering(
    in_chain: InChain, desk: dict[str, Any], holder: Holder, twin: Callable[..., Member], clerk: Actor
) -> None:
    source, target = holder.member, twin(address="南京路 1 号")
    with in_chain():
        services.record_document(code=source.code, kind=ID_CARD, number=NUMBER, **desk)
        services.record_document(code=target.code, kind=ID_CARD, number=NUMBER, shared=True, **desk)
        services.give_consent(code=source.code, how=ConsentSource.DESK, **SMS, **desk)
        tag = services.define_tag(actor=clerk, name="车队")
        services.set_tags(code=source.code, tag_ids=[tag.pk], **desk)
        vehicles.file_vehicle(owner=source, details=VehicleDetails(plate="沪A12345", vin=VIN), **desk)
        vehicles.file_vehicle(owner=target, details=VehicleDetails(plate="沪A12345"), **desk)
        services.merge_members(source_code=source.code, target_code=target.code, reason="同一人", **desk)
    with in_chain():
        assert services.get_member(source.code) == target
        assert list(search_members(source.code)) == [target]
        assert Card.objects.get(number=holder.number).member == target
        assert services.has_consent(target.pk, **SMS)
        assert IdDocument.objects.get().member == target
        assert Vehicle.objects.get(owner=target).vin == VIN
        entry = AuditEntry.objects.get(act=Act.MEMBER_MERGE, object_id=target.code)
        assert entry.detail["moved"]["cards"] == [holder.number]
        with pytest.raises(services.MemberMerged):
            services.edit_details(
                code=source.code,
                name="林静",
                phone="13900001234",
                birthday=None,
                details=services.Details(),
                **desk,
            )
        with pytest.raises(services.MemberMerged):
            services.check_registration(source, real_name=False)


def test_two_persons_are_not_merged(in_chain: InChain, desk: dict[str, Any], twin: Callable[..., Member]) -> None:
    first, second = twin(), twin()
    with in_chain():
        services.record_document(code=first.code, kind=ID_CARD, number=NUMBER, **desk)
        services.record_document(code=second.code, kind=ID_CARD, number=OTHER, **desk)
    with in_chain(), pytest.raises(services.DifferentPersons):
        services.merge_members(source_code=first.code, target_code=second.code, reason="同一人", **desk)
    clerk = Actor(kind="staff", id=3, grants={Act.MEMBER_CREATE: "all"})
    with in_chain(), pytest.raises(NotAllowed):
        services.merge_members(
            actor=clerk, store_id=desk["store_id"], source_code=first.code, target_code=second.code, reason="同一人"
        )
    with in_chain():
        assert Member.objects.filter(merged_into__isnull=False).count() == 0


def test_a_withdrawal_on_one_record_outweighs_an_older_yes_on_the_other(
    in_chain: InChain, desk: dict[str, Any], twin: Callable[..., Member], held_clock: datetime
) -> None:
    source, target = twin(), twin()
    with in_chain():
        services.give_consent(code=target.code, how=ConsentSource.DESK, **SMS, **desk)
        services.give_consent(code=source.code, how=ConsentSource.DESK, **SMS, **desk)
    with clock.frozen(held_clock + timedelta(days=1)), in_chain():
        services.withdraw_consent(code=source.code, how=ConsentSource.PHONE, **SMS, **desk)
        services.merge_members(source_code=source.code, target_code=target.code, reason="同一人", **desk)
        assert not services.has_consent(target.pk, **SMS)


# ── Her rights ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_copy_tells_everything_and_is_in_the_trail(in_chain: InChain, desk: dict[str, Any], holder: Holder) -> None:
    code = holder.member.code
    with in_chain():
        services.record_document(code=code, kind=ID_CARD, number=NUMBER, **desk)
        told = services.export_of(code=code, reason="本人申请", **desk)
        assert told["documents"][0]["number"] == NUMBER
        assert told["cards"][0] | {"issued_at": None} == told["cards"][0] | {"number": holder.number, "issued_at": None}
        assert AuditEntry.objects.get(act="member.export").detail == {"reason": "本人申请"}


def test_nothing_is_deleted_while_value_is_left(in_chain: InChain, desk: dict[str, Any], holder: Holder) -> None:
    with in_chain(), pytest.raises(services.ErasureBlocked, match=r"¥100\.00"):
        services.erase_member(code=holder.member.code, reason="本人申请", **desk)
    with in_chain():
        assert Member.objects.get(pk=holder.member.pk).name == "林静"


def test_deletion_leaves_books_without_a_name(
    in_chain: InChain, desk: dict[str, Any], twin: Callable[..., Member]
) -> None:
    member = twin(address="南京路 1 号", email="lin@example.cn")
    with in_chain():
        services.record_document(code=member.code, kind=ID_CARD, number=NUMBER, **desk)
        services.give_consent(code=member.code, how=ConsentSource.DESK, **SMS, **desk)
        erased = services.erase_member(code=member.code, reason="本人申请", **desk)
        assert (erased.phone, erased.address, erased.email, erased.birthday) == ("", "", "", None)
        assert not IdDocument.objects.exists()
        assert not services.has_consent(member.pk, **SMS)
        with pytest.raises(services.AlreadyErased):
            services.erase_member(code=member.code, reason="本人申请", **desk)
        with pytest.raises(services.MemberErased):
            services.record_document(code=member.code, kind=ID_CARD, number=NUMBER, **desk)


def test_what_the_law_wants_kept_is_sealed_and_forgotten_in_time(
    in_chain: InChain,
    desk: dict[str, Any],
    clerk: Actor,
    twin: Callable[..., Member],
    held_clock: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    until = clock.today() + timedelta(days=5)
    monkeypatch.setattr(rights, "_RETENTIONS", [lambda member: until])
    code = twin().code
    with in_chain():
        services.record_document(code=code, kind=ID_CARD, number=NUMBER, **desk)
        erased = services.erase_member(code=code, reason="本人申请", **desk)
        assert erased.retained_until == until
        assert NUMBER not in erased.retained_identity
        kept = services.reveal_retained(code=code, reason="监管来函", **desk)
        assert (kept["name"], kept["documents"]) == ("林静", [{"kind": "ID_CARD", "number": NUMBER}])
        assert services.forget_retained(actor=clerk) == 0
    with clock.frozen(held_clock + timedelta(days=6)), in_chain():
        assert services.forget_retained(actor=clerk) == 1
        with pytest.raises(services.MemberNotFound):
            services.reveal_retained(code=code, reason="监管来函", **desk)
