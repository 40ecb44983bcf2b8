"""Any sequence of acts on cards against the model: what is answered and what stands afterwards agree at each step."""

from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from kernel.calendar import add_months, start_of
from kernel.clock import CHINA
from tests.proof.model import CAP_FEN, Done, ModelCard, ModelLot, ModelMember
from tests.proof.world import FEN_PER_POINT, World

BEGIN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
VALIDITY_MONTHS = 36
"""Of a gold card."""

# The act, from which statuses, to which; None is where the card stood before.
_STEPS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "activate_card": (("ISSUED",), "ACTIVE"),
    "report_lost": (("ISSUED", "ACTIVE", "FROZEN", "PIN_LOCKED", "EXPIRED"), "LOST"),
    "lift_loss": (("LOST",), None),
    "freeze_card": (("ACTIVE",), "FROZEN"),
    "unfreeze_card": (("FROZEN",), "ACTIVE"),
}
_amounts = st.one_of(st.integers(1, 60), st.sampled_from([4_999, 250_000, CAP_FEN]))
_policies = st.sampled_from(["EARLIEST_EXPIRY", "BONUS_FIRST", "PRO_RATA"])
_gaps = st.one_of(
    st.just(timedelta(minutes=3)),
    st.integers(1, 40).map(lambda days: timedelta(days=days)),
    st.sampled_from([timedelta(days=330), timedelta(days=366)]),
)


class CardsModel(RuleBasedStateMachine):
    """``world`` is set by the test; each run plays with cards of its own in the same chain."""

    world: ClassVar[World]

    cards = Bundle("cards")
    done = Bundle("done")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, ModelCard] = {}
        self.policy = "EARLIEST_EXPIRY"
        self.count = 0
        self.world.set_policy(self.policy)

    # ── The life of a card ───────────────────────────────────────────────────────────────────────────────────────

    @initialize(target=cards, policy=_policies, bonus=st.integers(1, 40))
    def first_card(self, policy: str, bonus: int) -> ModelCard:
        """A card in use with something given on it, so that the shortest run meets the rules of drawing."""
        self.set_policy(policy)
        card = self.make()
        self.issue(card, activate=True)
        self.top_up(card, 50, bonus)
        return card

    @rule(target=cards)
    def make(self) -> ModelCard:
        card = ModelCard(self.world.make_card())
        self.model[card.number] = card
        return card

    @rule(card=cards, activate=st.booleans())
    def issue(self, card: ModelCard, activate: bool) -> None:
        refused = self.world.issue(card.number, activate=activate)
        assert refused == (None if card.status == "IDLE" else "card_not_idle")
        if refused is None:
            card.status = "ACTIVE" if activate else "ISSUED"
            today = self.world.now.astimezone(CHINA).date()
            card.last_day = last_day_of(today, VALIDITY_MONTHS)
            card.member = ModelMember()

    @rule(card=cards, name=st.sampled_from(sorted(_STEPS)))
    def step(self, card: ModelCard, name: str) -> None:
        start, to = _STEPS[name]
        refused = self.world.step(name, card.number)
        asleep = name == "unfreeze_card" and card.status == "FROZEN" and card.dormant
        assert refused == ("dormant_frozen" if asleep else None if card.status in start else "status_step_forbidden")
        if refused is None:
            card.before, card.status = card.status, to or card.before

    @rule(card=cards, locked=st.booleans())
    def lock(self, card: ModelCard, locked: bool) -> None:
        assert self.world.set_locked(card.number, locked=locked) is None
        card.locked = locked

    # ── Value ────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(target=done, card=cards, paid=_amounts, bonus=st.sampled_from([0, 0, 1, 7, 40]))
    def top_up(self, card: ModelCard, paid: int, bonus: int) -> Done | None:
        key, now = self.world.key(), self.world.now
        receipt, refused = self.world.top_up(card.number, paid, bonus, key=key)
        expected = card.refusal(now)
        assert refused == (expected or self.over_cap(card, paid + bonus))
        if refused is not None:
            return None
        lots = [self.lot("PRINCIPAL", paid, None)]
        if bonus:
            ends = start_of(add_months(now.astimezone(CHINA).date(), 12))
            lots.append(self.lot("BONUS", bonus, ends))
        card.lots += lots
        assert receipt.balance_after_fen == card.balance
        again, _ = self.world.top_up(card.number, paid, bonus, key=key)
        assert (again.record_id, again.replayed) == (receipt.record_id, True)
        return Done("TOP_UP", card, receipt.record_id, opened=lots)

    @rule(target=done, card=cards, amount=_amounts)
    def consume(self, card: ModelCard, amount: int) -> Done | None:
        key, now = self.world.key(), self.world.now
        receipt, refused = self.world.consume(card.number, amount, key=key)
        expected = card.refusal(now)
        if expected is None and sum(lot.left for lot in card.usable(now)) < amount:
            expected = "insufficient_balance"
        assert refused == expected
        if refused is not None:
            return None
        taken = card.draw(amount, policy=self.policy, at=now)
        earned = self.earned(card, amount - sum(part for lot, part in taken if lot.kind == "BONUS"))
        assert receipt.balance_after_fen == card.balance
        assert sum(receipt.drawn.values()) == amount
        again, _ = self.world.consume(card.number, amount, key=key)
        assert (again.record_id, again.replayed) == (receipt.record_id, True)
        conflict, code = self.world.consume(card.number, amount + 1, key=key)
        assert (conflict, code) == (None, "idempotency_conflict")
        return Done(
            "CONSUMPTION", card, receipt.record_id, opened=earned, taken=taken, member=card.member,
            paid={"stored": amount},
        )  # fmt: skip

    @rule(done=done)
    def reverse(self, done: Done | None) -> None:
        if done is None:
            return
        receipt, refused = self.world.reverse(done.record_id, key=self.world.key(), package=done.act == "PACKAGE")
        assert refused == done.undo_refusal()
        if refused is None:
            done.undo()
            assert receipt.balance_after_fen == done.card.balance
            self.move_all(done.card)

    @rule(card=cards, points=st.integers(1, 90), days=st.none() | st.integers(1, 60))
    def earn(self, card: ModelCard, points: int, days: int | None) -> None:
        if card.status != "IDLE":
            ends = None if days is None else self.world.now + timedelta(days=days)
            assert self.world.earn(card.number, points, expires_at=ends) is None
            card.points.append(self.lot("POINTS", points, ends))

    # ── Rules and time ───────────────────────────────────────────────────────────────────────────────────────────

    @rule(policy=_policies)
    def set_policy(self, policy: str) -> None:
        self.policy = policy
        self.world.set_policy(policy)

    @rule(gap=_gaps)
    def wait(self, gap: timedelta) -> None:
        self.world.now += gap

    @rule()
    def midnight(self) -> None:
        self.world.midnight()
        now = self.world.now
        for card in self.model.values():
            if card.status == "ACTIVE" and card.refusal(now) == "card_expired":
                card.status = "EXPIRED"
            for lot in (*card.lots, *card.points, *card.packages):
                if lot.over(now):
                    lot.left = 0
            self.clear_points(card)

    def clear_points(self, card: ModelCard) -> None:
        """Points are cleared only after a notice: the proof of when is elsewhere; here, that all go or none."""
        seen = self.world.see([card.number])[card.number]
        assert seen.points in (0, card.points_balance)
        if seen.points == 0:
            for lot in card.points:
                lot.left = 0

    # ── What always holds ────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    @precondition(lambda self: bool(self.model))
    def the_database_agrees(self) -> None:
        seen = self.world.see(list(self.model))
        for number, card in self.model.items():
            there = seen[number]
            assert (there.status, there.locked) == (card.status, card.locked)
            assert (there.balance, there.points) == (card.balance, card.points_balance)
            assert there.package == sum(lot.left for lot in card.packages)
            if card.member is not None:
                assert (there.ahead, there.owed) == (card.member.ahead, card.member.owed)
            assert there.lots == [(lot.kind, lot.original, lot.left, lot.expires_at) for lot in card.lots]

    def teardown(self) -> None:
        assert self.world.audit() == []

    def move_all(self, old: ModelCard) -> None:
        """Everything on a card that was replaced goes over lot by lot and keeps its age."""
        new = old.last
        if new is old:
            return
        for source, target in ((old.lots, new.lots), (old.points, new.points), (old.packages, new.packages)):
            for lot in sorted((lot for lot in source if lot.left), key=lambda lot: lot.opened_first):
                target.append(self.moved(lot, lot.left))
                lot.left = 0

    def moved(self, lot: ModelLot, amount: int) -> ModelLot:
        self.count += 1
        return ModelLot(lot.kind, amount, amount, lot.expires_at, lot.opened_at, self.count)

    def earned(self, card: ModelCard, paid: int) -> list[ModelLot]:
        """The points for what was really paid, put on the card."""
        if not paid // FEN_PER_POINT:
            return []
        lot = self.lot("POINTS", paid // FEN_PER_POINT, None)
        card.points.append(lot)
        return [lot]

    def over_cap(self, card: ModelCard, more: int) -> str | None:
        return "over_cap" if card.balance + more > CAP_FEN else None

    def lot(self, kind: str, amount: int, ends: datetime | None) -> ModelLot:
        self.count += 1
        return ModelLot(kind, amount, amount, ends, self.world.now, self.count)


def last_day_of(day: date, months: int) -> date:
    """The last day of so many months that begin on this one."""
    return add_months(day, months) - timedelta(days=1)
