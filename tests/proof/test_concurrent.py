"""The same acts many at a time: no order is known, but no fen appears, vanishes or is spent twice, and nobody hangs."""

import random
from collections import Counter
from typing import Any

import pytest

from kernel.clock import now
from kernel.errors import DomainError
from ledger.models import Lot
from membership.cashier.fast import Consumption, consume_many
from membership.expiry.services import daily
from tests.proof.conftest import Rounds
from tests.proof.threads import THREADS, deadlocks, side_by_side
from tests.proof.world import World

_REFUSALS = {
    "card_lost", "card_frozen", "card_locked", "card_expired", "insufficient_balance", "over_cap",
    "status_step_forbidden", "already_reversed", "lots_already_drawn", "idempotency_conflict",
}  # fmt: skip
_ACTS = 25


@pytest.fixture
def few_cards(world: World) -> list[str]:
    """Three cards in use, ¥100.00 and ¥5.00 given on each."""
    numbers = [world.make_card() for _ in range(3)]
    for number in numbers:
        assert world.issue(number, activate=True) is None
        assert world.top_up(number, 10_000, 500, key=world.key())[1] is None
    return numbers


class _Player:
    """One person at a desk, doing whatever comes to her mind; adds up what the answers say was moved."""

    def __init__(self, world: World, numbers: list[str], seed: int) -> None:
        self.world, self.numbers, self.chance = world, numbers, random.Random(seed)  # noqa: S311
        self.moved: Counter[str] = Counter()
        self.receipts: list[tuple[str, Any]] = []
        self.refused: set[str] = set()

    def play(self) -> None:
        for _ in range(_ACTS):
            number = self.chance.choice(self.numbers)
            receipt, code = self.chance.choices([self.spend, self.fill, self.undo, self.stop], weights=[10, 4, 3, 2])[
                0
            ](number)
            if code is not None:
                self.refused.add(code)
            elif receipt is not None and not receipt.replayed:
                self.moved[number] += receipt.amount_fen

    def spend(self, number: str) -> tuple[Any, str | None]:
        key = self.world.key()
        asked = self.chance.randrange(1, 3_000)
        if self.chance.random() < 0.5:
            answer = consume_many(
                [Consumption(self.world.clerk, number, asked, key, now(), self.world.store_id)],
                schema=self.world.chain.schema_name,
            )[0]
            receipt, code = (None, answer.code) if isinstance(answer, DomainError) else (answer, None)
        else:
            receipt, code = self.world.consume(number, asked, key=key)
        if receipt is not None:
            self.receipts.append((number, receipt.record_id))
        return receipt, code

    def fill(self, number: str) -> tuple[Any, str | None]:
        receipt, code = self.world.top_up(
            number, self.chance.randrange(1, 3_000), self.chance.randrange(200), key=self.world.key()
        )
        return receipt, code

    def undo(self, number: str) -> tuple[Any, str | None]:
        if not self.receipts:
            return None, None
        # Its number is that of the receipt, whatever card was asked for.
        of, record_id = self.chance.choice(self.receipts)
        receipt, code = self.world.reverse(record_id, key=self.world.key())
        if receipt is not None:
            self.moved[of] += receipt.amount_fen
        return None, code

    def stop(self, number: str) -> tuple[Any, str | None]:
        stop, go = self.chance.choice([("report_lost", "lift_loss"), ("freeze_card", "unfreeze_card")])
        code = self.world.step(stop, number)
        return None, code or self.world.step(go, number)


def test_random_acts_on_few_cards_conserve_value(world: World, few_cards: list[str], rounds: Rounds) -> None:
    stuck = deadlocks()
    expected = Counter(dict.fromkeys(few_cards, 10_500))
    world.now = now()
    for seed in rounds(2):
        players = [_Player(world, few_cards, seed * 100 + number) for number in range(THREADS)]
        side_by_side(lambda number: players[number].play())  # noqa: B023  (done within the round)
        for player in players:
            assert player.refused <= _REFUSALS
            expected.update(player.moved)
        seen = world.see(few_cards)
        assert {number: seen[number].balance for number in few_cards} == expected
        assert {card.status for card in seen.values()} <= {"ACTIVE", "LOST", "FROZEN"}
        assert world.audit() == []
        for number in few_cards:
            world.step("lift_loss", number)
            world.step("unfreeze_card", number)
    assert deadlocks() == stuck


def test_midnight_comes_while_the_tills_are_busy(world: World, few_cards: list[str]) -> None:
    """Bonuses end on cards that are just being used: each fen of them is either spent or over, never both."""
    with_bonus = {number: seen.balance for number, seen in world.see(few_cards).items()}
    world.look(lambda: Lot.objects.filter(kind="BONUS").update(expires_at=now()))
    world.now = now()
    players = [_Player(world, few_cards, number) for number in range(THREADS - 1)]

    def work(number: int) -> None:
        if number == THREADS - 1:
            daily.run(world.chain.schema_name)
        else:
            players[number].play()

    side_by_side(work)
    for player in players:
        assert player.refused <= _REFUSALS
    seen = world.see(few_cards)
    for number in few_cards:
        total = sum(player.moved[number] for player in players)
        # The bonus of ¥5.00 had ended before the first act: all of it went by expiry.
        assert seen[number].balance == with_bonus[number] - 500 + total
    assert world.audit() == []


def test_a_thousand_consumptions_of_one_card_never_overdraw_nor_hang(world: World, rounds: Rounds) -> None:
    """From many connections, by the desk's way and the API's, in batches and singly, while others fill the card, undo
    what was done and change the order in which lots are drawn. No transaction is ever broken off for another.
    """
    number = world.make_card()
    assert world.issue(number, activate=True) is None
    assert world.top_up(number, 150_000, 40_000, key=world.key())[1] is None
    world.now = now()
    stuck = deadlocks()
    for seed in rounds(1):
        world.top_up(number, 100_000, 0, key=world.key())
        before = world.see([number])[number].balance
        hammers = [_Hammer(world, number, seed * 100 + place, by_desk=place < 2) for place in range(8)]
        meddlers = [
            _Meddler(world, number, seed * 100 + 50, hammers),
            _Meddler(world, number, seed * 100 + 51, hammers),
        ]
        everybody = [*hammers, *meddlers]
        side_by_side(lambda place: everybody[place].work(), threads=len(everybody))  # noqa: B023  (done in the round)
        ends = sum((hammer.ends for hammer in hammers), Counter[str]())
        assert ends["done"] + ends["insufficient_balance"] == 1_000
        assert ends["insufficient_balance"] > 0
        for meddler in meddlers:
            assert meddler.ends.keys() <= {"done", "over_cap", "lots_already_drawn", "already_reversed"}
            assert meddler.ends["done"] > 0
        taken = sum(hammer.taken_fen for hammer in hammers)
        brought = sum(meddler.brought_fen for meddler in meddlers)
        assert world.see([number])[number].balance == before - taken + brought >= 0
        assert world.audit() == []
    assert deadlocks() == stuck


class _Hammer:
    """125 consumptions of one card, one by one at the desk, or by the API singly and in batches; how each ended."""

    def __init__(self, world: World, number: str, seed: int, *, by_desk: bool) -> None:
        self.world, self.number, self.chance, self.by_desk = world, number, random.Random(seed), by_desk  # noqa: S311
        self.ends: Counter[str] = Counter()
        self.receipts: list[Any] = []
        self.taken_fen = 0

    def work(self) -> None:
        left = 125
        while left:
            asked = [self.chance.randrange(1, 800) for _ in range(min(left, self.chance.choice([1, 1, 7, 20])))]
            left -= len(asked)
            for amount, (receipt, code) in zip(asked, self.consume(asked), strict=True):
                self.ends[code or "done"] += 1
                self.taken_fen += 0 if code else amount
                if receipt is not None:
                    self.receipts.append(receipt)

    def consume(self, asked: list[int]) -> list[tuple[Any, str | None]]:
        if self.by_desk:
            return [self.world.consume(self.number, amount, key=self.world.key()) for amount in asked]
        return self.world.consume_fast(self.number, asked, keys=[self.world.key() for _ in asked])


class _Meddler:
    """Fills the card, undoes what others did with it, and changes the chain's order of drawing; what that brought."""

    def __init__(self, world: World, number: str, seed: int, hammers: list[_Hammer]) -> None:
        self.world, self.number, self.hammers, self.chance = world, number, hammers, random.Random(seed)  # noqa: S311
        self.ends: Counter[str] = Counter()
        self.brought_fen = 0

    def work(self) -> None:
        for _ in range(30):
            receipt, code = self.chance.choice([self.fill, self.undo, self.undo, self.change])()
            self.ends[code or "done"] += 1
            self.brought_fen += receipt.amount_fen if receipt is not None else 0

    def fill(self) -> tuple[Any, str | None]:
        paid, bonus = self.chance.randrange(1, 400), self.chance.randrange(100)
        return self.world.top_up(self.number, paid, bonus, key=self.world.key())

    def undo(self) -> tuple[Any, str | None]:
        receipts = self.chance.choice(self.hammers).receipts
        if not receipts:
            return None, None
        return self.world.reverse(self.chance.choice(receipts).record_id, key=self.world.key())

    def change(self) -> tuple[Any, str | None]:
        self.world.set_policy(self.chance.choice(["EARLIEST_EXPIRY", "BONUS_FIRST", "PRO_RATA"]))
        return None, None
