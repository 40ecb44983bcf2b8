"""Level and binding adjustment documents (R-C06, R-C09): what they ask, what approval does, what taking back does."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import transaction

from kernel.errors import DomainError
from membership.cards.models import Card, CardLevel, CardType
from membership.cards.services import withdraw_card
from membership.documents import services as documents
from membership.documents.models import Document
from membership.records.models import Record
from membership.vehicles.models import Vehicle
from membership.vehicles.services import VehicleDetails, change_owner, file_vehicle
from tenants.audit.models import AuditEntry
from tenants.people.domain import SYSTEM, Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
Ask = Callable[..., Document]

CHECKER = Actor(kind="staff", id=8, name="陈立人", grants=SYSTEM.grants)


@pytest.fixture
def ask(clerk: Actor, store_id: int) -> Ask:
    """``ask("CARD_LEVEL", number, level_code="SILVER")``: the document, handed in."""

    def hand_in(kind: str, number: str, **payload: str) -> Document:
        said = {"number": number, "reason": "会员申请", **payload}
        drafted = documents.draft(actor=clerk, kind=kind, payload=said, store_id=store_id)
        return documents.submit(actor=clerk, number=drafted.number)

    return hand_in


@pytest.fixture
def cars(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> list[Vehicle]:
    """Two cars of 林静's."""
    details = (
        VehicleDetails(vin="LSVAU218XN2183294", plate="沪A12345"),
        VehicleDetails(vin="LFV3A23C5J3000001", plate="沪B67890"),
    )
    with in_chain():
        return [file_vehicle(actor=clerk, owner=holder.member, details=one, store_id=store_id) for one in details]


def _level(number: str) -> str:
    return Card.objects.values_list("level__code", flat=True).get(number=number)


def _bound(number: str) -> int | None:
    return Card.objects.values_list("bound_vehicle_id", flat=True).get(number=number)


def test_approved_it_changes_the_level_and_unapproved_back(in_chain: InChain, holder: Holder, ask: Ask) -> None:
    """R-C06: its value and validity stay; each change is on the trail and on the card's own record."""
    with in_chain():
        before = Card.objects.values("valid_until", "account_valid_until").get(number=holder.number)
        paper = ask("CARD_LEVEL", holder.number, level_code="DIAMOND")
        assert paper.payload["planned"]["before"] == "GOLD"
        assert (_level(holder.number), paper.subject_type, paper.subject_id) == ("GOLD", "card", holder.number)
    with in_chain():
        documents.approve(actor=CHECKER, number=paper.number)
        assert _level(holder.number) == "DIAMOND"
        assert Card.objects.values("valid_until", "account_valid_until").get(number=holder.number) == before
        assert Record.objects.get(kind="LEVEL_CHANGE").detail == {"note": "金卡 → 钻石卡"}
        told = AuditEntry.objects.get(act=Act.CARD_ADJUST)
        assert told.detail == {"document": paper.number, "field": "level", "from": "金卡", "to": "钻石卡"}
    with in_chain():
        documents.unapprove(actor=CHECKER, number=paper.number, reason="办错")
        assert _level(holder.number) == "GOLD"


@pytest.mark.parametrize(
    ("level", "code"), [("GOLD", "nothing_to_adjust"), ("PLAIN", "level_cap_too_low"), ("NONE", "card_level_not_found")]
)
def test_what_cannot_be_is_refused_when_it_is_written(
    in_chain: InChain, holder: Holder, ask: Ask, level: str, code: str
) -> None:
    with in_chain():
        CardLevel.objects.filter(code="PLAIN").update(balance_cap_fen=9_999)
        with pytest.raises(DomainError) as refused, transaction.atomic():
            ask("CARD_LEVEL", holder.number, level_code=level)
        assert refused.value.code == code
        assert not Document.objects.exists()


def test_what_happened_since_is_not_overwritten(
    in_chain: InChain, holder: Holder, ask: Ask, clerk: Actor, store_id: int
) -> None:
    with in_chain():
        papers = [ask("CARD_LEVEL", holder.number, level_code=code) for code in ("SILVER", "DIAMOND")]
        documents.approve(actor=CHECKER, number=papers[0].number)
    with in_chain(), pytest.raises(DomainError) as refused:
        documents.approve(actor=CHECKER, number=papers[1].number)
    assert refused.value.code == "card_adjusted_meanwhile"
    with in_chain():
        assert _level(holder.number) == "SILVER"
        assert Document.objects.get(number=papers[1].number).state == "SUBMITTED"


def test_a_card_that_is_nobodys_or_over_has_no_level_to_adjust(
    in_chain: InChain, issue: Callable[..., Holder], idle_cards: list[str], ask: Ask, clerk: Actor, store_id: int
) -> None:
    gone = issue()
    with in_chain():
        withdraw_card(actor=clerk, number=gone.number, store_id=store_id)
        for number, code in (
            (gone.number, "status_step_forbidden"),
            (idle_cards[-1], "card_idle"),
            ("1", "card_not_found"),
        ):
            with pytest.raises(DomainError) as refused, transaction.atomic():
                ask("CARD_LEVEL", number, level_code="SILVER")
            assert refused.value.code == code


def test_approved_it_binds_the_card_to_another_vehicle_and_back(
    in_chain: InChain, holder: Holder, cars: list[Vehicle], ask: Ask
) -> None:
    """R-C08, R-C09: the old binding is shown, another person approves."""
    with in_chain():
        paper = ask("CARD_BINDING", holder.number, vehicle="沪A·12345")
        assert (paper.payload["planned"]["before_name"], paper.payload["planned"]["after_name"]) == ("—", "沪A·12345")
        documents.approve(actor=CHECKER, number=paper.number)
        assert _bound(holder.number) == cars[0].pk
        other = ask("CARD_BINDING", holder.number, vehicle="LFV3A23C5J3000001")
        documents.approve(actor=CHECKER, number=other.number)
        assert _bound(holder.number) == cars[1].pk
        assert Record.objects.filter(kind="ADJUSTMENT", detail__note="沪A·12345 → 沪B·67890").exists()
        with pytest.raises(DomainError) as refused, transaction.atomic():
            documents.unapprove(actor=CHECKER, number=paper.number, reason="办错")
        assert refused.value.code == "card_adjusted_meanwhile"
        documents.unapprove(actor=CHECKER, number=other.number, reason="办错")
        assert _bound(holder.number) == cars[0].pk
        free = ask("CARD_BINDING", holder.number)
        documents.approve(actor=CHECKER, number=free.number)
        assert _bound(holder.number) is None


def test_a_binding_keeps_to_what_an_issue_asks(
    in_chain: InChain,
    issue: Callable[..., Holder],
    holder: Holder,
    cars: list[Vehicle],
    ask: Ask,
    clerk: Actor,
    store_id: int,
) -> None:
    """R-B03, R-B04, X-15: a vehicle of hers, looked after here, with no more cards than it may have."""
    stranger = issue("江河", "13700005678")
    with in_chain():
        with pytest.raises(DomainError) as refused, transaction.atomic():
            ask("CARD_BINDING", stranger.number, vehicle="沪A12345")
        assert refused.value.code == "vehicle_not_found"
        paper = ask("CARD_BINDING", holder.number, vehicle="沪A12345")
        change_owner(actor=clerk, vehicle_id=cars[0].pk, owner=stranger.member, store_id=store_id)
        with pytest.raises(DomainError) as refused, transaction.atomic():
            documents.approve(actor=CHECKER, number=paper.number)
        assert refused.value.code == "vehicle_not_ready"
        assert _bound(holder.number) is None
        documents.approve(actor=CHECKER, number=ask("CARD_BINDING", stranger.number, vehicle="沪A12345").number)
        Card.objects.filter(number=holder.number).update(member=stranger.member)
        with pytest.raises(DomainError) as refused, transaction.atomic():
            ask("CARD_BINDING", holder.number, vehicle="沪A12345")
        assert refused.value.code == "id_limit_reached"
        CardType.objects.filter(pk=stranger.card.type_id).update(use_by="VEHICLE")
        with pytest.raises(DomainError) as refused, transaction.atomic():
            ask("CARD_BINDING", stranger.number)
        assert refused.value.code == "vehicle_required"


def test_who_may_not_adjust_writes_no_paper(in_chain: InChain, holder: Holder, store_id: int) -> None:
    cashier_only = Actor(kind="staff", id=9, name="收银", grants={Act.CARD_VIEW.value: "all"})
    payload = {"number": holder.number, "level_code": "SILVER", "reason": "会员申请"}
    with in_chain():
        with pytest.raises(NotAllowed), transaction.atomic():
            documents.draft(actor=cashier_only, kind="CARD_LEVEL", payload=payload, store_id=store_id)
        assert not Document.objects.exists()
