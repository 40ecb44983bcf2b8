"""Whatever goes wrong between the service and us, what is credited is what the service received: no more, no less."""

import itertools
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.accounts.domain import AccountTooLow
from billing.payments import services
from billing.payments.domain import AttemptKind, AttemptState, EventState
from billing.payments.errors import AttemptNotFound, RefundOutOfRange
from billing.payments.gateway import gateway
from billing.payments.models import Attempt, AutoTopUp, PaymentEvent
from billing.payments.services import settling
from billing.simulator import paying
from kernel import clock
from kernel.db import in_public
from kernel.ids import uuid7
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tests import cast
from tests.billing.payments.town import Town
from tests.billing.payments.typed import CheckedTransport, Killed

FAULTS: dict[str, dict[str, Any]] = {
    "duplicate": {"duplicate": True},
    "reorder": {"reorder": True},
    "lose": {"lose": True},
    "delay": {"delay_s": 900},
    "busy": {"busy": 3},
    "lost answers": {"lost_answers": 2},
}
MORE = {"unreached": {"unreached": 1}, **FAULTS}
NONE = {"duplicate": False, "reorder": False, "lose": False, "delay_s": 0, "busy": 0, "lost_answers": 0, "unreached": 0}


def new_town(slug: str) -> Town:
    shop = cast.request(slug)
    with in_public():
        Chain.objects.filter(pk=shop.pk).update(state=ChainState.ACTIVE)
    return Town(shop)


def _combinations() -> Iterator[tuple[str, ...]]:
    """None, each, every two and all of them; with ``KAYUN_PROOF_FAULTS=all``, every combination there is."""
    at_once = range(len(FAULTS) + 1) if os.environ.get("KAYUN_PROOF_FAULTS") == "all" else (0, 1, 2, len(FAULTS))
    for size in at_once:
        yield from itertools.combinations(FAULTS, size)
    # What never arrives leaves less to go wrong: by itself, and beside each of the others.
    yield ("unreached",)
    for name in FAULTS:
        yield "unreached", name


def test_faults_that_come_together(town: Town, make_active: None) -> None:
    with clock.frozen(town.now):
        town.automatic(town.save_card(), threshold=12_000)
    for names in _combinations():
        # A day each: a card is charged a few times a day at most.
        town.now += timedelta(days=1)
        _one_life(town, names)
        assert town.credited() == town.received(), names
        assert town.open_ends() == [], names


def _one_life(town: Town, names: Sequence[str]) -> None:
    """A page that is paid, one that is left, a card that is charged, and a refund, all with these faults."""
    faults = dict(NONE)
    for name in names:
        faults |= MORE[name]
    town.switch(**faults)
    before = town.received()
    with clock.frozen(town.now):
        paid, left = town.top_up(10_000), town.top_up(4_000)
        town.use(town.standing.prepaid_fen + 1, f"all/{'/'.join(names)}")
        for attempt, act in ((paid, paying.pay), (left, paying.abandon)):
            if attempt.state == AttemptState.OPEN:
                with in_public():
                    act(attempt.object_id)
    town.rest()
    # The account was below its threshold: its card was charged, once.
    assert town.received() - before in {20_000, 30_000}, names
    town.switch(**faults)
    with clock.frozen(town.now):
        if town.state(paid) == AttemptState.SUCCEEDED:
            clerk = town.clerk()
            services.start_refund(actor=clerk, attempt_id=uuid7(), of_id=paid.pk, amount_fen=2_500, reason="多付")
    town.rest()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("top_up"), st.integers(400, 9_000)),
        st.tuples(st.sampled_from(["pay", "decline", "abandon", "look"]), st.integers(0, 3)),
        st.tuples(st.just("refund"), st.integers(1, 3_000)),
        st.tuples(st.just("fault"), st.sampled_from(sorted(MORE))),
        st.tuples(st.sampled_from(["deliver", "work", "reconcile", "use", "bank", "kill", "kill inside"]), st.none()),
    ),
    min_size=4,
    max_size=18,
)


@given(steps=STEPS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_order_of_events_retries_or_deaths_changes_the_sum(
    town: Town, checked: type[CheckedTransport], steps: list[tuple[str, Any]]
) -> None:
    life = Life(new_town(f"s{uuid7().hex[-12:]}"), checked)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in steps:
            life.step(patch, name, value)
    checked.kill_next = False
    life.town.switch(**NONE)
    life.town.rest()
    assert life.town.credited() == life.town.received()
    assert life.town.open_ends() == []
    with in_public():
        assert not Attempt.objects.filter(chain=life.town.shop, kind=AttemptKind.CARD_SETUP).exclude(
            state=AttemptState.SUCCEEDED
        )
    assert life.town.events(EventState.ATTENTION) == 0


class Life:
    """A chain to which things happen in any order."""

    def __init__(self, town: Town, transport: type[CheckedTransport]) -> None:
        town.switch(**NONE)
        self.town, self.transport = town, transport
        with clock.frozen(town.now):
            town.automatic(town.save_card())
        self.attempts: list[Attempt] = []
        self.charges = 0

    def step(self, patch: pytest.MonkeyPatch, name: str, value: Any) -> None:
        """Something happens. Who dies leaves everything as it is; the others go on."""
        refusals = (paying.PageOver, AccountTooLow, AttemptNotFound, RefundOutOfRange)
        with suppress(Killed, *refusals), clock.frozen(self.town.now):
            self._do(patch, name, value)

    def _do(self, patch: pytest.MonkeyPatch, name: str, value: Any) -> None:
        town = self.town
        if name == "top_up":
            self.attempts.append(town.top_up(value))
        elif name in {"pay", "decline", "abandon", "look"}:
            self._on_page(name, value)
        elif name == "refund":
            self._refund(value)
        elif name == "fault":
            town.switch(**MORE[value])
        elif name == "use":
            self.charges += 1
            town.use(700, f"{town.shop.pk}/{self.charges}")
        elif name == "bank":
            self._bank_returns_a_refund()
        elif name == "kill":
            self.transport.kill_next = True
        elif name == "kill inside":
            _die_once(patch)
        elif name == "work":
            town.now += timedelta(minutes=3)
            town.work()
        else:
            {"deliver": town.deliver, "reconcile": services.reconcile}[name]()

    def _on_page(self, name: str, number: int) -> None:
        if number < len(self.attempts) and self.attempts[number].state == AttemptState.OPEN:
            attempt = self.attempts[number]
            if name == "look":
                services.look_at(attempt.pk, at_once=True)
            else:
                with in_public():
                    getattr(paying, name)(attempt.object_id)

    def _refund(self, fen: int) -> None:
        with in_public():
            paid = Attempt.objects.filter(chain=self.town.shop, state=AttemptState.SUCCEEDED).exclude(intent_id="")
            of = paid.exclude(kind=AttemptKind.REFUND).first()
        if of is not None:
            clerk = self.town.clerk()
            services.start_refund(actor=clerk, attempt_id=uuid7(), of_id=of.pk, amount_fen=fen, reason="多付")

    def _bank_returns_a_refund(self) -> None:
        with in_public():
            sent = Attempt.objects.filter(chain=self.town.shop, kind=AttemptKind.REFUND, state=AttemptState.SUCCEEDED)
            refund = sent.first()
            if refund is not None:
                paying.refuse_refund(refund.object_id)


def _die_once(patch: pytest.MonkeyPatch) -> None:
    """The next time something is settled, the process ends before the transaction does."""
    settle = settling.settle

    def dying(found: Any) -> bool:
        settle(found)
        patch.setattr(settling, "settle", settle)
        raise Killed

    patch.setattr(settling, "settle", dying)


def test_two_workers_learn_the_same_thing_at_once(town: Town) -> None:
    attempt = town.top_up()
    town.pay(attempt)
    town.deliver()
    for _again in range(3):
        services.look_at(attempt.pk, at_once=True)
        with in_public():
            PaymentEvent.objects.update(state=EventState.WAITING, due_at=clock.now())
        services.process_due()
    assert town.credited() == town.received() == 10_000


def test_an_older_answer_that_comes_later_changes_nothing(town: Town) -> None:
    attempt = town.top_up()
    older = gateway().fetch(attempt.object_id)
    town.pay(attempt)
    newer = gateway().fetch(attempt.object_id)
    assert older is not None
    assert newer is not None
    with in_public():
        assert settling.settle(newer)
        assert settling.settle(older)
    assert (town.state(attempt), town.standing.prepaid_fen) == (AttemptState.SUCCEEDED, 10_000)


def test_a_lost_charge_is_never_made_again(town: Town, make_active: None) -> None:
    with clock.frozen(town.now):
        town.automatic(town.save_card())
        town.use(1, "opens")
        town.switch(**NONE | {"lost_answers": 1})
        services.charge_due()
    attempt = town.last(AttemptKind.AUTO_TOP_UP)
    assert attempt.state == AttemptState.CALLING
    town.rest()
    assert town.state(attempt) == AttemptState.SUCCEEDED
    assert [one for one in CheckedTransport.seen if one == "post /v1/payment_intents"] == ["post /v1/payment_intents"]
    assert town.credited() == town.received() == 20_000


def test_a_charge_that_never_arrived_ends_and_another_is_made(town: Town, make_active: None) -> None:
    with clock.frozen(town.now):
        town.automatic(town.save_card())
        town.use(1, "opens")
        town.switch(**NONE | {"unreached": 1})
        services.charge_due()
    first = town.last(AttemptKind.AUTO_TOP_UP)
    town.rest()
    assert (town.state(first), town.attempt(first.pk).error_code) == (AttemptState.FAILED, "not_reached")
    assert town.credited() == town.received() == 20_000
    with in_public():
        assert (AutoTopUp.objects.get().failures, AutoTopUp.objects.get().enabled) == (0, True)
