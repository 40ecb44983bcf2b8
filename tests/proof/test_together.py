"""Everything at once on the same few cards: bills, packages, settlements, returns, successors of cards, transfers and
merging of members. Nothing appears or vanishes, the books tie, and nobody hangs or is broken off for another.
"""

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from kernel.clock import now
from ledger.models import Account
from membership.cashier.models import ChainPolicy
from tests.proof.conftest import Rounds
from tests.proof.driving import Answer
from tests.proof.threads import THREADS, deadlocks, side_by_side
from tests.proof.world import PACKAGE_COUNTS, PACKAGE_FEN, World

_ACTS, _CARDS, _BLANKS = 25, 4, 20
_REFUSALS = {
    "card_lost", "card_replaced", "card_stale", "card_not_idle", "same_card", "status_step_forbidden", "busy",
    "insufficient_balance", "insufficient_prepayment", "package_insufficient", "over_cap", "over_signed_limit",
    "already_reversed", "lots_already_drawn", "not_reversible", "not_returnable", "return_too_much",
    "settle_too_much", "card_not_signers", "bill_already_settled", "signed_bill_not_found", "merge_with_herself",
    "member_merged",
}  # fmt: skip


@dataclass
class _Shop:
    """What everybody sees: the cards by number, blanks to be given out, what was done and may be undone."""

    world: World
    numbers: list[str] = field(default_factory=list)
    blanks: deque[str] = field(default_factory=deque)
    sales: list[UUID] = field(default_factory=list)
    bills: list[UUID] = field(default_factory=list)
    packages: list[tuple[UUID, int]] = field(default_factory=list)

    def open(self) -> None:
        for _ in range(_CARDS):
            number = self.world.make_card()
            assert self.world.issue(number, activate=True) is None
            assert self.world.top_up(number, 20_000, 900, key=self.world.key())[1] is None
            assert self.world.prepay(number, 5_000, out=False, key=self.world.key())[1] is None
            self.numbers.append(number)
        self.blanks.extend(self.world.make_card() for _ in range(_BLANKS))


class _Person:
    """Somebody at a desk; adds up what she is told was moved: fen on cards, counts of packages."""

    def __init__(self, shop: _Shop, seed: int) -> None:
        self.shop, self.world, self.chance = shop, shop.world, random.Random(seed)  # noqa: S311
        self.refused: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.fen = self.counts = 0

    def work(self) -> None:
        acts: list[Callable[[], Answer]] = [
            self.spend, self.fill, self.buy, self.settle, self.undo, self.give_back, self.sell, self.use, self.unuse,
            self.succeed, self.make_over, self.merge, self.pay_ahead,
        ]  # fmt: skip
        for _ in range(_ACTS):
            act = self.chance.choice(acts)
            receipt, code = act()
            if code is not None:
                self.refused[code] += 1
                continue
            self.done[act.__name__] += 1
            self.fen += getattr(receipt, "amount_fen", 0)

    @property
    def number(self) -> str:
        """Rather one that is new: the older ones have been replaced."""
        return self.chance.choice(self.shop.numbers[-_CARDS - 2 :])

    def spend(self) -> Answer:
        number, amount = self.number, self.chance.randrange(1, 900)
        receipt, code = self.world.consume(number, amount, key=self.world.key(), by_api=self.chance.random() < 0.5)
        if receipt is not None:
            self.shop.sales.append(receipt.record_id)
        return receipt, code

    def fill(self) -> Answer:
        return self.world.top_up(self.number, self.chance.randrange(1, 900), 30, key=self.world.key())

    def buy(self) -> Answer:
        """Paid by every means."""
        parts = {means: self.chance.randrange(1, 300) for means in ("stored", "prepayment", "cash", "signed")}
        receipt, code = self.world.pay(self.number, parts, "ANY", key=self.world.key())
        if receipt is not None:
            self.shop.sales.append(receipt.record_id)
            self.shop.bills.append(receipt.record_id)
        return receipt, code

    def settle(self) -> Answer:
        if not self.shop.bills:
            return None, None
        parts = {means: self.chance.randrange(1, 60) for means in ("stored", "prepayment", "cash")}
        return self.world.settle(self.chance.choice(self.shop.bills), parts, key=self.world.key())

    def undo(self) -> Answer:
        if not self.shop.sales:
            return None, None
        return self.world.reverse(self.chance.choice(self.shop.sales), key=self.world.key())

    def give_back(self) -> Answer:
        if not self.shop.sales:
            return None, None
        amount = self.chance.randrange(1, 200)
        return self.world.give_back(self.chance.choice(self.shop.sales), amount, key=self.world.key())

    def sell(self) -> Answer:
        parts = self.chance.choice([{"stored": PACKAGE_FEN}, {"cash": 10, "signed": PACKAGE_FEN - 10}])
        receipt, code = self.world.sell_package(self.number, parts, key=self.world.key())
        return self._package(receipt, code, PACKAGE_COUNTS)

    def use(self) -> Answer:
        count = self.chance.randrange(1, 4)
        receipt, code = self.world.use_package(self.number, count, key=self.world.key())
        return self._package(receipt, code, -count)

    def unuse(self) -> Answer:
        """A use or a sale of a package is undone."""
        if not self.shop.packages:
            return None, None
        record_id, count = self.chance.choice(self.shop.packages)
        receipt, code = self.world.reverse(record_id, key=self.world.key(), package=True)
        self.counts -= count if receipt is not None else 0
        return receipt, code

    def _package(self, receipt: Any, code: str | None, count: int) -> Answer:
        if receipt is not None:
            self.counts += count
            self.shop.packages.append((receipt.record_id, count))
        return receipt, code

    def succeed(self) -> Answer:
        """A lost card is made anew, or one is exchanged."""
        if not self.shop.blanks:
            return None, None
        old, new = self.number, self.shop.blanks[0]
        name = self.chance.choice(["reissue_card", "replace_card"])
        if name == "reissue_card" and (code := self.world.step("report_lost", old)) is not None:
            return None, code
        code = self.world.succeed(name, old, new, fee_from_card=False)
        if code is None:
            self.shop.blanks.remove(new)
            self.shop.numbers.append(new)
        elif name == "reissue_card":
            self.world.step("lift_loss", old)
        return None, code

    def make_over(self) -> Answer:
        """A card is somebody else's from now on, who may be merged with anybody next."""
        if not self.shop.blanks:
            return None, None
        old, new = self.number, self.shop.blanks[0]
        code = self.world.make_over(old, new, holder="new")
        if code is None:
            self.shop.blanks.remove(new)
            self.shop.numbers.append(new)
        return None, code

    def merge(self) -> Answer:
        return None, self.world.merge(self.number, self.number)

    def pay_ahead(self) -> Answer:
        return self.world.prepay(self.number, self.chance.randrange(1, 90), out=False, key=self.world.key())


_SELDOM: Final = ("succeed", "make_over", "merge", "settle", "sell", "use", "unuse", "give_back", "undo")
"""Each of these must have come through once. How often others were in the way depends on the machine."""
_MORE_ROUNDS: Final = 6


def test_everything_at_once_conserves_value_and_nobody_hangs(new_world: Callable[[], World], rounds: Rounds) -> None:
    stuck, done = deadlocks(), Counter[str]()
    least = list(rounds(2))
    for seed in [*least, *range(len(least), len(least) + _MORE_ROUNDS)]:
        if seed >= len(least) and min(done[act] for act in _SELDOM) > 0:
            break
        world = new_world()
        world.now = now()
        world.look(lambda: ChainPolicy.objects.update(signed_limit_fen=100_000))
        shop = _Shop(world)
        shop.open()
        people = [_Person(shop, seed * 100 + place) for place in range(THREADS)]
        side_by_side(lambda place: people[place].work(), threads=THREADS)  # noqa: B023  (done within the round)
        for person in people:
            assert person.refused.keys() <= _REFUSALS
            done.update(person.done)
        held: Counter[str] = Counter()
        for kind, balance in world.look(lambda: list(Account.objects.values_list("kind", "balance"))):
            held[kind.partition(":")[0]] += balance
        assert held["STORED"] == _CARDS * 20_900 + sum(person.fen for person in people)
        assert held["PACKAGE"] == sum(person.counts for person in people)
        assert world.audit() == []
    assert min(done[act] for act in _SELDOM) > 0, done
    assert deadlocks() == stuck
