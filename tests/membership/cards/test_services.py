"""Making and issuing cards, and changing their state."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

import pytest

from ledger.models import Account
from membership.cards.domain import CardStatus, NumberRange
from membership.cards.errors import CardIdle, CardNotFound
from membership.cards.models import Card
from membership.cards.services import (
    CardNotIdle,
    CardNumberTaken,
    InvalidNumberRange,
    InvalidValidity,
    LevelNotFound,
    StatusStepForbidden,
    activate_card,
    issue_card,
    lift_loss,
    make_cards,
    report_lost,
    reset_pin,
    set_locked,
)
from membership.members.models import Member
from membership.members.services import create_member
from membership.records.models import Record
from tenants.audit.models import AuditEntry
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def member(in_chain: InChain, clerk: Actor, store_id: int) -> Member:
    with in_chain():
        return create_member(actor=clerk, name="林静", phone="13900001234", store_id=store_id)


def test_made_cards_are_idle_bound_to_a_level_and_linked_to_nobody(
    in_chain: InChain, clerk: Actor, held_clock: datetime
) -> None:
    """R-B09, R-B10, R-B11."""
    numbers = NumberRange(prefix="66", first=1, quantity=3, check_digit=True)
    with in_chain():
        made = make_cards(actor=clerk, level_code="SILVER", numbers=numbers)
    assert (made.first, made.last, made.quantity) == (numbers.numbers()[0], numbers.numbers()[-1], 3)
    with in_chain():
        cards = list(Card.objects.order_by("number").select_related("level"))
        entry = AuditEntry.objects.get(act=Act.CARD_MAKE)
    assert [card.number for card in cards] == numbers.numbers()
    assert {(card.status, card.level.code, card.member_id, card.made_at) for card in cards} == {
        ("IDLE", "SILVER", None, held_clock)
    }
    assert (entry.actor, entry.object_id, entry.detail["quantity"]) == ("staff:7", made.first, 3)


def test_a_large_range_is_made_at_once(
    in_chain: InChain, clerk: Actor, django_assert_max_num_queries: Callable[..., AbstractContextManager[None]]
) -> None:
    with in_chain(), django_assert_max_num_queries(8):
        make_cards(actor=clerk, level_code="PLAIN", numbers=NumberRange("7", 0, 20_000, width=8))
    with in_chain():
        assert Card.objects.count() == 20_000


def test_a_range_that_meets_a_card_that_exists_makes_none(
    in_chain: InChain, clerk: Actor, idle_cards: list[str]
) -> None:
    with in_chain(), pytest.raises(CardNumberTaken) as refusal:
        make_cards(actor=clerk, level_code="GOLD", numbers=NumberRange("88", 4, 5))
    assert refusal.value.params == {"card_number": "8800000004"}
    with in_chain():
        assert Card.objects.count() == len(idle_cards)
        assert AuditEntry.objects.filter(act=Act.CARD_MAKE).count() == 1


@pytest.mark.parametrize(
    ("level", "numbers", "error"),
    [
        ("GOLD", NumberRange("88", 1, 0), InvalidNumberRange),
        ("PLATINUM", NumberRange("88", 1, 1), LevelNotFound),
    ],
)
def test_nonsense_makes_nothing(
    in_chain: InChain, clerk: Actor, level: str, numbers: NumberRange, error: type[Exception]
) -> None:
    with in_chain(), pytest.raises(error):
        make_cards(actor=clerk, level_code=level, numbers=numbers)
    with in_chain():
        assert Card.objects.count() == 0


def test_an_issued_card_is_active_with_two_empty_accounts_and_its_levels_validity(
    in_chain: InChain, clerk: Actor, store_id: int, idle_cards: list[str], member: Member, held_clock: datetime
) -> None:
    """R-B12, R-B18, R-B30; the PIN is six digits and must be changed (X-19)."""
    with in_chain():
        issued = issue_card(actor=clerk, number="8800 0000 01", member=member, store_id=store_id)
    with in_chain():
        card = Card.objects.select_related("stored_account", "points_account").get(number=idle_cards[0])
        record = Record.objects.get(card=card)
    assert (card.status, card.member_id, card.issued_at) == ("ACTIVE", member.pk, held_clock)
    assert card.valid_until == card.account_valid_until == date(2029, 3, 1)
    assert card.stored_account is not None
    assert card.points_account is not None
    stored, points = card.stored_account, card.points_account
    assert (stored.kind, stored.holder_id, stored.unit, stored.lotted, stored.balance) == (
        "STORED",
        card.pk,
        "CNY",
        True,
        0,
    )
    assert (points.kind, points.holder_id, points.unit, points.lotted, points.balance) == (
        "POINTS",
        card.pk,
        "PTS",
        True,
        0,
    )
    assert len(issued.pin) == 6
    assert issued.pin.isdigit()
    assert card.pin_must_change
    assert issued.pin not in card.pin_hash
    assert card.pin_hash.startswith("v1$argon2id$v=19$m=19456,t=2,p=1$")
    assert (record.kind, record.amount_fen, record.actor) == ("ISSUE", 0, "staff:7")


def test_a_card_may_be_issued_now_and_activated_later(
    in_chain: InChain, clerk: Actor, store_id: int, idle_cards: list[str], member: Member
) -> None:
    """R-B29, R-B30."""
    with in_chain():
        issued = issue_card(actor=clerk, number=idle_cards[0], member=member, store_id=store_id, activate=False)
        assert issued.card.status == CardStatus.ISSUED
        assert activate_card(actor=clerk, number=idle_cards[0], store_id=store_id).status == CardStatus.ACTIVE
        with pytest.raises(StatusStepForbidden):
            activate_card(actor=clerk, number=idle_cards[0], store_id=store_id)


def test_a_card_is_issued_once(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder, member: Member) -> None:
    with in_chain(), pytest.raises(CardNotIdle) as refusal:
        issue_card(actor=clerk, number=holder.number, member=member, store_id=store_id)
    assert "正常" in str(refusal.value)
    with in_chain():
        assert Card.objects.get(number=holder.number).member_id == holder.member.pk
        assert Account.objects.count() == 2


def test_a_card_is_not_issued_into_the_past(
    in_chain: InChain, clerk: Actor, store_id: int, idle_cards: list[str], member: Member, held_clock: datetime
) -> None:
    with in_chain(), pytest.raises(InvalidValidity):
        issue_card(actor=clerk, number=idle_cards[0], member=member, store_id=store_id, valid_until=date(2026, 3, 1))
    with in_chain():
        assert Card.objects.get(number=idle_cards[0]).status == CardStatus.IDLE
        assert Account.objects.count() == 0


def test_an_unknown_card_is_named(in_chain: InChain, clerk: Actor, store_id: int, member: Member) -> None:
    with in_chain(), pytest.raises(CardNotFound) as refusal:
        issue_card(actor=clerk, number="404", member=member, store_id=store_id)
    assert "404" in str(refusal.value)


def test_who_may_only_take_money_cannot_make_or_issue(
    in_chain: InChain, store_id: int, idle_cards: list[str], member: Member
) -> None:
    cashier = Actor(kind="staff", id=9, grants={Act.VALUE_CONSUME: frozenset({store_id})})
    with in_chain(), pytest.raises(NotAllowed):
        make_cards(actor=cashier, level_code="GOLD", numbers=NumberRange("99", 1, 1))
    with in_chain(), pytest.raises(NotAllowed):
        issue_card(actor=cashier, number=idle_cards[0], member=member, store_id=store_id)
    with in_chain():
        assert Card.objects.exclude(status="IDLE").count() == 0
        assert Card.objects.count() == len(idle_cards)


def test_a_lost_card_is_stopped_and_reopened(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    """R-J02, R-J07."""
    with in_chain():
        assert report_lost(actor=clerk, number=holder.number, store_id=store_id).status == "LOST"
    with in_chain(), pytest.raises(StatusStepForbidden):
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
    with in_chain():
        lift_loss(actor=clerk, number=holder.number, store_id=store_id, reason="在前台找到")
        assert Card.objects.get(number=holder.number).status == "ACTIVE"
        steps = list(AuditEntry.objects.filter(act="card.status").order_by("pk").values_list("detail", flat=True))
    seen = {"id_shown": "HOLDER"}
    assert steps == [
        {"from": "ACTIVE", "to": "LOST", **seen},
        {"from": "LOST", "to": "ACTIVE", "reason": "在前台找到", **seen},
    ]


def test_the_lock_is_apart_from_the_status(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    """R-C13."""
    with in_chain():
        set_locked(actor=clerk, number=holder.number, locked=True, store_id=store_id)
    with in_chain():
        card = Card.objects.get(number=holder.number)
    assert (card.status, card.locked) == ("ACTIVE", True)


def test_a_change_of_state_locks_the_card_and_its_value_before_it_writes(
    in_chain: InChain,
    clerk: Actor,
    store_id: int,
    holder: Holder,
    django_assert_num_queries: Callable[..., AbstractContextManager[list[dict[str, str]]]],
) -> None:
    with in_chain(), django_assert_num_queries(6) as statements:
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
    # The chain's rule about ID numbers comes first; nothing hangs on the order of that.
    asked, *texts = [statement["sql"] for statement in statements]
    assert "cards_cardrules" in asked
    assert [text.endswith("FOR NO KEY UPDATE") or "FOR NO KEY UPDATE OF" in text for text in texts] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert '"ledger_account"' in texts[1]
    assert texts[2].startswith('UPDATE "cards_card"')


def test_a_new_pin_ends_the_old_and_must_be_changed(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    with in_chain():
        issued = reset_pin(actor=clerk, number=holder.number, store_id=store_id, pin_version=1)
    with in_chain():
        card = Card.objects.get(number=holder.number)
    assert issued.pin != holder.pin
    assert card.pin_hash != holder.card.pin_hash
    assert (card.pin_version, card.pin_must_change) == (2, True)


def test_an_idle_card_has_no_pin_to_reset(
    in_chain: InChain, clerk: Actor, store_id: int, idle_cards: list[str]
) -> None:
    with in_chain(), pytest.raises(CardIdle):
        reset_pin(actor=clerk, number=idle_cards[0], store_id=store_id, pin_version=0)
