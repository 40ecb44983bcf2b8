"""Any sequence of acts on cards against the model: what is answered and what stands afterwards agree at each step.

Rules do not draw blindly: five times out of six they are given something on which their act succeeds, where there is
such a thing. So every act is really done in a short run, and its refusals are met too.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kernel.calendar import add_months, start_of
from tests.proof.driving import Answer
from tests.proof.model import Done, Form, ModelCard, ModelLot, ModelMember, day_of
from tests.proof.world import BONUS_MONTHS, FEN_PER_POINT, World

BEGIN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
VALIDITY_MONTHS = 36
"""Of a gold card."""

T = TypeVar("T")
Aim = tuple[bool, int]
AIMS = st.tuples(st.sampled_from([True] * 5 + [False]), st.integers(0, 11))
AMOUNTS = st.one_of(st.integers(1, 60), st.sampled_from([4_999, 99_000, 499_000]))
POLICIES = st.sampled_from(["EARLIEST_EXPIRY", "BONUS_FIRST", "PRO_RATA"])


Method = TypeVar("Method", bound=Callable[..., None])
TOUR: dict[str, Mapping[str, st.SearchStrategy[Any]]] = {}
"""Every act of the model by its method's name, with what its arguments are drawn from."""


def act(*, needs: str = "", **arguments: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """A rule; ``needs`` names the list without which it cannot begin."""

    def mark(method: Method) -> Method:
        TOUR[method.__name__] = arguments
        made = rule(**arguments)(method)
        return precondition(lambda self: not needs or bool(getattr(self, needs)))(made)  # type: ignore[no-any-return]

    return mark


class Play(RuleBasedStateMachine):
    """``world`` is set by the test; each run plays with cards of its own in the same chain."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, ModelCard] = {}
        self.done: list[Done] = []
        self.forms: list[Form] = []
        self.policy, self.points_policy, self.bonus_months = "EARLIEST_EXPIRY", "ROLLING_INACTIVITY", BONUS_MONTHS
        self.count = 0
        self.world.set_policy(self.policy)
        self.world.set_points_policy(self.points_policy)
        self.world.set_bonus_months(self.bonus_months)

    # ── What rules are given ─────────────────────────────────────────────────────────────────────────────────────

    def card(self, aim: Aim, fits: Callable[[ModelCard], Any] = lambda card: True) -> ModelCard:
        """One of the cards."""
        return aimed(list(self.model.values()), aim, fits)

    def usable_card(self, aim: Aim, amount: int = 0) -> ModelCard:
        """A card, probably one that may be used and holds so much."""
        now = self.world.now
        return self.card(aim, lambda card: card.refusal(now) is None and card.can_pay(amount, now))

    @property
    def today(self) -> date:
        return day_of(self.world.now)

    def once(self, act: Callable[[str], Answer]) -> Answer:
        """Do it under a new key, and ask again under the same: the answer is the same, and nothing more is done."""
        key = self.world.key()
        receipt, refused = act(key)
        if refused is None:
            again, code = act(key)
            assert code is None
            assert again.replayed
            assert (again.record_id, again.balance_after_fen) == (receipt.record_id, receipt.balance_after_fen)
        return receipt, refused

    def lot(self, kind: str, amount: int, ends: datetime | None, opened_at: datetime | None = None) -> ModelLot:
        self.count += 1
        return ModelLot(kind, amount, amount, ends, opened_at or self.world.now, self.count)

    def lot_of_age(self, lot: ModelLot, amount: int) -> ModelLot:
        """So much of a lot, as a lot of another card."""
        heir = self.lot(lot.kind, amount, lot.expires_at, lot.opened_at)
        heir.sale = lot.sale
        lot.heirs.append(heir)
        return heir

    def keep(self, done: Done) -> None:
        self.done.append(done)

    @property
    def bills(self) -> list[Done]:
        """What was signed for."""
        return [done for done in self.done if done.paid.get("signed")]

    # ── Top-up and consumption ───────────────────────────────────────────────────────────────────────────────────

    @act(aim=AIMS, paid=AMOUNTS, bonus=st.sampled_from([0, 0, 1, 7, 40]))
    def top_up(self, aim: Aim, paid: int, bonus: int) -> None:
        card = self.usable_card(aim)
        receipt, refused = self.once(lambda key: self.world.top_up(card.number, paid, bonus, key=key))
        self.topped_up(card, paid, bonus, self.bonus_months, receipt, refused)

    @act(aim=AIMS, paid=st.integers(1, 60))
    def top_up_by_rule(self, aim: Aim, paid: int) -> None:
        """Of 25 % from 20 fen, for three months, and 9 fen from 40, for the chain's months, the better one."""
        self.fill_by_rule(self.usable_card(aim), paid)

    def fill_by_rule(self, card: ModelCard, paid: int) -> None:
        receipt, refused = self.once(lambda key: self.world.top_up(card.number, paid, None, key=key))
        part, flat = (paid // 4 if paid >= 20 else 0), (9 if paid >= 40 else 0)
        # The same from both: the higher threshold decides.
        bonus, months = (flat, self.bonus_months) if flat and flat >= part else (part, 3)
        self.topped_up(card, paid, bonus, months, receipt, refused)

    def topped_up(
        self, card: ModelCard, paid: int, bonus: int, months: int | None, receipt: Any, refused: str | None
    ) -> None:
        expected = card.refusal(self.world.now)
        if expected is None and card.gift and card.loaded:
            expected = "top_up_not_allowed"
        if expected is None and card.balance + paid + bonus > card.cap:
            expected = "over_cap"
        assert refused == expected
        if refused is not None:
            return
        lots = [self.lot("PRINCIPAL", paid, None)]
        if bonus:
            lots.append(self.lot("BONUS", bonus, None if months is None else self.in_months(months)))
        card.lots += lots
        card.loaded = True
        assert receipt.balance_after_fen == card.balance
        self.keep(Done("TOP_UP", card, receipt.record_id, opened=lots))

    @act(aim=AIMS, amount=AMOUNTS, by_api=st.booleans())
    def consume(self, aim: Aim, amount: int, by_api: bool) -> None:
        self.spend(self.usable_card(aim, amount), amount, by_api=by_api)

    def spend(self, card: ModelCard, amount: int, *, by_api: bool) -> None:
        now, asked = self.world.now, self.world.key()
        receipt, refused = self.world.consume(card.number, amount, key=asked, by_api=by_api)
        expected = card.refusal(now)
        if expected is None and not card.can_pay(amount, now):
            expected = "insufficient_balance"
        assert refused == expected
        if refused is not None:
            return
        taken = card.draw(amount, policy=self.policy, at=now)
        card.points_used = self.today
        earned = self.earned(card, amount, taken)
        assert receipt.balance_after_fen == card.balance
        assert sum(receipt.drawn.values()) == amount
        again, _ = self.world.consume(card.number, amount, key=asked, by_api=not by_api)
        assert (again.record_id, again.replayed) == (receipt.record_id, True)
        conflict, code = self.world.consume(card.number, amount + 1, key=asked, by_api=by_api)
        assert (conflict, code) == (None, "idempotency_conflict")
        self.keep(Done(
            "CONSUMPTION", card, receipt.record_id, opened=earned, taken=taken, member=card.member,
            paid={"stored": amount},
        ))  # fmt: skip

    def earned(self, card: ModelCard, amount: int, taken: list[tuple[ModelLot, int]]) -> list[ModelLot]:
        """The points for what was really paid of ``amount``, put on the card."""
        paid = amount - sum(part for lot, part in taken if lot.kind == "BONUS")
        if card.gift or not paid // FEN_PER_POINT:
            return []
        lot = self.lot("POINTS", paid // FEN_PER_POINT, None)
        card.points.append(lot)
        card.points_used = self.today
        return [lot]

    @act(needs="done", aim=AIMS)
    def reverse(self, aim: Aim) -> None:
        self.take_back(aimed(self.done, aim, lambda one: self.reversal_refusal(one) is None))

    def take_back(self, done: Done) -> None:
        receipt, refused = self.once(
            lambda key: self.world.reverse(done.record_id, key=key, package=done.act == "PACKAGE")
        )
        assert refused == self.reversal_refusal(done)
        if refused is not None:
            return
        done.undo()
        assert receipt.balance_after_fen == done.card.balance
        if any(lot.kind == "POINTS" for lot in done.opened):
            # Those that went along come home from there first.
            done.card.points_used = done.card.last_heir.points_used = self.today
        self.hand_on(done.card)

    def reversal_refusal(self, done: Done) -> str | None:
        """What is put right goes where the card's value is now; on a card that has ended it would be lost."""
        heir = done.card.last_heir
        if done.act != "TOP_UP" and not done.returned and heir.status in ("WITHDRAWN", "COLLECTED", "DESTROYED"):
            return f"card_{heir.status.lower()}"
        return done.undo_refusal()

    def hand_on(self, card: ModelCard) -> None:
        """What came back to a card that was replaced is on the one in its place."""
        if card.last_heir is not card:
            self.move(card, card.last_heir)

    def move(self, old: ModelCard, new: ModelCard) -> None:
        """Everything on the old card goes over lot by lot and keeps its age."""
        for source, target in ((old.lots, new.lots), (old.points, new.points), (old.packages, new.packages)):
            moving = [lot for lot in sorted(source, key=lambda lot: lot.opened_first) if lot.left]
            if moving and target is new.points:
                new.points_used = self.today
            if moving and target is new.lots:
                new.loaded = True
            for lot in moving:
                target.append(self.lot_of_age(lot, lot.left))
                lot.left = 0

    # ── Rules ────────────────────────────────────────────────────────────────────────────────────────────────────

    @act(policy=POLICIES)
    def set_policy(self, policy: str) -> None:
        self.policy = policy
        self.world.set_policy(policy)

    @act(months=st.sampled_from([None, BONUS_MONTHS]))
    def set_bonus_months(self, months: int | None) -> None:
        """A bonus without an end is drawn in another order by each policy."""
        self.bonus_months = months
        self.world.set_bonus_months(months)

    # ── What always holds ────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    @precondition(lambda self: bool(self.model))
    def the_database_agrees(self) -> None:
        seen = self.world.see(list(self.model))
        for number, card in self.model.items():
            there = seen[number]
            assert (there.status, there.locked) == (card.status, card.locked)
            assert there.clears_on == card.noticed_for
            assert (there.balance, there.points, there.package) == (card.balance, card.points_balance, card.counts)
            if card.member is not None:
                assert (there.ahead, there.owed) == (card.member.ahead, card.member.owed)
            assert there.lots == [(lot.kind, lot.original, lot.left, lot.expires_at) for lot in card.lots]

        sales = {lot.sale for card in self.model.values() for lot in card.packages if lot.sale is not None}
        assert self.world.left_of({sale.record_id for sale in sales}) == {
            sale.record_id: (sale.count, sale.fen) for sale in sales
        }

    def teardown(self) -> None:
        assert self.world.audit() == []

    def in_months(self, months: int) -> datetime:
        return start_of(add_months(self.today, months))

    def members(self) -> list[ModelMember]:
        """Everybody who holds a card."""
        return list(dict.fromkeys(card.member for card in self.model.values() if card.member is not None))


def aimed(found: Sequence[T], aim: Aim, fits: Callable[[T], Any]) -> T:
    """One of them; with a good aim one that fits, where one does."""
    wants, place = aim
    among = [one for one in found if wants and fits(one)] or found
    return among[place % len(among)]


def last_day_of(day: date, months: int) -> date:
    """The last day of so many months that begin on this one."""
    return add_months(day, months) - timedelta(days=1)
