"""A chain's old data is checked, signed by two people, taken over to the fen, and can be taken back as one act."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import transaction

from kernel.money import Money
from ledger.audit import audit_schema
from ledger.models import Account, Lot, Posting
from membership.cards.models import Card
from membership.cards.services import reset_pin
from membership.cashier import services as cashier
from membership.imports.models import ImportRow, StagedDocument
from membership.imports.queries import problems_of
from membership.members.domain import DocumentKind
from membership.members.models import IdDocument, Member
from membership.members.services import verify_identity
from membership.records.models import Record
from membership.takeover import running, services, undoing
from membership.takeover.errors import (
    SignedAlready,
    SumsDiffer,
    TakeoverOpen,
    TakeoverStepForbidden,
)
from membership.takeover.models import TakenCard, Takeover
from membership.takeover.queries import happened_since, sheets_of
from membership.vehicles.models import Vehicle
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.takeover.conftest import OLD, SECOND, SUMS

InChain = Callable[..., AbstractContextManager[None]]
Bring = Callable[..., Takeover]
Advance = Callable[[Takeover], Takeover]
Signed = Callable[..., None]


def without_findings(chain: Chain) -> None:
    assert audit_schema(chain.schema_name) == []


def test_everything_is_taken_over_to_the_fen(
    bring: Bring, advance: Advance, signed: Signed, in_chain: InChain, chain: Chain
) -> None:
    takeover = bring()
    checked = advance(takeover)
    assert (checked.state, checked.sums) == ("CHECKED", SUMS)
    with in_chain():
        assert (Card.objects.count(), Member.objects.count(), Posting.objects.count()) == (0, 0, 0)
    signed(takeover)
    done = advance(takeover)
    assert (done.state, done.booked) == ("DONE", SUMS)
    with in_chain():
        card = Card.objects.select_related("member", "level", "stored_account", "points_account").get(number="70000001")
        assert card.member is not None
        assert card.stored_account is not None
        assert card.points_account is not None
        assert (card.member.name, card.status, str(card.valid_until)) == ("林静", "ACTIVE", "2099-12-31")
        # No PIN is taken over: it is renewed at the desk.
        assert (card.pin_hash, card.pin_must_change) == ("", True)
        assert (card.stored_account.balance, card.points_account.balance) == (63050, 1200)
        lots = Lot.objects.filter(account=card.stored_account).order_by("original").values_list("kind", "original")
        assert list(lots) == [("BONUS", 5000), ("PRINCIPAL", 8050), ("PRINCIPAL", 50000)]
        # What was paid and what was given with it stand in one posting.
        assert Lot.objects.get(original=5000).posting_id == Lot.objects.get(original=50000).posting_id
        assert str(Lot.objects.get(original=5000).expires_at) == "2099-06-30 16:00:00+00:00"
        river = Member.objects.get(name="江河")
        assert Account.objects.get(kind="PREPAYMENT", holder_id=river.pk).balance == 30000
        assert Vehicle.objects.get().owner_id == card.member_id
        assert Record.objects.filter(kind="OPENING").count() == 5
        assert ImportRow.objects.count() == 0
    without_findings(chain)


def test_taken_over_cards_are_used_like_any(
    bring: Bring, advance: Advance, signed: Signed, in_chain: InChain, clerk: Actor, store_id: int
) -> None:
    takeover = bring()
    advance(takeover)
    signed(takeover)
    advance(takeover)
    with in_chain():
        receipt = cashier.consume(
            actor=clerk, card_number="70000001", amount=Money(1000), store_id=store_id, idempotency_key="1"
        )
        assert receipt.balance_after_fen == 62050
        assert len(reset_pin(actor=clerk, number="70000001", store_id=store_id, pin_version=0).pin) == 6


def test_two_people_sign_what_the_old_system_printed(
    bring: Bring, advance: Advance, in_chain: InChain, clerk: Actor
) -> None:
    takeover = bring()
    advance(takeover)

    def sign(actor: Actor, sums: Mapping[str, Any]) -> None:
        with in_chain():
            services.sign(actor=actor, takeover_id=takeover.pk, sums=sums)

    with pytest.raises(SumsDiffer, match=r"文件为 580\.50，您填写的是 580\.51"):
        sign(clerk, SUMS | {"principal_fen": 58051})
    sign(clerk, SUMS)
    with pytest.raises(SignedAlready):
        sign(clerk, SUMS)
    with pytest.raises(NotAllowed):
        sign(Actor(kind="staff", id=9, grants={Act.DATA_IMPORT: "all"}), SUMS)
    assert advance(takeover).state == "CHECKED"
    sign(SECOND, SUMS)
    with pytest.raises(TakeoverStepForbidden):
        sign(Actor(kind="staff", id=9, grants=SECOND.grants), SUMS)


def changed(sheet: str, *rows: list[str]) -> dict[str, Any]:
    return {**OLD, sheet: [OLD[sheet][0], *rows]}


@pytest.mark.parametrize(
    ("sheets", "problem"),
    [
        (changed("会员", ["V1", "林静", "13900001234", ""], ["V1", "江河", "1", ""]), "duplicate_in_file"),
        (changed("车辆", ["V9", "沪A12345", ""]), "member_unknown"),
        (changed("会员卡", ["70000001", "V9", "GOLD", "ORDINARY", "2099-12-31"]), "member_unknown"),
        (changed("会员卡", ["70000001", "V1", "GOLD", "NONE", "2099-12-31"]), "type_unknown"),
        (changed("会员卡", ["70000001", "V1", "GOLD", "ORDINARY", "2001-12-31"]), "date_past"),
        (changed("储值", ["79999999", "5", "", ""]), "card_unknown"),
        (changed("储值", ["70000001", "-5", "", ""]), "amount_form"),
        (changed("储值", ["70000001", "0", "", ""]), "nothing_given"),
        (changed("储值", ["70000001", "5", "1", "2001-01-01"]), "date_past"),
        (changed("积分", ["70000001", "1.5", ""]), "points_form"),
        (changed("预存", ["V2", "1"], ["V2", "2"]), "duplicate_in_file"),
    ],
)
def test_a_workbook_with_faulty_rows_is_not_taken_over_in_part(
    bring: Bring, advance: Advance, in_chain: InChain, sheets: Any, problem: str
) -> None:
    failed = advance(bring(sheets))
    assert (failed.state, failed.error["code"]) == ("FAILED", "rows_faulty")
    with in_chain():
        found = [each.code for sheet in sheets_of(failed) for each in problems_of(sheet, size=50)]
        assert any(sheet.error_file_id for sheet in sheets_of(failed))
    assert problem in found


def test_a_workbook_without_its_sheets_is_refused(bring: Bring, advance: Advance) -> None:
    failed = advance(bring({"名单": [["a"], ["b"]]}))
    assert (failed.state, failed.error["code"]) == ("FAILED", "sheet_missing")


def test_one_at_a_time(bring: Bring, advance: Advance, in_chain: InChain, clerk: Actor) -> None:
    takeover = bring()
    with pytest.raises(TakeoverOpen):
        bring()
    with in_chain():
        services.cancel(actor=clerk, takeover_id=takeover.pk)
    bring()


def test_it_is_taken_back_as_one_act_and_can_come_again(
    bring: Bring, advance: Advance, signed: Signed, in_chain: InChain, chain: Chain
) -> None:
    takeover = bring()
    advance(takeover)
    signed(takeover)
    advance(takeover)
    with in_chain():
        asked = services.undo(actor=SECOND, takeover_id=takeover.pk)
        # The request touches no card: a worker holds them.
        assert (asked.state, Card.objects.filter(locked=True).count()) == ("UNDOING", 0)
    undone = advance(takeover)
    assert (undone.state, undone.undo_done) == ("UNDONE", undone.undo_total)
    assert undone.undo_total == 2 * 2 + 6 + 2
    with in_chain():
        assert (Card.objects.count(), Member.objects.count(), Vehicle.objects.count()) == (0, 0, 0)
        assert sum(Account.objects.values_list("balance", flat=True)) == 0
        assert Posting.objects.filter(reverses__isnull=False).count() == 6
    without_findings(chain)
    again = bring()
    advance(again)
    signed(again)
    assert advance(again).booked == SUMS
    without_findings(chain)


def test_what_has_been_used_since_is_not_taken_back(
    bring: Bring, advance: Advance, signed: Signed, in_chain: InChain, clerk: Actor, store_id: int
) -> None:
    takeover = bring()
    advance(takeover)
    signed(takeover)
    advance(takeover)
    with in_chain():
        cashier.consume(actor=clerk, card_number="70000001", amount=Money(1), store_id=store_id, idempotency_key="1")
        Card.objects.filter(number="70000002").update(locked=True)
        services.undo(actor=SECOND, takeover_id=takeover.pk)
    kept = advance(takeover)
    assert (kept.state, kept.undone_by) == ("DONE", "")
    assert kept.error == {"code": "takeover_in_use", "params": {"what": ["70000001"]}}
    with in_chain():
        # Its own locks are gone, the desk's stands; nothing was reversed.
        assert list(Card.objects.filter(locked=True).values_list("number", flat=True)) == ["70000002"]
        assert not Posting.objects.filter(reverses__isnull=False).exists()
        assert not TakenCard.objects.filter(held__isnull=False).exists()


def test_a_worker_that_was_killed_while_holding_is_followed_by_another(
    bring: Bring, advance: Advance, signed: Signed, in_chain: InChain, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    takeover = bring()
    advance(takeover)
    signed(takeover)
    advance(takeover)
    monkeypatch.setattr(undoing, "_HELD_AT_ONCE", 1)
    with in_chain():
        services.undo(actor=SECOND, takeover_id=takeover.pk)

    def killed(_takeover: Takeover) -> list[str]:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(undoing, "happened_since", killed)
        with pytest.raises(RuntimeError):
            running.advance(chain.schema_name, takeover.pk)
    with in_chain():
        assert Card.objects.filter(locked=True).count() == 2
        assert Takeover.objects.get().undo_done == 2
    undone = advance(takeover)
    assert (undone.state, undone.undo_done) == ("UNDONE", undone.undo_total)
    without_findings(chain)


def test_id_numbers_are_taken_over_sealed_and_go_with_the_undoing(
    bring: Bring, advance: Advance, signed: Signed, in_chain: InChain, chain: Chain, clerk: Actor, store_id: int
) -> None:
    people = [
        ["原会员号", "姓名", "手机号", "生日", "证件类型", "证件号码"],
        ["V1", "林静", "13900001234", "1985-03-17", "身份证", "11010519491231002X"],
        ["V2", "江河", "13700005678", "", "", ""],
    ]
    takeover = bring(OLD | {"会员": people})
    assert advance(takeover).sums == SUMS
    signed(takeover)
    assert advance(takeover).state == "DONE"
    with in_chain():
        document = IdDocument.objects.select_related("member").get()
        assert (document.member.name, document.plain_number(), document.original_seen) == (
            "林静", "11010519491231002X", False,
        )  # fmt: skip
        assert StagedDocument.objects.count() == 0
    with in_chain():
        # Her document is seen at the desk: from now on the take-over is in use.
        sid = transaction.savepoint()
        kind, number = DocumentKind.ID_CARD, "11010519491231002X"
        assert verify_identity(actor=clerk, member=document.member, kind=kind, number=number, store_id=store_id)
        assert happened_since(takeover) == [document.member.code]
        transaction.savepoint_rollback(sid)
        services.undo(actor=clerk, takeover_id=takeover.pk)
    assert advance(takeover).state == "UNDONE"
    with in_chain():
        assert (IdDocument.objects.count(), Member.objects.count()) == (0, 0)
    without_findings(chain)
