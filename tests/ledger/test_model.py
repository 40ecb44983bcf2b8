"""Any sequence of acts against a model in memory that counts value unit by unit."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ledger.audit import audit_schema
from ledger.domain import DrawPolicy, Outcome, Posted, PostingRequest, Refused
from tests.ledger.books import NOON, Books, consume, reversal, top_up


@dataclass(slots=True)
class ModelLot:
    kind: str
    original: int
    expires_at: datetime | None
    opened_at: datetime
    number: int
    left: int


@dataclass(slots=True)
class ModelCard:
    lots: list[ModelLot] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return sum(lot.left for lot in self.lots)

    def usable(self, at: datetime) -> list[ModelLot]:
        live = [lot for lot in self.lots if lot.left and (lot.expires_at is None or at < lot.expires_at)]
        return sorted(live, key=lambda lot: (lot.expires_at is None, lot.expires_at or NOON, lot.opened_at, lot.number))

    def draw(self, policy: DrawPolicy, at: datetime, amount: int) -> list[ModelLot]:
        """One unit at a time; the lot each unit came from."""
        shares = self._shares(at, amount)
        taken: list[ModelLot] = []
        for _ in range(amount):
            lots = self.usable(at)
            if policy is DrawPolicy.BONUS_FIRST:
                lots.sort(key=lambda lot: lot.kind != "BONUS")
            if policy is DrawPolicy.PRO_RATA:
                lots = [lot for lot in lots if sum(one.kind == lot.kind for one in taken) < shares[lot.kind]]
            lots[0].left -= 1
            taken.append(lots[0])
        return taken

    def _shares(self, at: datetime, amount: int) -> dict[str, int]:
        held = {kind: sum(lot.left for lot in self.usable(at) if lot.kind == kind) for kind in ("PRINCIPAL", "BONUS")}
        exact = {kind: Fraction(amount * left, sum(held.values())) for kind, left in held.items()}
        shares = {kind: int(share) for kind, share in exact.items()}
        # Two kinds: at most one unit is over, and a tie is the principal's.
        if sum(shares.values()) < amount:
            shares[max(exact, key=lambda kind: (exact[kind] - shares[kind], kind == "PRINCIPAL"))] += 1
        return shares


@dataclass(slots=True)
class Done:
    """A posting that stands, with what it did to the model."""

    request: PostingRequest
    posting_id: uuid.UUID
    card: ModelCard
    opened: list[ModelLot] = field(default_factory=list)
    taken: list[ModelLot] = field(default_factory=list)
    reversed: bool = False


_amounts = st.integers(1, 25)
_days = st.integers(0, 6)


class LedgerModel(RuleBasedStateMachine):
    books: Books

    cards = Bundle("cards")
    done = Bundle("done")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, ModelCard] = {}
        self.numbers = iter(range(10**6))

    @initialize(target=cards)
    def first_card(self) -> int:
        return self.open_card()

    @rule(target=cards)
    def open_card(self) -> int:
        account = self.books.account()
        self.model[account] = ModelCard()
        return account

    @rule(target=done, card=cards, paid=_amounts, bonus=st.integers(0, 9), day=_days, expires=st.none() | _days)
    def top_up(self, card: int, paid: int, bonus: int, day: int, expires: int | None) -> Done:
        at = NOON + timedelta(days=day)
        expires_at = None if expires is None else NOON + timedelta(days=expires)
        request = top_up(card, paid, bonus, at=at, bonus_expires_at=expires_at)
        posted = self.books.posted(request)
        lots = [ModelLot("PRINCIPAL", paid, None, at, next(self.numbers), paid)]
        if bonus:
            lots.append(ModelLot("BONUS", bonus, expires_at, at, next(self.numbers), bonus))
        self.model[card].lots += lots
        return Done(request, posted.posting_id, self.model[card], opened=lots)

    @rule(target=done, card=cards, amount=_amounts, day=_days, policy=st.sampled_from(DrawPolicy))
    def consume(self, card: int, amount: int, day: int, policy: DrawPolicy) -> Done | Any:
        request = consume(card, amount, at=NOON + timedelta(days=day), policy=policy)
        (outcome,) = self.books.post(request)
        return self.check_consumed(request, outcome, card, amount, policy)

    @rule(card=cards, amounts=st.lists(_amounts, min_size=2, max_size=5), policy=st.sampled_from(DrawPolicy))
    def consume_in_a_batch(self, card: int, amounts: list[int], policy: DrawPolicy) -> None:
        requests = [consume(card, amount, policy=policy) for amount in amounts]
        for request, outcome, amount in zip(requests, self.books.post(*requests), amounts, strict=True):
            self.check_consumed(request, outcome, card, amount, policy)

    def check_consumed(
        self, request: PostingRequest, outcome: Outcome, account: int, amount: int, policy: DrawPolicy
    ) -> Done | Any:
        card = self.model[account]
        available = sum(lot.left for lot in card.usable(request.occurred_at))
        if amount > available:
            expected = {"account_id": account, "available": available, "needed": amount}
            assert outcome == Refused("insufficient_balance", expected)
            return None
        assert isinstance(outcome, Posted)
        taken = card.draw(policy, request.occurred_at, amount)
        assert outcome.balances == {account: card.balance}
        return Done(request, outcome.posting_id, card, taken=taken)

    @rule(done=done)
    def replay(self, done: Done | None) -> None:
        if done is not None:
            (outcome,) = self.books.post(done.request)
            assert isinstance(outcome, Posted)
            assert (outcome.posting_id, outcome.replayed) == (done.posting_id, True)

    @rule(done=done)
    def reverse(self, done: Done | None) -> None:
        if done is None:
            return
        (outcome,) = self.books.post(reversal(done.posting_id))
        if done.reversed:
            assert outcome == Refused("already_reversed", {"posting_id": str(done.posting_id)})
        elif any(lot.left < lot.original for lot in done.opened):
            assert isinstance(outcome, Refused)
            assert outcome.code == "lots_already_drawn"
        else:
            assert isinstance(outcome, Posted)
            done.reversed = True
            for lot in done.opened:
                lot.left = 0
            for lot in done.taken:
                lot.left += 1

    @invariant()
    def every_lot_is_as_in_the_model(self) -> None:
        for account, card in self.model.items():
            assert self.books.balance(account) == card.balance
            assert self.books.lots(account) == [(lot.kind, lot.original, lot.left) for lot in card.lots]


@pytest.fixture
def model(own_books: Books) -> Iterator[type[LedgerModel]]:
    LedgerModel.books = own_books
    yield LedgerModel
    del LedgerModel.books


def test_any_sequence_of_acts_leaves_what_the_model_says(model: type[LedgerModel]) -> None:
    modest = settings(
        max_examples=25,
        stateful_step_count=25,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(model, settings=modest)
    assert audit_schema(model.books.schema) == []
