"""Two people at once: what each may do alone, they may not both do."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from django.db import connection

from kernel.db import in_chain as in_chain_schema
from kernel.errors import DomainError
from kernel.money import Money
from ledger.models import Account
from membership.cards import locks
from membership.cards.domain import NumberRange
from membership.cards.models import Card, CardWebLogin
from membership.cards.services import issue_card, make_cards
from membership.cards.web_login import check_web_pin
from membership.cashier.services import top_up
from membership.members.services import create_member
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder

InChain = Callable[..., AbstractContextManager[None]]


def _at_once(chain: Chain, *acts: Callable[[], object]) -> list[str]:
    """Do the acts side by side, each in a transaction of its own; how each ended, sorted."""
    start, ends = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        start.wait(timeout=10)
        try:
            with in_chain_schema(chain.schema_name):
                act()
            ends.append("done")
        except DomainError as error:
            ends.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(ends)


def test_a_card_is_issued_to_one_of_two(
    chain: Chain, in_chain: InChain, clerk: Actor, store_id: int, idle_cards: list[str]
) -> None:
    with in_chain():
        members = [
            create_member(actor=clerk, name=name, phone="13900001234", store_id=store_id) for name in ("林静", "江河")
        ]

    def issue(member: Any) -> Callable[[], object]:
        return lambda: issue_card(actor=clerk, number=idle_cards[0], member=member, store_id=store_id)

    assert _at_once(chain, *(issue(member) for member in members)) == ["card_not_idle", "done"]
    with in_chain():
        assert Account.objects.count() == 2
        assert CardWebLogin.objects.count() == 1


def test_overlapping_ranges_are_made_once(chain: Chain, in_chain: InChain, clerk: Actor) -> None:
    def make(first: int) -> Callable[[], object]:
        numbers = NumberRange(prefix="66", first=first, quantity=500)
        return lambda: make_cards(actor=clerk, level_code="GOLD", numbers=numbers)

    assert _at_once(chain, make(1), make(400)) == ["card_number_taken", "done"]
    with in_chain():
        assert Card.objects.count() == 500


def test_two_top_ups_that_each_fit_do_not_both_fit(
    chain: Chain, in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    def fill(key: str) -> Callable[[], object]:
        return lambda: top_up(
            actor=clerk, card_number=holder.number, paid=Money(300_000), store_id=store_id, idempotency_key=key
        )

    assert _at_once(chain, fill("a"), fill("b")) == ["done", "over_cap"]
    with in_chain():
        assert Account.objects.get(pk=holder.card.stored_account_id).balance == 310_000


def test_the_same_key_sent_twice_at_once_is_done_once(
    chain: Chain, in_chain: InChain, clerk: Actor, store_id: int, holder: Holder
) -> None:
    def fill() -> object:
        return top_up(
            actor=clerk, card_number=holder.number, paid=Money(1_000), store_id=store_id, idempotency_key="one"
        )

    assert _at_once(chain, *[fill] * 6) == ["done"] * 6
    with in_chain():
        assert Account.objects.get(pk=holder.card.stored_account_id).balance == 11_000


def test_while_one_attempt_is_checked_a_parallel_one_can_neither_succeed_nor_wait(
    chain: Chain, in_chain: InChain, holder: Holder
) -> None:
    """Else a thousand guesses sent at once would be a thousand guesses without a pause."""
    outcomes: list[bool] = []

    def attempt() -> None:
        with in_chain_schema(chain.schema_name):
            outcomes.append(check_web_pin(number=holder.number, pin=holder.pin).accepted)
        connection.close()

    with in_chain():
        assert locks.hold_web_login(holder.number) is not None
        other = threading.Thread(target=attempt)
        other.start()
        other.join(timeout=20)
        assert outcomes == [False]
    with in_chain():
        assert CardWebLogin.objects.get(card=holder.card).failures == 0
    attempt()
    assert outcomes == [False, True]


def test_a_till_does_not_wait_for_a_pin_being_checked_on_the_web(
    chain: Chain, in_chain: InChain, holder: Holder, clerk: Actor, store_id: int
) -> None:
    ended: list[str] = []

    def at_the_till() -> None:
        with in_chain_schema(chain.schema_name):
            top_up(actor=clerk, card_number=holder.number, paid=Money(1), store_id=store_id, idempotency_key="till")
        ended.append("done")
        connection.close()

    with in_chain():
        locks.hold_web_login(holder.number)
        till = threading.Thread(target=at_the_till)
        till.start()
        till.join(timeout=20)
        assert ended == ["done"]
