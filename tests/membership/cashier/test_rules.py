"""What the chain's rules give and refuse at the till: bonus, staff, vehicles; and many tills at once."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st

from kernel import clock
from kernel.errors import DomainError
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.models import Account
from membership.cards.models import Card
from membership.cashier import policies, services
from membership.cashier.bonus import BonusKind, BonusTerm, best_bonus
from membership.cashier.domain import Receipt
from membership.cashier.quoting import quote_top_up
from membership.cashier.tender import Served, Tender
from membership.records.models import Record
from membership.vehicles.models import Vehicle
from tenants.chains.models import Chain
from tenants.people.domain import Act, Actor, NotAllowed
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]
DAY = date(2026, 3, 1)

_terms = st.builds(
    BonusTerm,
    id=st.integers(1, 9),
    name=st.just("x"),
    min_paid_fen=st.integers(1, 10**6),
    kind=st.sampled_from(list(BonusKind)),
    value=st.integers(1, 10_000),
    level_id=st.sampled_from([None, 1, 2]),
    store_id=st.sampled_from([None, 1, 2]),
    starts_on=st.sampled_from([None, date(2026, 2, 1), date(2026, 4, 1)]),
    ends_on=st.sampled_from([None, date(2026, 2, 20), date(2026, 5, 1)]),
    day_cap_fen=st.sampled_from([None, 500]),
)


@given(terms=st.lists(_terms, max_size=8), paid=st.integers(1, 10**6), given_today=st.integers(0, 600))
def test_the_rule_that_gives_most_decides(terms: list[BonusTerm], paid: int, given_today: int) -> None:
    """R-E08: whatever the rules, what is given is the most that any fitting one gives."""
    before = dict.fromkeys(range(1, 10), given_today)
    best = best_bonus(terms, paid_fen=paid, level_id=1, store_id=1, day=DAY, given_today=before)
    alone = [
        found.fen
        for term in terms
        if (found := best_bonus([term], paid_fen=paid, level_id=1, store_id=1, day=DAY, given_today=before))
    ]
    assert (best.fen if best else 0) == max(alone, default=0)
    if best is not None:
        assert paid >= best.term.min_paid_fen
        assert best.term.level_id in (None, 1)
        assert best.term.day_cap_fen is None or best.fen + given_today <= best.term.day_cap_fen
        assert best.fen <= max(paid, best.term.value)


@pytest.fixture
def top_up(in_chain: InChain, clerk: Actor, store_id: int) -> Callable[..., Receipt]:
    def act(number: str, fen: int, key: str, actor: Actor = clerk, bonus: Money | None = None) -> Receipt:
        with in_chain():
            return services.top_up(
                actor=actor,
                card_number=number,
                paid=Money(fen),
                bonus=bonus,
                store_id=store_id,
                idempotency_key=key,
            )

    return act


@pytest.fixture
def tiers(in_chain: InChain, clerk: Actor) -> None:
    """¥500 brings ¥30; ¥1,000 brings 10 %, at most ¥150 for a member in a day."""
    with in_chain():
        policies.add_bonus_rule(actor=clerk, name="满500送30", min_paid_fen=50_000, kind="FIXED", value=3_000)
        policies.add_bonus_rule(
            actor=clerk, name="满1000送10%", min_paid_fen=100_000, kind="PERCENT", value=1_000, day_cap_fen=15_000
        )


@pytest.mark.usefixtures("tiers")
def test_a_top_up_brings_what_its_rule_says_and_says_which(
    in_chain: InChain, issue: Callable[..., Holder], top_up: Callable[..., Receipt], clerk: Actor, store_id: int
) -> None:
    """R-G06; the second big top-up of the day gets what is left of the day's most."""
    holder = issue()
    with in_chain():
        foreseen = quote_top_up(actor=clerk, card_number=holder.number, paid=Money(100_000), store_id=store_id)
    assert (foreseen.bonus_fen, foreseen.rule_name) == (10_000, "满1000送10%")
    amounts = [top_up(holder.number, fen, f"t{fen}").amount_fen for fen in (49_999, 50_000, 100_000, 100_001)]
    assert amounts == [49_999, 53_000, 110_000, 105_001]
    with in_chain():
        names = [record.detail.get("bonus_rule_name") for record in Record.objects.filter(kind="TOP_UP").order_by("id")]
    assert names == [None, "满500送30", "满1000送10%", "满1000送10%"]


@pytest.mark.usefixtures("tiers")
def test_staff_take_no_bonus_and_a_bonus_by_hand_is_for_whoever_makes_the_rules(
    in_chain: InChain, issue: Callable[..., Holder], top_up: Callable[..., Receipt], clerk: Actor, store_id: int
) -> None:
    """R-I03."""
    holder = issue()
    with in_chain():
        policies.set_member_terms(actor=clerk, member_id=holder.member.pk, signed_limit_fen=None, is_staff=True)
    assert top_up(holder.number, 100_000, "a").amount_fen == 100_000
    cashier = Actor(kind="staff", id=3, grants={Act.VALUE_TOP_UP: frozenset({store_id})})
    with pytest.raises(NotAllowed):
        top_up(holder.number, 100_000, "b", actor=cashier, bonus=Money(1))
    assert top_up(holder.number, 100_000, "c", bonus=Money(7)).amount_fen == 100_007


def test_a_rule_that_contradicts_itself_is_refused(in_chain: InChain, clerk: Actor) -> None:
    for wrong in ({"value": 0}, {"kind": "PERCENT", "value": 10_001}, {"starts_on": DAY, "ends_on": date(2026, 2, 1)}):
        rule: dict[str, object] = {"name": "x", "min_paid_fen": 1, "kind": "FIXED", "value": 1} | wrong
        with in_chain(), pytest.raises(policies.RuleInvalid):
            policies.add_bonus_rule(actor=clerk, **rule)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("served", "code"),
    [
        (Served(), "vehicle_mismatch"),
        (Served(plate="沪A00000"), "vehicle_mismatch"),
        (Served(vin="LSVAU2180N2123456"), "vehicle_mismatch"),
        (Served(plate="粤b·12345"), None),
        (Served(vin="lsvau2180n2183294"), None),
    ],
)
def test_a_bound_card_pays_for_its_vehicle_only(
    in_chain: InChain, holder: Holder, clerk: Actor, store_id: int, served: Served, code: str | None
) -> None:
    """R-B15, R-B16, R-C08."""
    with in_chain():
        vehicle = Vehicle.objects.create(
            plate="粤B12345", vin="LSVAU2180N2183294", owner=holder.member, created_at=clock.now()
        )
        Card.objects.filter(pk=holder.card.pk).update(bound_vehicle=vehicle)

    def pay() -> Receipt:
        with in_chain():
            return services.consume(
                actor=clerk,
                card_number=holder.number,
                amount=Money(100),
                served=served,
                store_id=store_id,
                idempotency_key="v",
            )

    if code is None:
        assert pay().balance_after_fen == 9_900
        return
    with pytest.raises(DomainError) as refusal:
        pay()
    assert refusal.value.code == code


def test_many_tills_on_two_cards_and_one_prepayment_neither_overdraw_nor_deadlock(
    chain: Chain, in_chain: InChain, issue: Callable[..., Holder], clerk: Actor, store_id: int
) -> None:
    """The accounts of a card and of its member are locked in one order, whichever till begins."""
    holder = issue(top_up_fen=5_000)
    with in_chain():
        services.pay_in(
            actor=clerk, card_number=holder.number, amount=Money(5_000), store_id=store_id, idempotency_key="in"
        )
    answers: list[str] = []

    def till(number: int) -> None:
        try:
            for place in range(10):
                with in_chain():
                    services.pay(
                        actor=clerk,
                        card_number=holder.number,
                        total=Money(200),
                        tender=Tender(stored_fen=100, prepayment_fen=100),
                        store_id=store_id,
                        idempotency_key=f"{number}-{place}",
                    )
                answers.append("ok")
        except DomainError as refusal:
            answers.append(refusal.code)
        except DatabaseError as error:
            answers.append(type(error).__name__)
        finally:
            connection.close()

    tills = [threading.Thread(target=till, args=[number]) for number in range(6)]
    for thread in tills:
        thread.start()
    for thread in tills:
        thread.join(timeout=60)
    assert answers.count("ok") == 50
    assert set(answers) <= {"ok", "insufficient_balance", "insufficient_prepayment"}
    with in_chain():
        assert Account.objects.get(kind="PREPAYMENT", holder_id=holder.member.pk).balance == 0
        assert Account.objects.get(kind="STORED", holder_id=holder.card.pk).balance == 0
    assert list(audit_schema(chain.schema_name)) == []
