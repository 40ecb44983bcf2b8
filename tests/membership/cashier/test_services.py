"""Top-up, consumption and reversal at a till: once each, and refused without a trace."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from kernel import clock
from kernel.db import in_chain as in_chain_schema
from kernel.errors import DomainError
from kernel.ids import uuid7
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.domain import DrawPolicy
from ledger.models import Account, Lot, Posting
from membership.cards.errors import CardNotFound
from membership.cards.models import Card
from membership.cards.services import report_lost
from membership.cashier import services
from membership.cashier.domain import Receipt, receipt_number
from membership.cashier.errors import InsufficientBalance, NotReversible, OverCap, RecordNotFound
from membership.cashier.models import ChainPolicy
from membership.records.models import Record
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
Till = Callable[..., Receipt]


@pytest.fixture
def top_up(in_chain: InChain, clerk: Actor, store_id: int) -> Till:
    def act(number: str, paid_fen: int, bonus_fen: int = 0, *, key: str = "t1", actor: Actor = clerk) -> Receipt:
        with in_chain():
            return services.top_up(
                actor=actor,
                card_number=number,
                paid=Money(paid_fen),
                bonus=Money(bonus_fen),
                store_id=store_id,
                idempotency_key=key,
            )

    return act


@pytest.fixture
def consume(in_chain: InChain, clerk: Actor, store_id: int) -> Till:
    def act(number: str, fen: int, *, key: str = "c1", actor: Actor = clerk, note: str = "") -> Receipt:
        with in_chain():
            return services.consume(
                actor=actor,
                card_number=number,
                amount=Money(fen),
                store_id=store_id,
                idempotency_key=key,
                note=note,
            )

    return act


@pytest.fixture
def unchanged(in_chain: InChain) -> Callable[[], AbstractContextManager[None]]:
    """``with unchanged():`` nothing of the books, the records or the trail is different afterwards."""

    def state() -> tuple[object, ...]:
        with in_chain():
            return (
                list(Account.objects.order_by("pk").values_list("balance", "version")),
                list(Lot.objects.order_by("pk").values_list("remaining", "version")),
                Posting.objects.count(),
                Record.objects.count(),
                AuditEntry.objects.count(),
            )

    @contextmanager
    def watch() -> Iterator[None]:
        before = state()
        yield
        assert state() == before

    return watch


def _kinds(in_chain: InChain, holder: Holder) -> dict[str, int]:
    with in_chain():
        lots = Lot.objects.filter(account_id=holder.card.stored_account_id, live=True).order_by("id")
        return dict(lots.values_list("kind", "remaining"))


def test_a_top_up_opens_what_was_paid_and_what_was_given_as_lots_of_their_own(
    in_chain: InChain, issue: Callable[..., Holder], top_up: Till, held_clock: datetime
) -> None:
    holder = issue()
    receipt = top_up(holder.number, 100_000, 10_000)
    assert (receipt.kind, receipt.amount_fen, receipt.balance_after_fen, receipt.replayed) == (
        "TOP_UP",
        110_000,
        110_000,
        False,
    )
    with in_chain():
        lots = list(Lot.objects.order_by("id").values_list("kind", "original", "expires_at"))
        record = Record.objects.get(id=receipt.record_id)
        entry = AuditEntry.objects.get(act=Act.VALUE_TOP_UP)
    # Given for twelve months, to the end of the last day in China.
    assert lots == [("PRINCIPAL", 100_000, None), ("BONUS", 10_000, datetime(2027, 3, 1, 16, tzinfo=UTC))]
    assert (record.kind, record.amount_fen, record.balance_after_fen, record.posting_id) == (
        "TOP_UP",
        110_000,
        110_000,
        receipt.record_id,
    )
    assert (record.detail["paid_fen"], record.detail["bonus_fen"], record.actor_name) == (100_000, 10_000, "周晓梅")
    assert (entry.object_id, entry.detail["amount_fen"]) == (holder.number, 110_000)


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (DrawPolicy.EARLIEST_EXPIRY, {"PRINCIPAL": 98_000}),
        (DrawPolicy.BONUS_FIRST, {"PRINCIPAL": 98_000}),
        (DrawPolicy.PRO_RATA, {"PRINCIPAL": 89_091, "BONUS": 8_909}),
    ],
)
def test_a_consumption_draws_as_the_chain_decided(
    in_chain: InChain,
    issue: Callable[..., Holder],
    top_up: Till,
    consume: Till,
    policy: DrawPolicy,
    left: dict[str, int],
) -> None:
    holder = issue()
    with in_chain():
        ChainPolicy.objects.update(draw_policy=policy.value)
    top_up(holder.number, 100_000, 10_000)
    receipt = consume(holder.number, 12_000, note="精洗")
    assert (receipt.amount_fen, receipt.balance_after_fen) == (-12_000, 98_000)
    assert sum(receipt.drawn.values()) == 12_000
    assert _kinds(in_chain, holder) == left
    with in_chain():
        detail = Record.objects.get(id=receipt.record_id).detail
    assert detail == {"note": "精洗", "drawn": dict(receipt.drawn)}


def test_the_last_fen_may_be_spent_and_not_one_more(holder: Holder, consume: Till, unchanged: InChain) -> None:
    assert consume(holder.number, 10_000).balance_after_fen == 0
    with unchanged(), pytest.raises(InsufficientBalance) as refusal:
        consume(holder.number, 1, key="c2")
    assert "¥0.00" in str(refusal.value)


def test_an_overdraft_is_refused_with_what_is_available(holder: Holder, consume: Till, unchanged: InChain) -> None:
    with unchanged(), pytest.raises(InsufficientBalance) as refusal:
        consume(holder.number, 10_001)
    assert str(refusal.value) == "余额不足：可用 ¥100.00，需要 ¥100.01。未扣款。"
    assert (refusal.value.code, refusal.value.status) == ("insufficient_balance", 409)


@pytest.mark.parametrize("fen", [0, -1, -100_000])
def test_what_is_not_an_amount_is_refused(
    holder: Holder, consume: Till, top_up: Till, unchanged: InChain, fen: int
) -> None:
    with unchanged(), pytest.raises(DomainError) as refusal:
        consume(holder.number, fen)
    assert refusal.value.code == "amount_not_positive"
    with unchanged(), pytest.raises(DomainError) as refusal:
        top_up(holder.number, fen)
    assert refusal.value.code == "amount_not_positive"


def test_a_negative_bonus_and_an_absurd_amount_are_refused(holder: Holder, top_up: Till, unchanged: InChain) -> None:
    with unchanged(), pytest.raises(DomainError) as refusal:
        top_up(holder.number, 100, -1)
    assert refusal.value.code == "amount_not_positive"
    with unchanged(), pytest.raises(DomainError) as refusal:
        top_up(holder.number, 10**15)
    assert refusal.value.code == "amount_too_large"


def test_a_card_is_filled_to_its_cap_and_no_further(
    issue: Callable[..., Holder], top_up: Till, unchanged: InChain
) -> None:
    """单用途商业预付卡管理办法: a registered card holds at most ¥5,000."""
    holder = issue()
    assert top_up(holder.number, 450_000, 50_000).balance_after_fen == 500_000
    with unchanged(), pytest.raises(OverCap) as refusal:
        top_up(holder.number, 1, key="t2")
    assert str(refusal.value) == "充值后余额将为 ¥5,000.01，超过该卡上限 ¥5,000.00；最多还可充入 ¥0.00。未充值。"


def test_the_same_key_again_does_nothing_and_says_the_same(holder: Holder, consume: Till, unchanged: InChain) -> None:
    first = consume(holder.number, 3_000)
    with unchanged():
        again = consume(holder.number, 3_000)
    assert again.replayed
    assert (again.record_id, again.amount_fen, again.balance_after_fen) == (first.record_id, -3_000, 7_000)


def test_the_same_key_for_another_act_is_refused(holder: Holder, consume: Till, unchanged: InChain) -> None:
    consume(holder.number, 3_000)
    with unchanged(), pytest.raises(DomainError) as refusal:
        consume(holder.number, 3_001)
    assert (refusal.value.code, refusal.value.status) == ("idempotency_conflict", 409)


def test_the_keys_of_two_people_never_meet(holder: Holder, consume: Till, clerk: Actor) -> None:
    consume(holder.number, 3_000, key="same")
    other = Actor(kind="staff", id=8, name="钱进", grants=clerk.grants)
    assert consume(holder.number, 2_000, key="same", actor=other).balance_after_fen == 5_000


def test_a_key_must_be_there(holder: Holder, consume: Till, unchanged: InChain) -> None:
    with unchanged(), pytest.raises(DomainError) as refusal:
        consume(holder.number, 100, key="")
    assert refusal.value.code == "idempotency_key_invalid"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "LOST"}, "card_lost"),
        ({"status": "FROZEN"}, "card_frozen"),
        ({"status": "ISSUED"}, "card_issued"),
        ({"status": "REPLACED"}, "card_replaced"),
        ({"locked": True}, "card_locked"),
        ({"valid_until": date(2026, 3, 1)}, "card_expired"),
        ({"account_valid_until": date(2026, 3, 1)}, "card_account_expired"),
    ],
)
def test_a_card_that_may_not_be_used_is_refused_by_name(
    in_chain: InChain,
    held_clock: datetime,
    holder: Holder,
    consume: Till,
    top_up: Till,
    unchanged: InChain,
    change: dict[str, object],
    code: str,
) -> None:
    """R-C04, R-C13, R-J02."""
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(**change)
    for act in (consume, top_up):
        with unchanged(), pytest.raises(DomainError) as refusal:
            act(holder.number, 100)
        assert refusal.value.code == code
        assert holder.number in str(refusal.value)


def test_a_card_is_good_to_the_end_of_its_last_day_in_china(in_chain: InChain, holder: Holder, consume: Till) -> None:
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(valid_until=date(2026, 6, 30))
    last_second = datetime(2026, 6, 30, 15, 59, 59, tzinfo=UTC)
    with clock.frozen(last_second):
        assert consume(holder.number, 100).balance_after_fen == 9_900
    with clock.frozen(last_second + timedelta(seconds=1)), pytest.raises(DomainError) as refusal:
        consume(holder.number, 100, key="c2")
    assert refusal.value.code == "card_expired"


def test_an_idle_and_an_unknown_card_are_refused(consume: Till, idle_cards: list[str], unchanged: InChain) -> None:
    with unchanged(), pytest.raises(DomainError) as refusal:
        consume(idle_cards[0], 100)
    assert refusal.value.code == "card_idle"
    with unchanged(), pytest.raises(CardNotFound):
        consume("no-such-card", 100)


def test_each_act_needs_its_right_in_that_store(
    holder: Holder, consume: Till, top_up: Till, store_id: int, unchanged: InChain
) -> None:
    elsewhere = Actor(kind="staff", id=3, grants={Act.VALUE_CONSUME: frozenset({store_id + 1})})
    with unchanged(), pytest.raises(NotAllowed):
        consume(holder.number, 100, actor=elsewhere)
    with unchanged(), pytest.raises(NotAllowed):
        top_up(holder.number, 100, actor=elsewhere)


def test_a_reversal_gives_back_the_very_lots(
    in_chain: InChain, issue: Callable[..., Holder], top_up: Till, consume: Till, clerk: Actor, store_id: int
) -> None:
    holder = issue()
    top_up(holder.number, 100_000, 10_000)
    spent = consume(holder.number, 12_000)
    with in_chain():
        undone = services.reverse(
            actor=clerk, record_id=spent.record_id, store_id=store_id, idempotency_key="r1", reason="刷错卡"
        )
    assert (undone.kind, undone.amount_fen, undone.balance_after_fen) == ("REVERSAL", 12_000, 110_000)
    assert _kinds(in_chain, holder) == {"PRINCIPAL": 100_000, "BONUS": 10_000}
    with in_chain():
        detail = Record.objects.get(id=undone.record_id).detail
    assert detail["reverses"] == str(spent.record_id)
    assert detail["note"] == "刷错卡"


def test_a_record_is_reversed_once_and_a_reversal_never(
    in_chain: InChain, holder: Holder, consume: Till, clerk: Actor, store_id: int, unchanged: InChain
) -> None:
    spent = consume(holder.number, 1_000)

    def reverse(record_id: object, key: str) -> Receipt:
        with in_chain():
            return services.reverse(
                actor=clerk,
                record_id=record_id,
                store_id=store_id,
                idempotency_key=key,
                reason="x",  # type: ignore[arg-type]
            )

    undone = reverse(spent.record_id, "r1")
    assert reverse(spent.record_id, "r1").replayed
    with unchanged(), pytest.raises(DomainError) as refusal:
        reverse(spent.record_id, "r2")
    assert refusal.value.code == "already_reversed"
    with unchanged(), pytest.raises(NotReversible):
        reverse(undone.record_id, "r3")
    with unchanged(), pytest.raises(RecordNotFound):
        reverse(uuid7(), "r4")


def test_a_top_up_is_not_reversed_but_reported_by_a_fault_form(
    in_chain: InChain,
    issue: Callable[..., Holder],
    top_up: Till,
    clerk: Actor,
    store_id: int,
    unchanged: InChain,
) -> None:
    """R-I05 – R-I08."""
    holder = issue()
    filled = top_up(holder.number, 10_000)
    with unchanged(), in_chain(), pytest.raises(DomainError) as refusal:
        services.reverse(actor=clerk, record_id=filled.record_id, store_id=store_id, idempotency_key="r1", reason="x")
    assert refusal.value.code == "fault_form_needed"


def test_the_books_prove_themselves_after_all_this(chain: Chain, holder: Holder, top_up: Till, consume: Till) -> None:
    top_up(holder.number, 20_000, 5_000)
    consume(holder.number, 12_345)
    assert list(audit_schema(chain.schema_name)) == []


def test_a_consumption_waits_for_a_loss_report_and_is_then_refused(
    chain: Chain, in_chain: InChain, holder: Holder, clerk: Actor, store_id: int, consume: Till
) -> None:
    """The guard reads the card after the account's lock, so it sees what the holder of that lock has committed."""
    answers: list[object] = []

    def spend() -> None:
        try:
            answers.append(consume(holder.number, 100))
        except DomainError as error:
            answers.append(error.code)
        finally:
            connection.close()

    with in_chain_schema(chain.schema_name):
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
        till = threading.Thread(target=spend)
        till.start()
        till.join(timeout=0.5)
        assert till.is_alive()
    till.join(timeout=10)
    assert answers == ["card_lost"]


def test_receipt_numbers_can_be_read_out() -> None:
    record_id, moment = uuid7(), datetime(2026, 8, 1, 17, tzinfo=UTC)
    number = receipt_number(record_id, moment)
    assert number == receipt_number(record_id, moment)
    day, first, second = number.split("-")
    assert (day, len(first), len(second)) == ("20260802", 5, 5)
    assert not set(first + second) & set("ILOU")
