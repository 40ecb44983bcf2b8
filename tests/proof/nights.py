"""What time does: it passes, and at midnight bonuses, points, packages and cards end; cards that nobody uses are listed
and frozen. The seed of every run stands here too.
"""

from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize

from kernel.calendar import add_months
from tests.proof.lives import PlayLives
from tests.proof.machine import AIMS, POLICIES, TOUR, Aim, act
from tests.proof.model import Done, Form, ModelCard, ModelMember, day_of
from tests.proof.world import PACKAGE_FEN, PIN_FAILURES

_POINTS_MONTHS = 12
_POINTS_NOTICE = timedelta(days=30)
_FREEZE_NOTICE = timedelta(days=16)
_LONG_UNUSED = timedelta(days=368)
_gaps = st.one_of(
    st.just(timedelta(minutes=3)),
    st.integers(1, 40).map(lambda days: timedelta(days=days)),
    st.sampled_from([timedelta(days=330), timedelta(days=366)]),
)


class PlayAll(PlayLives):
    """All rules on the same cards."""

    @initialize(policy=POLICIES, bonus=st.integers(1, 40), data=st.data())
    def begin(self, policy: str, bonus: int, data: st.DataObject) -> None:
        """A world in which every act has something to act on, and then every act once, in any order: left to themselves
        the rules would seldom come to all of them.
        """
        self.set_the_scene(policy, bonus)
        self.the_database_agrees()
        for name in data.draw(st.permutations(sorted(TOUR))):
            needs = {"decide_fault": self.forms, "settle": self.bills}.get(name, self.done)
            if needs:
                getattr(self, name)(**{key: data.draw(drawn, name) for key, drawn in TOUR[name].items()})
                self.the_database_agrees()

    def set_the_scene(self, policy: str, bonus: int) -> None:
        """A card with a bonus that ends and one that does not, one with a signed bill, prepayment and a package, a gift
        card, one that was lost, one wrongly topped up, one whose PIN was forgotten, one that is not paid for, blanks.
        """
        good: Aim = (True, 0)
        rich = self.handed_out()
        self.topped(rich, 50, bonus)
        self.set_bonus_months(None)
        self.topped(rich, 40, 7)
        self.set_bonus_months(12)
        # Where lots of both kinds and both ends lie together, each order of drawing takes other ones.
        for order in ("PRO_RATA", "BONUS_FIRST", "EARLIEST_EXPIRY"):
            self.set_policy(order)
            amount = self.ending_soon(rich) + 2 if order == "BONUS_FIRST" else 11
            self.spend(rich, amount, by_api=order == "PRO_RATA")
            self.the_database_agrees()
        owing = self.handed_out()
        self.topped(owing, 60, 0)
        assert owing.member is not None
        _, refused = self.world.prepay(owing.number, 30, out=False, key=self.world.key())
        assert refused is None
        owing.member.ahead, owing.member.has_prepaid = 30, True
        self.bill(owing, {"stored": 11, "prepayment": 4, "cash": 7, "signed": 20})
        self.sell_package(good, {"cash": PACKAGE_FEN})
        self.use_package(good, 1)
        gift = self.make(gift=True)
        self.gave_gift(gift)
        lost = self.handed_out()
        self.topped(lost, 25, 5)
        assert self.world.step("report_lost", lost.number) is None
        lost.before, lost.status = "ACTIVE", "LOST"
        self.stopped_ones()
        self.set_policy(policy)
        self.make()
        self.make()

    def stopped_ones(self) -> None:
        """One that was wrongly topped up, with its form; one whose PIN somebody forgot."""
        wronged = self.handed_out()
        self.topped(wronged, 45, 3)
        number, refused = self.world.report_fault(self.done[-1].record_id)
        assert refused is None
        wronged.status = "FROZEN"
        self.forms.append(Form(number, self.done[-1], wronged, True, self.done[-1].opened_left))
        forgetful = self.handed_out()
        self.topped(forgetful, 20, 20)
        # Half a fen each: the odd one is the principal's.
        self.set_policy("PRO_RATA")
        self.spend(forgetful, 5, by_api=False)
        self.the_database_agrees()
        for _ in range(PIN_FAILURES):
            self.try_pin(forgetful, right=False)
        unpaid, member = self.make(), ModelMember()
        assert self.world.issue(unpaid.number, holder="new", activate=True, pending=True) is None
        self.issued(unpaid, member, activate=False, pending=True)

    def ending_soon(self, card: ModelCard) -> int:
        return sum(lot.left for lot in card.lots if lot.expires_at is not None)

    def handed_out(self) -> ModelCard:
        card, member = self.make(), ModelMember()
        assert self.world.issue(card.number, holder="new", activate=True, pending=False) is None
        self.issued(card, member, activate=True, pending=False)
        return card

    def gave_gift(self, card: ModelCard) -> None:
        assert self.world.issue(card.number, holder="", activate=True, pending=False) is None
        self.issued(card, None, activate=True, pending=False)
        self.topped(card, 30, 0)

    def topped(self, card: ModelCard, paid: int, bonus: int) -> None:
        receipt, refused = self.world.top_up(card.number, paid, bonus, key=self.world.key())
        self.topped_up(card, paid, bonus, self.bonus_months, receipt, refused)

    def bill(self, card: ModelCard, parts: dict[str, int]) -> None:
        receipt, refused = self.world.pay(card.number, parts, "ANY", key=self.world.key())
        assert refused is None
        taken, opened = self.paid(card, parts)
        card.points_used = self.today
        self.keep(Done(
            "CONSUMPTION", card, receipt.record_id, opened=opened, taken=taken, member=card.member, paid=parts,
            bill=parts["signed"],
        ))  # fmt: skip

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
        due, earliest = self.points_end(card), self.today + _POINTS_NOTICE
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
        if end == "given up":
            assert self.world.give_up_list(number) is None
            listed = set()
        elif end == "one comes" and listed:
            came = self.card(aim, lambda card: card.number in listed and card.refusal(self.world.now) is None)
            self.world.now += timedelta(days=1)
            self.lock_and_unlock(came)
            listed.discard(came.number)
        self.world.now += _FREEZE_NOTICE
        self.midnight()
        for name in listed:
            card = self.model[name]
            if card.status == "ACTIVE":
                card.status, card.dormant = "FROZEN", True

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
        else:
            assert refused is None
            card.status, card.dormant = "ACTIVE", False
