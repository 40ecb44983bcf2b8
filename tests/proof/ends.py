"""The very moments at which something ends: the till before and after, the night before and after. And every run's
beginning.
"""

from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from kernel.calendar import start_of
from tests.proof.machine import AIMS, POLICIES, TOUR, Aim, act
from tests.proof.model import ModelCard
from tests.proof.nights import POINTS_NOTICE
from tests.proof.scene import Scene
from tests.proof.world import FEN_PER_POINT, PACKAGE_FEN, SIGNED_LIMIT_FEN

_A_MINUTE, _A_DAY = timedelta(minutes=1), timedelta(days=1)


class PlayAll(Scene):
    """All rules on the same cards."""

    @initialize(policy=POLICIES, bonus=st.integers(1, 40), data=st.data())
    def begin(self, policy: str, bonus: int, data: st.DataObject) -> None:
        """A world in which every act has something to act on, and then every act once, in any order: left to themselves
        the rules would seldom come to all of them.
        """
        if not self.world.ends_walked:
            self.walk_the_ends()
            self.world.ends_walked = True
        self.set_the_scene(policy, bonus)
        self.the_database_agrees()
        for name in data.draw(st.permutations(sorted(TOUR))):
            needs = {"decide_fault": self.forms, "settle": self.bills}.get(name, self.done)
            if needs:
                getattr(self, name)(**{key: data.draw(drawn, name) for key, drawn in TOUR[name].items()})
                self.the_database_agrees()

    # ── A minute before, and then ────────────────────────────────────────────────────────────────────────────────

    def walk_the_ends(self) -> None:
        """One of everything that ends, used and seen to at night a minute before its end, and when that has come."""
        card, short = self.handed_out(), self.handed_out()
        self.try_what_is_rare(short)
        self.set_policy("BONUS_FIRST")
        self.topped(card, 90, 50)
        self.topped(short, 20, 0)
        self.sell_onto(card, {"cash": PACKAGE_FEN})
        self.adjust(short, 40)
        self.give_points(card, 40, days=20)
        self.give_points(card, 5, days=None)
        *ends, last = self.ends_of(card, short)
        for end in ends:
            self.walk_an_end(end, card, short)
        self.walk_to_the_clearing(card)
        self.walk_an_end(last, card, short)

    def try_what_is_rare(self, card: ModelCard) -> None:
        """What a random draw seldom hits: two rules that both give, a locked card at the till, an odd fen between two
        means, a fen too many signed for, reversals after a replacement, a wrong top-up with a bonus, two packages.
        """
        self.fill_by_rule(card, 44)
        self.hold(card, locked=True)
        self.spend(card, 1, by_api=False)
        self.hold(card, locked=False)
        self.bill(card, {"stored": 10, "cash": 10})
        self.bring_back(self.done[-1], 5)
        too_much = {"signed": SIGNED_LIMIT_FEN + 1}
        assert self.world.pay(card.number, too_much, "ANY", key=self.world.key())[1] == "over_signed_limit"
        self.the_database_agrees()
        heir = self.undo_after_a_replacement()
        self.topped(heir, 20, 5)
        self.report_fault((False, len(self.done) - 1))
        self.decide_fault((False, 0), approve=True)
        self.the_database_agrees()
        for _ in range(2):
            self.sell_onto(heir, {"cash": PACKAGE_FEN})
            self.world.now += _A_DAY
        self.use_of(heir, 1)
        self.the_database_agrees()

    def undo_after_a_replacement(self) -> ModelCard:
        """A bill that earned nothing, and one whose points went along; the card that has the place."""
        old, heir = self.handed_out(), self.make()
        self.topped(old, 40, 0)
        for fen in (FEN_PER_POINT - 1, 2 * FEN_PER_POINT):
            self.spend(old, fen, by_api=False)
        bought = self.done[-2:]
        self.give_place(old, heir, "replace_card", from_card=False)
        for bill in bought:
            self.take_back(bill)
        self.the_database_agrees()
        return heir

    def walk_an_end(self, end: datetime, card: ModelCard, short: ModelCard) -> None:
        for moment in (end - _A_MINUTE, end):
            self.world.now = moment
            self.spend(card, 1, by_api=False)
            self.spend(card, 1, by_api=True)
            self.spend(short, 1, by_api=False)
            self.use_of(card, 1)
            self.the_database_agrees()
            self.midnight()
            self.the_database_agrees()

    def walk_to_the_clearing(self, card: ModelCard) -> None:
        """A package is used, and then nobody uses the card any more: its points are named on one day and go on another,
        and on no other ones.
        """
        self.sell_onto(card, {"cash": PACKAGE_FEN})
        self.world.now += 10 * _A_DAY
        self.use_of(card, 1)
        due = self.points_end(card)
        assert due is not None
        for day in (due - POINTS_NOTICE - _A_DAY, due - POINTS_NOTICE, due - _A_DAY, due):
            self.world.now = start_of(day) + _A_MINUTE
            self.midnight()
            self.the_database_agrees()
        assert not card.points_balance

    def ends_of(self, *cards: ModelCard) -> list[datetime]:
        """When anything on these cards is over for the first time, or they are themselves."""
        days = {day for card in cards for day in (card.last_day, card.account_last_day) if day is not None}
        lots = [lot for card in cards for lot in (*card.lots, *card.points, *card.packages) if lot.left]
        ends = {start_of(day + _A_DAY) for day in days}
        return sorted(ends | {lot.expires_at for lot in lots if lot.expires_at is not None})

    @act(aim=AIMS, place=st.integers(0, 5), minutes=st.sampled_from([-1, 0, 300]))
    def come_at_an_end(self, aim: Aim, place: int, minutes: int) -> None:
        """Somebody wants all that is on a card just when a lot of it ends, or its own validity or its account's."""
        card, now = self.usable_card(aim), self.world.now
        coming = [end for end in self.ends_of(card) if end > now + _A_MINUTE]
        if coming:
            self.world.now = coming[place % len(coming)] + timedelta(minutes=minutes)
            self.spend(card, max(card.balance, 1), by_api=False)
