"""What time does: it passes, and at midnight bonuses, points, packages and cards end; cards that nobody uses are listed
and frozen.
"""

from datetime import date, timedelta

from hypothesis import strategies as st

from kernel.calendar import add_months
from tests.proof.lives import PlayLives
from tests.proof.machine import AIMS, Aim, act
from tests.proof.model import ModelCard, day_of

_POINTS_MONTHS = 12
POINTS_NOTICE = timedelta(days=30)
_FREEZE_NOTICE = timedelta(days=15)
_LONG_UNUSED = timedelta(days=368)
_gaps = st.one_of(
    st.just(timedelta(minutes=3)),
    st.integers(1, 40).map(lambda days: timedelta(days=days)),
    st.sampled_from([timedelta(days=330), timedelta(days=366)]),
)


class PlayNights(PlayLives):
    """More rules on the same cards."""

    # ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @act(gap=_gaps)
    def wait(self, gap: timedelta) -> None:
        self.world.now += gap

    @act(policy=st.sampled_from(["ROLLING_INACTIVITY", "FIXED", "PER_LOT"]))
    def set_points_policy(self, policy: str) -> None:
        self.points_policy = policy
        self.world.set_points_policy(policy)

    @act()
    def midnight(self) -> None:
        self.world.midnight()
        now = self.world.now
        for card in self.model.values():
            for lot in (*card.lots, *card.points, *card.packages):
                if lot.left and lot.over(now):
                    if lot.sale is not None:
                        lot.sale.give(lot.left)
                    lot.left = 0
            if card.status == "ACTIVE" and self.is_over(card):
                card.status = "EXPIRED"
            self.settle_notice(card)
            self.give_notice(card)
            asleep = card.status == "FROZEN" or (card.status == "LOST" and card.before == "FROZEN")
            card.dormant = card.dormant and asleep

    def settle_notice(self, card: ModelCard) -> None:
        """Points go on the day that was named, unless what happened since has put their end off."""
        if card.noticed_for is None:
            return
        due = self.points_end(card)
        if due is None or due > card.noticed_for:
            card.noticed_for = None
        elif card.noticed_for <= self.today:
            for lot in card.points:
                if self.goes(lot_day=day_of(lot.opened_at), due=due, named=card.noticed_for):
                    lot.left = 0
            card.noticed_for = None

    def goes(self, *, lot_day: date, due: date, named: date) -> bool:
        if self.points_policy == "PER_LOT":
            return add_months(lot_day, _POINTS_MONTHS) <= named
        return lot_day < due

    def give_notice(self, card: ModelCard) -> None:
        """Never sooner than a notice before."""
        due, earliest = self.points_end(card), self.today + POINTS_NOTICE
        if card.noticed_for is None and due is not None and due <= earliest:
            card.noticed_for = max(due, earliest)

    def points_end(self, card: ModelCard) -> date | None:
        """The day on which its first points are void; None without points."""
        earned = [day_of(lot.opened_at) for lot in card.points if lot.left]
        began = card.activated or card.issued
        if not earned or began is None:
            return None
        if self.points_policy == "ROLLING_INACTIVITY":
            return add_months(max(began, card.points_used or began), _POINTS_MONTHS)
        if self.points_policy == "PER_LOT":
            return add_months(min(earned), _POINTS_MONTHS)
        terms = 1
        while add_months(began, _POINTS_MONTHS * terms) <= min(earned):
            terms += 1
        return add_months(began, _POINTS_MONTHS * terms)

    # ── Cards that sleep ─────────────────────────────────────────────────────────────────────────────────────────

    @act(end=st.sampled_from(["frozen", "frozen", "one comes", "given up"]), aim=AIMS)
    def sleep(self, end: str, aim: Aim) -> None:
        """Nobody comes for a year; the list of dormant cards is made, approved and noticed; then they are frozen: but
        for one that was used meanwhile, or not at all if the list is given up.
        """
        self.world.now += _LONG_UNUSED
        self.midnight()
        number, refused = self.world.list_dormant()
        listed = {name for name, card in self.model.items() if card.status == "ACTIVE" and card.balance}
        assert refused in (None, "nothing_dormant")
        assert listed == (self.world.waiting_dormant() & set(self.model))
        if refused is not None:
            return
        freezes = self.today + _FREEZE_NOTICE
        if end == "given up":
            assert self.world.give_up_list(number) is None
            listed = set()
        elif end == "one comes" and listed:
            came = self.card(aim, lambda card: card.number in listed and card.refusal(self.world.now) is None)
            self.world.now += timedelta(days=1)
            self.lock_and_unlock(came)
            listed.discard(came.number)
        # Not a day before the notice is over.
        self.world.now += freezes - self.today - timedelta(days=1)
        self.midnight()
        self.the_database_agrees()
        self.world.now += timedelta(days=1)
        self.midnight()
        for name in listed:
            card = self.model[name]
            if card.status == "ACTIVE":
                card.status, card.dormant, card.by_form = "FROZEN", True, False

    def lock_and_unlock(self, card: ModelCard) -> None:
        """Whatever leaves a trace on the card says that somebody has been there."""
        assert self.world.set_locked(card.number, locked=not card.locked) is None
        assert self.world.set_locked(card.number, locked=card.locked) is None

    @act(aim=AIMS)
    def reopen(self, aim: Aim) -> None:
        card = self.card(aim, lambda one: one.dormant and one.status == "FROZEN")
        refused = self.world.reopen(card.number)
        if not card.dormant:
            assert refused == "not_dormant"
        elif card.status != "FROZEN":
            assert refused == "status_step_forbidden"
        elif any(form.card is card for form in self.forms):
            assert refused == "fault_form_open"
        else:
            assert refused is None
            card.status, card.dormant = "ACTIVE", False
