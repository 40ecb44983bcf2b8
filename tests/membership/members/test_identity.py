"""ID documents: encrypted, masked, compared without being read, and read in the sight of the trail."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from kernel import clock
from kernel.crypto import Undecryptable, rotation
from membership.cards.models import CardRules
from membership.members.domain import DocumentKind, InvalidIdNumber
from membership.members.models import ID_NUMBER, IdDocument, Member
from membership.members.queries import holders_of, narrow, present_members, same_person_ids
from membership.members.services import (
    BirthdayContradicts,
    Details,
    DocumentNotFound,
    IdAlreadyFiled,
    IdCheckOutcome,
    IdSharingForbidden,
    InvalidReason,
    create_member,
    edit_details,
    record_document,
    remove_document,
    reveal_number,
    verify_identity,
)
from membership.members.services.identity import id_check_pause
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed

InChain = Callable[..., AbstractContextManager[None]]
NUMBER = "11010519491231002X"
OTHER = "440524188001010014"


@pytest.fixture
def member(in_chain: InChain, clerk: Actor, store_id: int) -> Member:
    with in_chain():
        return create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)


@pytest.fixture
def show(in_chain: InChain, clerk: Actor, store_id: int, member: Member) -> Callable[..., IdDocument]:
    """Have the member's document filed: ``show()``, ``show(OTHER)``."""

    def file(number: str = NUMBER, *, code: str = member.code, **knowingly: bool) -> IdDocument:
        with in_chain():
            kind = DocumentKind.ID_CARD
            return record_document(actor=clerk, code=code, kind=kind, number=number, store_id=store_id, **knowingly)

    return file


def test_a_document_is_stored_encrypted_and_told_by_its_mask(
    in_chain: InChain, clerk: Actor, member: Member, show: Callable[..., IdDocument], held_clock: datetime
) -> None:
    show(" 110105 19491231 002x ")
    with in_chain():
        document = IdDocument.objects.get(member=member)
        assert document.masked == "****************2X"
        assert NUMBER not in document.number + document.number_index
        assert document.plain_number() == NUMBER
        assert (document.seen_at, document.seen_by) == (held_clock, clerk.name)
        assert Member.objects.get(pk=member.pk).birthday == date(1949, 12, 31)
        trail = list(AuditEntry.objects.filter(act__startswith="member.").values_list("detail", flat=True))
    assert NUMBER not in json.dumps(trail)


def test_a_new_document_takes_the_place_of_the_old(
    in_chain: InChain, member: Member, show: Callable[..., IdDocument]
) -> None:
    show()
    show(OTHER, birthday_differs=True)
    with in_chain():
        assert IdDocument.objects.get(member=member).plain_number() == OTHER
        # The birthday was known from the first: what is known is not overwritten.
        assert Member.objects.get(pk=member.pk).birthday == date(1949, 12, 31)


def test_a_wrong_number_is_not_filed(in_chain: InChain, show: Callable[..., IdDocument]) -> None:
    with pytest.raises(InvalidIdNumber):
        show("110105194912310021")
    with in_chain():
        assert IdDocument.objects.count() == 0


def test_no_number_in_clear_gets_into_the_table(in_chain: InChain, show: Callable[..., IdDocument]) -> None:
    show()
    with in_chain(), pytest.raises(IntegrityError, match="id_document_number_sealed"), transaction.atomic():
        IdDocument.objects.update(number=NUMBER)


def test_a_document_filed_by_mistake_is_taken_off(
    in_chain: InChain, clerk: Actor, store_id: int, member: Member, show: Callable[..., IdDocument]
) -> None:
    show()
    given: dict[str, Any] = {"actor": clerk, "code": member.code, "kind": DocumentKind.ID_CARD, "store_id": store_id}
    with in_chain():
        remove_document(**given)
    with in_chain(), pytest.raises(DocumentNotFound):
        remove_document(**given)


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_reading_is_in_the_trail_with_its_reason(
    in_chain: InChain, clerk: Actor, store_id: int, member: Member, show: Callable[..., IdDocument]
) -> None:
    show()
    given: dict[str, Any] = {"code": member.code, "kind": DocumentKind.ID_CARD, "store_id": store_id}
    with in_chain():
        assert reveal_number(actor=clerk, reason="公安机关来函核查", **given) == NUMBER
        entry = AuditEntry.objects.get(act=Act.MEMBER_REVEAL)
    assert (entry.object_id, entry.detail) == (member.code, {"document": "ID_CARD", "reason": "公安机关来函核查"})


@pytest.mark.parametrize("reason", ["", " ", "x", "长" * 101])
def test_without_a_reason_nothing_is_read(
    in_chain: InChain, clerk: Actor, store_id: int, member: Member, show: Callable[..., IdDocument], reason: str
) -> None:
    show()
    kind = DocumentKind.ID_CARD
    with in_chain(), pytest.raises(InvalidReason):
        reveal_number(actor=clerk, code=member.code, kind=kind, reason=reason, store_id=store_id)


def test_who_may_not_read_reads_nothing_and_leaves_no_trace_of_it(
    in_chain: InChain, store_id: int, member: Member, show: Callable[..., IdDocument]
) -> None:
    show()
    cashier = Actor(kind="staff", id=9, grants={Act.MEMBER_VIEW: "all", Act.MEMBER_CREATE: "all"})
    kind = DocumentKind.ID_CARD
    with in_chain(), pytest.raises(NotAllowed):
        reveal_number(actor=cashier, code=member.code, kind=kind, reason="想看看", store_id=store_id)
    with in_chain():
        assert not AuditEntry.objects.filter(act=Act.MEMBER_REVEAL).exists()


def test_a_number_copied_to_another_chain_is_not_read_there(
    in_chain: InChain, other_chain: Chain, clerk: Actor, store_id: int, show: Callable[..., IdDocument]
) -> None:
    document = show()
    with in_chain(other_chain):
        there = create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)
        copied = IdDocument.objects.create(
            member=there,
            kind=document.kind,
            number=document.number,
            number_index=document.number_index,
            masked=document.masked,
            seen_at=clock.now(),
            seen_by="",
        )
        with pytest.raises(Undecryptable):
            copied.plain_number()
        assert not holders_of(NUMBER).exists()


# ── Comparing ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def compare(in_chain: InChain, clerk: Actor, store_id: int, member: Member) -> Callable[[str], IdCheckOutcome]:
    """Type a number at the desk, as the clerk does: ``compare(NUMBER)``."""

    def typed(number: str) -> IdCheckOutcome:
        with in_chain():
            kind = DocumentKind.ID_CARD
            check = verify_identity(actor=clerk, member=member, kind=kind, number=number, store_id=store_id)
            return check.outcome

    return typed


def test_a_clerk_learns_whether_the_document_is_hers_and_nothing_else(
    in_chain: InChain, show: Callable[..., IdDocument], compare: Callable[[str], IdCheckOutcome]
) -> None:
    assert compare(NUMBER) is IdCheckOutcome.NO_DOCUMENT
    show()
    assert compare("110105 19491231 002x") is IdCheckOutcome.MATCH
    assert compare(OTHER) is IdCheckOutcome.NO_MATCH
    with in_chain():
        trail = list(AuditEntry.objects.filter(act="member.id_check").order_by("pk").values_list("detail", flat=True))
    assert trail == [{"outcome": "NO_DOCUMENT"}, {"outcome": "MATCH"}, {"outcome": "NO_MATCH"}]


def test_guessing_is_slowed_and_the_right_number_ends_it(
    show: Callable[..., IdDocument], compare: Callable[[str], IdCheckOutcome], held_clock: datetime
) -> None:
    show()
    assert [compare(wrong) for wrong in (OTHER, "", "no number")] == [IdCheckOutcome.NO_MATCH] * 3
    # While it pauses not even the right one is told from the others.
    assert compare(NUMBER) is IdCheckOutcome.PAUSED
    with clock.frozen(held_clock + timedelta(minutes=1)):
        assert compare(OTHER) is IdCheckOutcome.NO_MATCH
        assert compare(NUMBER) is IdCheckOutcome.PAUSED
    with clock.frozen(held_clock + timedelta(minutes=3)):
        assert compare(NUMBER) is IdCheckOutcome.MATCH
        assert compare(OTHER) is IdCheckOutcome.NO_MATCH
        assert compare(NUMBER) is IdCheckOutcome.MATCH


def test_the_pause_grows_to_an_hour() -> None:
    minutes = [id_check_pause(failures) // timedelta(minutes=1) for failures in (0, 2, 3, 4, 8, 9, 1_000)]
    assert minutes == [0, 0, 1, 2, 32, 60, 60]


# ── Finding ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_document_on_two_records_is_one_person(
    in_chain: InChain, clerk: Actor, store_id: int, member: Member, show: Callable[..., IdDocument]
) -> None:
    with in_chain():
        twin = create_member(actor=clerk, name="林靜", phone="13700005678", store_id=store_id)
        create_member(actor=clerk, name="江河", phone="13700005679", store_id=store_id)
    show()
    with pytest.raises(IdAlreadyFiled, match=rf"{member.code} 林\*") as refused:
        show(code=twin.code)
    assert refused.value.params["other_codes"] == [member.code]
    show(code=twin.code, shared=True)
    with in_chain():
        assert AuditEntry.objects.filter(detail__shared_with=[member.code]).get().object_id == twin.code
        assert same_person_ids(member) == [member.pk, twin.pk]
        found = narrow(present_members(), id_number="110105 19491231 002x")
        assert sorted(found.values_list("code", flat=True)) == [member.code, twin.code]
        assert not narrow(present_members(), id_number="110105").exists()


def test_a_chain_may_want_one_file_for_one_document(
    in_chain: InChain, clerk: Actor, store_id: int, show: Callable[..., IdDocument]
) -> None:
    """R-H02: then nobody goes on, not even knowingly; her own document is filed again at any time."""
    with in_chain():
        twin = create_member(actor=clerk, name="林靜", phone="13700005678", store_id=store_id)
        CardRules.objects.update(one_member_per_id=True)
    show()
    show()
    with pytest.raises(IdSharingForbidden):
        show(code=twin.code, shared=True)
    with in_chain():
        assert not IdDocument.objects.filter(member=twin).exists()


def test_a_birthday_is_that_of_the_document_unless_somebody_knows_better(
    in_chain: InChain, clerk: Actor, store_id: int, member: Member, show: Callable[..., IdDocument]
) -> None:
    """Whichever of the two comes second."""
    given: dict[str, Any] = {"actor": clerk, "code": member.code, "name": "林静", "phone": "13900001234"}
    given |= {"store_id": store_id, "details": Details()}
    other, own = date(1950, 1, 1), date(1949, 12, 31)
    with in_chain():
        edit_details(birthday=other, **given)
    with pytest.raises(BirthdayContradicts):
        show()
    show(birthday_differs=True)
    with in_chain():
        # What was wrong before does not keep anything else from being corrected.
        edit_details(birthday=other, **given | {"name": "林静雯"})
        edit_details(birthday=own, **given)
    with in_chain(), pytest.raises(BirthdayContradicts):
        edit_details(birthday=other, **given)
    with in_chain():
        edit_details(birthday=other, birthday_differs=True, **given)
        edit_details(birthday=None, **given)
        trail = AuditEntry.objects.filter(detail__birthday_differs=True).order_by("pk").values_list("act", flat=True)
        assert list(trail) == ["member.document", "member.edit"]


# ── New keys ──────────────────────────────────────────────────────────────────────────────────────────────────────

NEWER = {2: "a newer secret of more than thirty-two characters"}


def test_rotation_moves_numbers_and_indexes_batch_by_batch(
    chain: Chain,
    in_chain: InChain,
    clerk: Actor,
    store_id: int,
    settings: Any,
    show: Callable[..., IdDocument],
    compare: Callable[[str], IdCheckOutcome],
) -> None:
    show()
    with in_chain():
        codes = [create_member(actor=clerk, name="江河", phone="13700005678", store_id=store_id).code for _ in range(4)]
    for code in codes:
        show(OTHER, code=code, shared=code != codes[0])
    settings.DATA_KEYS = settings.DATA_KEYS | NEWER
    settings.INDEX_KEYS = settings.INDEX_KEYS | NEWER
    schema = chain.schema_name
    assert compare(NUMBER) is IdCheckOutcome.MATCH
    assert rotation.stale_count(schema) == 5
    # Broken off after the first batch, and begun again.
    with pytest.MonkeyPatch.context() as patch:
        renew, left = rotation.SealedColumn.renew, iter(range(3))

        def dies(column: rotation.SealedColumn, row: Any) -> None:
            next(left)
            renew(column, row)

        patch.setattr(rotation.SealedColumn, "renew", dies)
        with pytest.raises((StopIteration, RuntimeError)):
            rotation.rotate_schema(schema, size=2)
    assert rotation.stale_count(schema) == 3
    assert rotation.rotate_schema(schema, size=2) == 3
    assert rotation.rotate_schema(schema, size=2) == 0
    settings.DATA_KEYS, settings.INDEX_KEYS = NEWER, NEWER
    assert rotation.prove_schema(schema) == 5
    assert compare(NUMBER) is IdCheckOutcome.MATCH


def test_proving_finds_a_text_whose_key_is_gone_and_an_index_that_lies(
    chain: Chain, in_chain: InChain, settings: Any, show: Callable[..., IdDocument]
) -> None:
    show()
    kept = settings.DATA_KEYS
    settings.DATA_KEYS = NEWER
    with pytest.raises(Undecryptable):
        rotation.prove_schema(chain.schema_name)
    settings.DATA_KEYS = kept
    with in_chain():
        IdDocument.objects.update(number_index="v1:somebody else's")
    with pytest.raises(Undecryptable, match="another value's"):
        rotation.prove_schema(chain.schema_name)


def test_every_encrypted_column_names_its_purpose_and_index() -> None:
    columns = {str(column): (column.purpose, column.index) for column in rotation.sealed_columns()}
    assert columns["members.IdDocument.number"] == (ID_NUMBER, "number_index")
    assert all(purpose for purpose, _index in columns.values())
