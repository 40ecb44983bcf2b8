"""Log-in by card number and PIN: equal work for all failures, counted, slowed, and never felt at a till."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.money import Money
from kernel.slots import Busy, Slots, hashing_slots
from membership.cards import pins
from membership.cards.models import Card, CardWebLogin
from membership.cards.services import report_lost
from membership.cards.web_login import (
    PinChangedMeanwhile,
    PinForm,
    PinTrivial,
    PinUnchanged,
    WebPinOutcome,
    change_pin,
    check_web_pin,
)
from membership.cashier.services import consume
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def check(in_chain: InChain) -> Callable[[str, str], WebPinOutcome]:
    def run(number: str, pin: str) -> WebPinOutcome:
        with in_chain():
            return check_web_pin(number=number, pin=pin)

    return run


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stored text of each PIN comparison that is made."""
    seen: list[str] = []
    check = pins._check

    def counted(pin: str, stored: str) -> pins.PinVerdict:
        seen.append(stored)
        return check(pin, stored)

    monkeypatch.setattr(pins, "_check", counted)
    return seen


def _wrong(pin: str) -> str:
    return f"{(int(pin) + 1) % 10**6:06d}"


def _login(in_chain: InChain, holder: Holder) -> CardWebLogin:
    with in_chain():
        return CardWebLogin.objects.get(card=holder.card)


def test_the_right_pin_is_accepted_however_the_number_is_typed(check: Any, holder: Holder) -> None:
    """R-A04."""
    outcome = check(" 8800-000 001", holder.pin)
    assert outcome.accepted
    assert outcome.card is not None
    assert outcome.card.pk == holder.card.pk


def test_wrong_pins_are_counted_and_the_right_one_clears_the_count(
    check: Any, in_chain: InChain, holder: Holder
) -> None:
    for _ in range(2):
        assert check(holder.number, _wrong(holder.pin)) == WebPinOutcome(accepted=False)
    assert _login(in_chain, holder).failures == 2
    assert check(holder.number, holder.pin).accepted
    assert _login(in_chain, holder).failures == 0


def test_pauses_grow_and_the_right_pin_does_not_shorten_them(
    check: Any, in_chain: InChain, holder: Holder, held_clock: datetime
) -> None:
    for _ in range(3):
        check(holder.number, _wrong(holder.pin))
    assert _login(in_chain, holder).blocked_until == held_clock + timedelta(seconds=1)
    assert not check(holder.number, holder.pin).accepted
    assert _login(in_chain, holder).failures == 3
    with clock.frozen(held_clock + timedelta(seconds=1)):
        assert check(holder.number, holder.pin).accepted


def test_after_many_wrong_pins_the_web_stops_for_a_quarter_of_an_hour_and_the_till_goes_on(
    check: Any, in_chain: InChain, holder: Holder, held_clock: datetime, clerk: Actor, store_id: int
) -> None:
    moment = held_clock
    for _ in range(9):
        with clock.frozen(moment):
            check(holder.number, _wrong(holder.pin))
        moment += timedelta(minutes=20)
    login = _login(in_chain, holder)
    assert login.failures == 9
    assert login.blocked_until == moment - timedelta(minutes=5)
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).status == "ACTIVE"
        consume(actor=clerk, card_number=holder.number, amount=Money(100), store_id=store_id, idempotency_key="still")


def test_an_unknown_card_costs_the_same_queries_and_hashes_as_a_wrong_pin(
    check: Any, holder: Holder, hashes: list[str]
) -> None:
    shapes = []
    for number in (holder.number, "99999999"):
        with CaptureQueriesContext(connection) as captured:
            assert check(number, _wrong(holder.pin)) == WebPinOutcome(accepted=False)
        shapes.append([query["sql"].split()[0] for query in captured.captured_queries])
    assert shapes[0] == shapes[1]
    assert len(hashes) == 2
    costs = [stored.split("$")[:4] for stored in hashes]
    assert costs[0] == costs[1]


def test_a_paused_card_costs_the_same_as_a_wrong_pin(
    check: Any, in_chain: InChain, holder: Holder, hashes: list[str], held_clock: datetime
) -> None:
    with in_chain():
        CardWebLogin.objects.update(failures=9, blocked_until=held_clock + timedelta(minutes=15))
    with CaptureQueriesContext(connection) as captured:
        assert check(holder.number, holder.pin) == WebPinOutcome(accepted=False)
    assert len(hashes) == 1
    assert sum(query["sql"].startswith(("SELECT", "UPDATE")) for query in captured.captured_queries) == 2
    assert _login(in_chain, holder).blocked_until == held_clock + timedelta(minutes=15)


def test_a_lost_card_still_shows_its_holder_what_she_owns(
    check: Any, in_chain: InChain, holder: Holder, clerk: Actor, store_id: int
) -> None:
    with in_chain():
        report_lost(actor=clerk, number=holder.number, store_id=store_id)
    assert check(holder.number, holder.pin).accepted


def test_a_card_that_has_been_replaced_opens_nothing(check: Any, in_chain: InChain, holder: Holder) -> None:
    with in_chain():
        Card.objects.filter(pk=holder.card.pk).update(status="REPLACED")
    assert not check(holder.number, holder.pin).accepted


def test_without_a_free_slot_nothing_is_counted(
    check: Any, in_chain: InChain, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise Busy

    monkeypatch.setattr(Slots, "run", busy)
    with pytest.raises(Busy):
        check(holder.number, _wrong(holder.pin))
    assert _login(in_chain, holder).failures == 0


def test_a_changed_pin_counts_at_once_and_the_old_one_is_refused(check: Any, in_chain: InChain, holder: Holder) -> None:
    with in_chain():
        card = change_pin(card=Card.objects.select_related("member").get(pk=holder.card.pk), new_pin="730281")
    assert (card.pin_version, card.pin_must_change) == (2, False)
    assert not check(holder.number, holder.pin).accepted
    assert check(holder.number, "730281").accepted


@pytest.mark.parametrize(
    ("new_pin", "error"), [("123456", PinTrivial), ("12ab56", PinForm), ("001234", PinTrivial), (None, PinUnchanged)]
)
def test_a_chosen_pin_is_neither_trivial_nor_the_old_one(
    in_chain: InChain, holder: Holder, new_pin: str | None, error: type[Exception]
) -> None:
    with in_chain(), pytest.raises(error):
        change_pin(card=Card.objects.select_related("member").get(pk=holder.card.pk), new_pin=new_pin or holder.pin)
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).pin_version == 1


def test_a_pin_reset_at_the_desk_wins_over_a_change_begun_before(in_chain: InChain, holder: Holder) -> None:
    with in_chain():
        card = Card.objects.select_related("member").get(pk=holder.card.pk)
        Card.objects.filter(pk=card.pk).update(pin_version=5)
        with pytest.raises(PinChangedMeanwhile):
            change_pin(card=card, new_pin="730281")


def test_a_pin_under_an_old_pepper_still_opens_and_is_hashed_under_the_new_one(
    check: Any, in_chain: InChain, holder: Holder, settings: LazySettings
) -> None:
    settings.PIN_PEPPERS = settings.PIN_PEPPERS | {2: "a newer pepper"}
    pins.decoy.cache_clear()
    assert check(holder.number, holder.pin).accepted
    with in_chain():
        assert Card.objects.get(pk=holder.card.pk).pin_hash.startswith("v2$argon2id$")
    assert check(holder.number, holder.pin).accepted
    pins.decoy.cache_clear()


def test_hashes_of_one_pin_differ_and_nothing_of_it_is_in_them() -> None:
    first, second = pins.hash_pin("730281"), pins.hash_pin("730281")
    assert first != second
    assert pins.check_pin("730281", first) == pins.PinVerdict(right=True)
    assert pins.check_pin("730282", first) == pins.PinVerdict(right=False)
    assert isinstance(hashing_slots(), Slots)
