"""The life of a card: the table walked whole, and each act's own guards."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from ledger.models import Account, Lot, Posting
from membership.cards import services
from membership.cards.domain import LIFE, CardAct, CardStatus, IdShown, NumberRange, Shown, destination
from membership.cards.models import Card, CardType
from membership.cards.policy import PinProof
from membership.cards.services.destroying import destroy_cards
from membership.cashier import services as cashier
from membership.cashier.drafts import check_amount
from membership.cashier.models import ChainPolicy
from membership.records.models import Record
from tenants.audit.models import AuditEntry
from tenants.people.domain import Act, Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]

NEXT = "8800000005"


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """What happens within has never happened afterwards."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        pass


def acts(clerk: Actor, store_id: int, holder: Holder) -> dict[CardAct, Callable[[str], Any]]:
    """Each act of the table as its service, by a card's number."""

    def simple(service: Callable[..., Any]) -> Callable[[str], Any]:
        return lambda number: service(actor=clerk, number=number, store_id=store_id)

    def issue(number: str) -> Any:
        CardType.objects.update(cards_per_id=None)
        return services.issue_card(actor=clerk, number=number, member=holder.member, store_id=store_id, activate=False)

    def expire(number: str) -> Any:
        Card.objects.filter(number=number).update(valid_until=clock.today() - timedelta(days=1))
        return services.expire_cards(on=clock.today())

    def reactivate(number: str) -> Any:
        Card.objects.filter(number=number).update(valid_until=clock.today() - timedelta(days=1))
        return services.reactivate_card(actor=clerk, number=number, store_id=store_id)

    def lock_pin(number: str) -> Any:
        for _try in range(5):
            services.check_till_pin(actor=clerk, number=number, pin="000000", store_id=store_id)

    def destroy(number: str) -> Any:
        card = Card.objects.get(number=number)
        return destroy_cards(actor=clerk, card_ids=[card.pk], store_id=store_id, document="XH20260302-0001")

    def succeed(service: Callable[..., Any]) -> Callable[[str], Any]:
        return lambda number: service(actor=clerk, number=number, new_number=NEXT, store_id=store_id)

    return {
        CardAct.ISSUE: issue,
        CardAct.ACTIVATE: simple(services.activate_card),
        CardAct.REPORT_LOST: simple(services.report_lost),
        CardAct.LIFT_LOSS: simple(services.lift_loss),
        CardAct.FREEZE: simple(services.freeze_card),
        CardAct.UNFREEZE: simple(services.unfreeze_card),
        CardAct.LOCK_PIN: lock_pin,
        CardAct.UNLOCK_PIN: simple(services.unlock_pin),
        CardAct.EXPIRE: expire,
        CardAct.REACTIVATE: reactivate,
        CardAct.REISSUE: succeed(services.reissue_card),
        CardAct.REPLACE: succeed(services.replace_card),
        CardAct.WITHDRAW: simple(services.withdraw_card),
        CardAct.COLLECT: simple(services.collect_card),
        CardAct.DESTROY: destroy,
    }


def test_the_table_is_walked_whole(
    in_chain: InChain, clerk: Actor, store_id: int, issue: Callable[..., Holder], idle_cards: list[str]
) -> None:
    """Section Z: from every status every act does what the table says, or nothing at all."""
    holder = issue()
    by_act = acts(clerk, store_id, holder)
    assert set(by_act) == set(CardAct) == set(LIFE)
    walked = 0
    with in_chain():
        services.make_cards(actor=clerk, level_code="PLAIN", type_code="GIFT", numbers=NumberRange("77", 1, 1))
        services.issue_card(actor=clerk, number="7700000001", member=None, store_id=store_id)
        for status in CardStatus:
            for act, service in by_act.items():
                number = holder.number if status != CardStatus.IDLE else idle_cards[1]
                if act == CardAct.COLLECT and status in (CardStatus.ACTIVE, CardStatus.EXPIRED):
                    number = "7700000001"
                before = CardStatus.FROZEN if status == CardStatus.LOST and act == CardAct.LIFT_LOSS else ""
                expected = destination(act, status=status, before_loss=before)
                with undone():
                    Card.objects.filter(number=number).update(status=status, before_loss=before)
                    trail = AuditEntry.objects.count()
                    with contextlib.suppress(DomainError), transaction.atomic():
                        service(number)
                    now = CardStatus(Card.objects.get(number=number).status)
                    assert now == (expected or status), (status, act)
                    assert (AuditEntry.objects.count() > trail) == (expected is not None), (status, act)
                    walked += 1
    assert walked == len(CardStatus) * len(CardAct) == 165


def test_what_a_locked_card_forbids(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    """R-C13: the lock stands apart from the status, and keeps the value where it is."""
    with in_chain():
        services.set_locked(actor=clerk, number=holder.number, locked=True, store_id=store_id, reason="核查")
    with in_chain(), pytest.raises(services.LockForbids):
        services.replace_card(actor=clerk, number=holder.number, new_number=NEXT, store_id=store_id)
    with in_chain(), pytest.raises(services.LockForbids):
        services.withdraw_card(actor=clerk, number=holder.number, store_id=store_id)
    with in_chain():
        # Stopping it further is always possible.
        assert services.report_lost(actor=clerk, number=holder.number, store_id=store_id).locked
        assert list(Record.objects.order_by("id").values_list("kind", flat=True))[-2:] == ["LOCK", "LOSS"]


def test_a_card_is_not_activated_before_it_is_paid_for(
    in_chain: InChain, clerk: Actor, store_id: int, idle_cards: list[str], holder: Holder
) -> None:
    """R-L05."""
    with in_chain():
        CardType.objects.update(cards_per_id=None)
        card = services.issue_card(
            actor=clerk, number=idle_cards[2], member=holder.member, store_id=store_id, payment_pending=True
        ).card
    assert (card.status, card.activated_at) == ("ISSUED", None)
    with in_chain(), pytest.raises(services.PaymentPending):
        services.activate_card(actor=clerk, number=card.number, store_id=store_id)
    with in_chain():
        services.confirm_payment(actor=clerk, number=card.number, store_id=store_id)
        services.confirm_payment(actor=clerk, number=card.number, store_id=store_id)
        assert services.activate_card(actor=clerk, number=card.number, store_id=store_id).status == "ACTIVE"
        assert AuditEntry.objects.filter(act="card.paid").count() == 1


def test_an_agent_is_named(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    """R-J02, R-L08."""
    with in_chain(), pytest.raises(services.AgentUnnamed):
        services.report_lost(actor=clerk, number=holder.number, store_id=store_id, shown=Shown(IdShown.AGENT))
    with in_chain():
        services.report_lost(
            actor=clerk, number=holder.number, store_id=store_id, shown=Shown(IdShown.AGENT, " 林 强 ")
        )
        assert AuditEntry.objects.get(act="card.status").detail["agent"] == "林 强"


def top_up(clerk: Actor, store_id: int, holder: Holder, paid: int, bonus: int, key: str) -> None:
    check_amount(Money(paid))
    cashier.top_up(
        actor=clerk,
        card_number=holder.number,
        paid=Money(paid),
        bonus=Money(bonus),
        store_id=store_id,
        idempotency_key=key,
    )


def lots(account_id: int | None) -> list[tuple[str, int, datetime | None]]:
    found = Lot.objects.filter(account_id=account_id, live=True).order_by("remaining")
    return list(found.values_list("kind", "remaining", "expires_at"))


def test_a_lost_card_is_reissued_with_everything_on_it(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder, held_clock: datetime
) -> None:
    """R-J03, R-J06, R-L13, X-18: the lots go over as they are, the fee is taken, the old number is dead."""
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(reissue_fee_fen=1_800)
        top_up(clerk, store_id, holder, 20_000, 3_000, "second")
        before = lots(holder.card.stored_account_id)
        services.report_lost(actor=clerk, number=holder.number, store_id=store_id)
    with in_chain():
        done = services.reissue_card(
            actor=clerk, number=holder.number, new_number=NEXT, store_id=store_id, reason="遗失"
        )
    assert (done.moved.stored_fen, done.moved.points, done.fee_fen) == (33_000, 0, 1_800)
    with in_chain():
        old = Card.objects.select_related("stored_account").get(number=holder.number)
        new = Card.objects.select_related("stored_account", "replaces").get(number=NEXT)
        assert (old.status, old.stored_account.balance) == ("REPLACED", 0)
        assert (new.status, new.stored_account.balance, new.member_id) == ("ACTIVE", 33_000, holder.member.pk)
        assert (new.replaces, new.valid_until, new.level_id) == (old, old.valid_until, old.level_id)
        assert lots(new.stored_account_id) == before
        assert lots(old.stored_account_id) == []
        assert new.pin_must_change
        origins = Posting.objects.get(kind="MOVE").memo["origins"]
        assert sorted(origin["original"] for origin in origins) == [3_000, 10_000, 20_000]
        kinds = list(Record.objects.filter(card=new).order_by("id").values_list("kind", "amount_fen"))
        # The fee was paid in cash: nothing left the card for it.
        assert sorted(kinds) == [("FEE", 0), ("MOVE_IN", 33_000), ("REISSUE", 0)]
        assert ("MOVE_OUT", -33_000) in Record.objects.filter(card=old).values_list("kind", "amount_fen")
    with in_chain(), pytest.raises(services.StatusStepForbidden):
        services.lift_loss(actor=clerk, number=holder.number, store_id=store_id)


def test_the_fee_may_come_from_the_card(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    """R-J06."""
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(reissue_fee_fen=300)
        services.replace_card(actor=clerk, number=holder.number, new_number=NEXT, store_id=store_id, fee_from_card=True)
        assert Account.objects.get(kind="STORED", holder_id=Card.objects.get(number=NEXT).pk).balance == 9_700


@pytest.mark.parametrize(
    ("order", "left"),
    [
        ("EARLIEST_EXPIRY", {"PRINCIPAL": 30_000, "BONUS": 2_600}),
        ("BONUS_FIRST", {"PRINCIPAL": 30_000, "BONUS": 2_600}),
        ("PRO_RATA", {"PRINCIPAL": 29_636, "BONUS": 2_964}),
    ],
)
def test_a_fee_is_drawn_in_the_chains_own_order(
    order: str, left: dict[str, int], in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    with in_chain():
        ChainPolicy.objects.update(draw_policy=order)
        CardType.objects.filter(code="ORDINARY").update(reissue_fee_fen=400)
        top_up(clerk, store_id, holder, 20_000, 3_000, "second")
        services.replace_card(actor=clerk, number=holder.number, new_number=NEXT, store_id=store_id, fee_from_card=True)
        live = Lot.objects.filter(account__holder_id=Card.objects.get(number=NEXT).pk, live=True)
        assert dict(live.values_list("kind").annotate(Sum("remaining")).order_by()) == left


def test_a_fee_that_the_card_does_not_hold_undoes_the_whole_exchange(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    with in_chain():
        CardType.objects.filter(code="ORDINARY").update(reissue_fee_fen=10_001)
    # The refusal ends the transaction, as it ends a request's.
    with pytest.raises(DomainError) as refusal, in_chain():
        services.replace_card(actor=clerk, number=holder.number, new_number=NEXT, store_id=store_id, fee_from_card=True)
    assert refusal.value.code == "insufficient_balance"
    assert "可用 ¥100.00，需要 ¥100.01" in str(refusal.value)
    with in_chain():
        assert Card.objects.get(number=NEXT).status == "IDLE"
        assert Card.objects.select_related("stored_account").get(number=holder.number).stored_account.balance == 10_000


def test_a_card_frozen_before_it_was_lost_is_not_reissued(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    """R-I08: else losing it would undo the freeze."""
    with in_chain():
        services.freeze_card(actor=clerk, number=holder.number, store_id=store_id, reason="误充值")
        services.report_lost(actor=clerk, number=holder.number, store_id=store_id)
    with in_chain(), pytest.raises(DomainError) as refusal:
        services.reissue_card(actor=clerk, number=holder.number, new_number=NEXT, store_id=store_id)
    assert refusal.value.code == "card_frozen"
    with in_chain():
        assert services.lift_loss(actor=clerk, number=holder.number, store_id=store_id).status == "FROZEN"


def test_an_expired_card_is_reactivated_free_with_all_that_was_on_it(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder, held_clock: datetime
) -> None:
    """X-12: nothing is forfeited."""
    later = held_clock + timedelta(days=365 * 4)
    with clock.frozen(later):
        with in_chain():
            assert services.expire_cards(on=clock.today()) == 1
            assert services.expire_cards(on=clock.today()) == 0
            assert Card.objects.get(pk=holder.card.pk).status == "EXPIRED"
        with in_chain():
            card = services.reactivate_card(actor=clerk, number=holder.number, store_id=store_id)
        assert (card.status, card.valid_until, card.account_valid_until) == ("ACTIVE", *[date(2033, 2, 28)] * 2)
        with in_chain(), pytest.raises(services.NotExpired):
            services.reactivate_card(actor=clerk, number=holder.number, store_id=store_id)
        with in_chain():
            assert Account.objects.get(pk=card.stored_account_id).balance == 10_000


def test_the_ends_of_several_accounts_are_set_at_once(
    in_chain: InChain, clerk: Actor, store_id: int, issue: Callable[..., Holder]
) -> None:
    """R-C02, X-21: all or none, each on the trail."""
    numbers = [issue("林静").number, issue("林强", "13900001235").number]
    until = clock.today() + timedelta(days=10)
    with in_chain():
        assert services.adjust_account_expiry(actor=clerk, numbers=numbers, until=until, store_id=store_id) == 2
        assert services.adjust_account_expiry(actor=clerk, numbers=numbers, until=until, store_id=store_id) == 0
        assert set(Card.objects.filter(number__in=numbers).values_list("account_valid_until", flat=True)) == {until}
        assert AuditEntry.objects.filter(act=Act.CARD_VALIDITY).count() == 2
    with in_chain(), pytest.raises(DomainError):
        services.adjust_account_expiry(
            actor=clerk, numbers=[*numbers, NEXT], until=until + timedelta(days=1), store_id=store_id
        )
    with in_chain(), pytest.raises(services.InvalidValidity):
        services.adjust_account_expiry(
            actor=clerk, numbers=numbers, until=clock.today() - timedelta(days=1), store_id=store_id
        )
    with in_chain():
        assert set(Card.objects.filter(number__in=numbers).values_list("account_valid_until", flat=True)) == {until}


def test_nobody_leaves_with_money_on_the_card(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    """R-D05, R-D07."""
    with in_chain(), pytest.raises(services.CardNotEmpty):
        services.withdraw_card(actor=clerk, number=holder.number, store_id=store_id)
    with in_chain():
        cashier.consume(
            actor=clerk, card_number=holder.number, amount=Money(10_000), store_id=store_id, idempotency_key="all"
        )
        services.withdraw_card(actor=clerk, number=holder.number, store_id=store_id)
        services.collect_card(actor=clerk, number=holder.number, store_id=store_id)
        destroy_cards(actor=clerk, card_ids=[holder.card.pk], store_id=store_id, document="XH20260302-0001")
        assert Card.objects.get(pk=holder.card.pk).status == "DESTROYED"


def test_wrong_pins_at_tills_lock_the_card_and_the_desk_unlocks_it(
    in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    """X-19, R-L08."""
    wrong = "000000"

    def typed(pin: str) -> services.TillPinOutcome:
        with in_chain():
            return services.check_till_pin(actor=clerk, number=holder.number, pin=pin, store_id=store_id)

    assert [typed(wrong).left for _try in range(4)] == [4, 3, 2, 1]
    assert typed(holder.pin) == services.TillPinOutcome(left=5, proof=PinProof(holder.card.pk, pin_version=1))
    assert [typed(wrong).locked for _try in range(5)] == [False] * 4 + [True]
    again = typed(holder.pin)
    assert (again.accepted, again.locked, getattr(again.refusal, "code", "")) == (False, True, "card_pin_locked")
    with in_chain(), pytest.raises(DomainError) as refusal:
        cashier.consume(actor=clerk, card_number=holder.number, amount=Money(1), store_id=store_id, idempotency_key="x")
    assert refusal.value.code == "card_pin_locked"
    with in_chain():
        services.unlock_pin(actor=clerk, number=holder.number, store_id=store_id, reason="本人到店")
    assert typed(holder.pin).accepted


def test_a_member_chooses_her_pin_at_the_desk(in_chain: InChain, clerk: Actor, store_id: int, holder: Holder) -> None:
    """X-19: chosen by herself, it needs no change at the first log-in."""

    def choose(pin: str, again: str, version: int = 1) -> Card:
        return services.choose_pin(
            actor=clerk, number=holder.number, store_id=store_id, pin_version=version, new_pin=pin, again=again
        )

    for pin, again, code in (("135792", "135793", "pins_differ"), ("123456", "123456", "pin_trivial")):
        with in_chain(), pytest.raises(DomainError) as refusal:
            choose(pin, again)
        assert refusal.value.code == code
    with in_chain():
        card = choose("135792", "135792")
        assert (card.pin_must_change, card.pin_version) == (False, 2)
        assert services.check_till_pin(actor=clerk, number=holder.number, pin="135792", store_id=store_id).accepted
    with in_chain(), pytest.raises(services.PinChangedMeanwhile):
        choose("246801", "246801")
