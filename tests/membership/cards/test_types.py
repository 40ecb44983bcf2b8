"""Card types as policy: caps and limits in the database, conditions at issue."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from kernel import clock
from kernel.money import Money
from membership.cards.domain import NumberRange
from membership.cards.gates import _GATES, before_issue
from membership.cards.models import Card, CardRules, CardType
from membership.cards.policy import UseBy, lawful_cap_fen, pin_asked, pin_free_fen
from membership.cards.services import (
    IdLimitReached,
    InvalidValidity,
    MemberNotWanted,
    MemberRequired,
    NumberFormWrong,
    SpendTooLittle,
    TypeNotEnabled,
    TypeNotFound,
    issue_card,
    make_cards,
)
from membership.cashier import services as cashier
from membership.cashier.errors import OverCap, TopUpNotAllowed
from membership.members.services import create_member
from tenants.audit.models import AuditEntry
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def gift_cards(in_chain: InChain, clerk: Actor) -> list[str]:
    """Two idle gift cards, 7700000001 and 7700000002."""
    with in_chain():
        make_cards(actor=clerk, level_code="PLAIN", type_code="GIFT", numbers=NumberRange("77", 1, 2))
    return ["7700000001", "7700000002"]


def test_every_chain_begins_with_four_types_of_which_two_wait_for_approval(in_chain: InChain) -> None:
    """R-E02, R-E03, R-E07, R-L02."""
    with in_chain():
        types = {card_type.code: card_type for card_type in CardType.objects.all()}
        assert CardRules.objects.get().pin_failures == 5
        made = CardType.objects.create(code="STAR", name="星运卡", kind="ORDINARY")
    assert list(types) == ["ORDINARY", "GIFT", "SPECIAL", "COMPLIMENTARY"]
    assert {code for code, card_type in types.items() if card_type.enabled_at is None} == {"SPECIAL", "COMPLIMENTARY"}
    assert types["ORDINARY"].pk == 1
    assert made.pk == 5
    assert [step["label"] for step in types["SPECIAL"].approvals] == ["营运中心", "财务中心", "总经理"]


@pytest.mark.parametrize(
    "change",
    [
        {"balance_cap_fen": 500_001},
        {"balance_cap_fen": 0},
        {"member_required": False, "balance_cap_fen": 100_001},
        {"bearer_min_validity_months": 35},
        {"kind": "GIFT", "member_required": False, "balance_cap_fen": 100_000},
        {"kind": "GIFT", "earns_points": False},
        {"kind": "PLASTIC"},
        {"use_by": "ANYONE"},
        {"use_by": "HOLDER", "member_required": False, "balance_cap_fen": 1},
        {"pin_ask": "SELDOM"},
        {"cards_per_id": 0},
        {"reissue_fee_fen": -1},
    ],
)
def test_the_database_refuses_a_type_that_may_not_be(in_chain: InChain, change: dict[str, Any]) -> None:
    """X-27: registered cards hold CNY 5,000 at most, bearer cards CNY 1,000 for three years at least."""
    with in_chain(), pytest.raises(IntegrityError):
        CardType.objects.filter(code="ORDINARY").update(**change)


def test_a_gift_card_knows_nobody_and_is_loaded_once(
    in_chain: InChain, clerk: Actor, store_id: int, gift_cards: list[str], held_clock: datetime
) -> None:
    """R-E03, R-E04, X-27."""
    with in_chain():
        card = issue_card(actor=clerk, number=gift_cards[0], member=None, store_id=store_id).card
    assert (card.member, card.bearer) == (None, True)
    # The level says 24 months; a bearer card lasts three years all the same.
    assert card.valid_until == date(2029, 3, 1)

    def load(fen: int, key: str) -> None:
        cashier.top_up(actor=clerk, card_number=gift_cards[0], paid=Money(fen), store_id=store_id, idempotency_key=key)

    with in_chain(), pytest.raises(OverCap):
        load(100_001, "a")
    with in_chain():
        load(50_000, "b")
    with in_chain(), pytest.raises(TopUpNotAllowed):
        load(1, "c")
    with in_chain():
        assert Card.objects.select_related("stored_account").get(pk=card.pk).stored_account.balance == 50_000


def test_a_gift_card_is_given_to_no_member_and_an_ordinary_one_to_nobody(
    in_chain: InChain, clerk: Actor, store_id: int, gift_cards: list[str], idle_cards: list[str]
) -> None:
    with in_chain():
        member = create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)
    with in_chain(), pytest.raises(MemberNotWanted):
        issue_card(actor=clerk, number=gift_cards[0], member=member, store_id=store_id)
    with in_chain(), pytest.raises(MemberRequired):
        issue_card(actor=clerk, number=idle_cards[0], member=None, store_id=store_id)
    with in_chain():
        assert not Card.objects.exclude(status="IDLE").exists()


def test_a_bearer_card_is_not_issued_for_less_than_three_years(
    in_chain: InChain, clerk: Actor, store_id: int, gift_cards: list[str]
) -> None:
    soon = clock.today() + timedelta(days=700)
    with in_chain(), pytest.raises(InvalidValidity):
        issue_card(actor=clerk, number=gift_cards[0], member=None, store_id=store_id, valid_until=soon)


def test_a_type_is_not_issued_before_it_is_enabled(in_chain: InChain, clerk: Actor, store_id: int) -> None:
    """R-E07."""
    with in_chain():
        make_cards(actor=clerk, level_code="GOLD", type_code="SPECIAL", numbers=NumberRange("55", 1, 1))
        member = create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)
    with in_chain(), pytest.raises(TypeNotEnabled):
        issue_card(actor=clerk, number="5500000001", member=member, store_id=store_id)


def test_complimentary_cards_are_issued_by_finance(in_chain: InChain, clerk: Actor, store_id: int) -> None:
    """R-L02."""
    with in_chain():
        make_cards(actor=clerk, level_code="GOLD", type_code="COMPLIMENTARY", numbers=NumberRange("44", 1, 1))
        CardType.objects.filter(code="COMPLIMENTARY").update(enabled_at=clock.now())
        member = create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)
    counter = Actor(kind="staff", id=8, grants={Act.CARD_ISSUE: "all"})
    finance = Actor(kind="staff", id=9, grants={Act.VALUE_SETTLE: "all"})
    with in_chain(), pytest.raises(NotAllowed):
        issue_card(actor=counter, number="4400000001", member=member, store_id=store_id)
    with in_chain():
        assert issue_card(actor=finance, number="4400000001", member=member, store_id=store_id).card.status == "ACTIVE"


def test_one_person_has_as_many_cards_of_a_type_as_one_id_may(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder, idle_cards: list[str]
) -> None:
    """R-H02, X-15."""
    with in_chain(), pytest.raises(IdLimitReached) as refusal:
        issue_card(actor=clerk, number=idle_cards[1], member=holder.member, store_id=store_id)
    assert refusal.value.params == {"held": 1, "limit": 1, "type_name": "普通会员卡"}
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(status="WITHDRAWN")
    with in_chain():
        issue_card(actor=clerk, number=idle_cards[1], member=holder.member, store_id=store_id)


def test_a_type_may_ask_for_spending_and_somebody_may_waive_it(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder, idle_cards: list[str]
) -> None:
    """R-P10: on the day or in the period; a return counts off."""
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(
            cards_per_id=None, same_day_spend_fen=5_000, accumulated_spend_fen=8_000
        )

    def spend(fen: int, key: str) -> Any:
        return cashier.consume(
            actor=clerk, card_number=holder.number, amount=Money(fen), store_id=store_id, idempotency_key=key
        )

    with in_chain():
        spend(3_000, "a")
        undone = spend(4_000, "b")
        cashier.reverse(actor=clerk, record_id=undone.record_id, store_id=store_id, idempotency_key="r", reason="多扣")
    with in_chain(), pytest.raises(SpendTooLittle) as refusal:
        issue_card(actor=clerk, number=idle_cards[1], member=holder.member, store_id=store_id)
    assert (
        str(refusal.value)
        .split("：")[1]
        .startswith(
            "当日消费满 ¥50.00（已消费 ¥30.00，还差 ¥20.00），或近 12 个月消费满 ¥80.00（已消费 ¥30.00，还差 ¥50.00）"
        )
    )
    counter = Actor(kind="staff", id=8, grants={Act.CARD_ISSUE: "all"})
    with in_chain(), pytest.raises(NotAllowed):
        issue_card(actor=counter, number=idle_cards[1], member=holder.member, store_id=store_id, override_reason="贵宾")
    with in_chain():
        issue_card(actor=clerk, number=idle_cards[1], member=holder.member, store_id=store_id, override_reason="贵宾")
        entry = AuditEntry.objects.filter(act=Act.CARD_ISSUE).latest("pk")
    assert entry.detail["override"] == "贵宾"
    with in_chain():
        spend(2_000, "c")
        issue_card(actor=clerk, number=idle_cards[2], member=holder.member, store_id=store_id)


def test_numbers_follow_their_types_rule(in_chain: InChain, clerk: Actor) -> None:
    """R-F09."""
    with in_chain():
        CardType.objects.filter(code="GIFT").update(number_prefix="77", number_length=10)
    for wrong in (NumberRange("78", 1, 1), NumberRange("77", 1, 1, width=9)):
        with in_chain(), pytest.raises(NumberFormWrong):
            make_cards(actor=clerk, level_code="PLAIN", type_code="GIFT", numbers=wrong)
    with in_chain(), pytest.raises(TypeNotFound):
        make_cards(actor=clerk, level_code="PLAIN", type_code="NONE", numbers=NumberRange("77", 1, 1))
    with in_chain():
        assert (
            make_cards(actor=clerk, level_code="PLAIN", type_code="GIFT", numbers=NumberRange("77", 1, 1)).quantity == 1
        )


def test_a_gate_refuses_an_issue(in_chain: InChain, clerk: Actor, store_id: int, gift_cards: list[str]) -> None:
    """Stock says whether a card's range has been released to the store (R-F07)."""
    asked = []

    @before_issue
    def closed(card: Card, at_store: int) -> None:
        asked.append((card.number, at_store))
        raise MemberRequired(type_name="x")

    try:
        with in_chain(), pytest.raises(MemberRequired):
            issue_card(actor=clerk, number=gift_cards[0], member=None, store_id=store_id)
    finally:
        _GATES.remove(closed)
    assert asked == [(gift_cards[0], store_id)]
    with in_chain():
        assert Card.objects.get(number=gift_cards[0]).status == "IDLE"


@pytest.mark.parametrize(
    ("use_by", "ask", "amount_fen", "asked"),
    [
        (UseBy.BEARER, "NEVER", 100_000, False),
        (UseBy.BEARER, "ABOVE", 100, False),
        (UseBy.BEARER, "ABOVE", 101, True),
        (UseBy.BEARER, "ALWAYS", 0, True),
        (UseBy.VEHICLE, "NEVER", 100_000, False),
        (UseBy.VEHICLE, "ABOVE", 101, True),
        # Whom a card serves alone proves by PIN who she is.
        (UseBy.HOLDER, "NEVER", 0, True),
        (UseBy.HOLDER, "ABOVE", 100, True),
    ],
)
def test_the_pin_is_asked_as_the_policy_says(use_by: str, ask: str, amount_fen: int, asked: bool) -> None:
    """X-16, X-19."""
    free = pin_free_fen(use_by=use_by, ask=ask, above_fen=100)
    assert pin_asked(free_fen=free, amount_fen=amount_fen) is asked


def test_the_law_caps_what_a_card_may_hold() -> None:
    assert (lawful_cap_fen(member_required=True), lawful_cap_fen(member_required=False)) == (500_000, 100_000)
