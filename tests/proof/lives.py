"""What happens to whole cards and members: a successor, wrong PINs at a till, two records of one person, long sleep."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from kernel.clock import CHINA
from tests.proof.machine import VALIDITY_MONTHS, last_day_of
from tests.proof.model import ModelCard
from tests.proof.tills import TillsModel
from tests.proof.world import PIN_FAILURES

_NOTICE = timedelta(days=16)
_LONG_UNUSED = timedelta(days=365)


class LivesModel(TillsModel):
    """All rules on the same cards."""

    cards = TillsModel.cards

    @rule(old=cards, new=cards, name=st.sampled_from(["reissue_card", "replace_card"]))
    def succeed(self, old: ModelCard, new: ModelCard, name: str) -> None:
        """Everything on the old card goes over lot by lot and keeps its age."""
        refused = self.world.succeed(name, old.number, new.number)
        start = ("LOST",) if name == "reissue_card" else ("ACTIVE", "EXPIRED")
        if old is new:
            expected: str | None = "same_card"
        elif old.status not in start:
            expected = "status_step_forbidden"
        elif old.locked:
            expected = "card_locked"
        elif old.status == "LOST" and old.before == "FROZEN":
            expected = "card_frozen"
        else:
            expected = None if new.status == "IDLE" else "card_not_idle"
        assert refused == expected
        if refused is not None:
            return
        today = self.world.now.astimezone(CHINA).date()
        assert old.last_day is not None
        new.last_day = old.last_day if old.last_day >= today else last_day_of(today, VALIDITY_MONTHS)
        new.status, old.status, new.member = "ACTIVE", "REPLACED", old.member
        old.into = new
        self.move_all(old)

    @rule(card=cards, right=st.sampled_from([False, False, True]))
    def try_pin(self, card: ModelCard, right: bool) -> None:
        outcome, refused = self.world.try_pin(card.number, right=right)
        if card.status == "IDLE":
            assert refused == "card_idle"
            return
        assert refused is None
        if card.status != "ACTIVE":
            assert (outcome.accepted, outcome.locked) == (False, True)
            return
        card.wrong_pins = 0 if right else card.wrong_pins + 1
        if card.wrong_pins >= PIN_FAILURES:
            card.status = "PIN_LOCKED"
        assert (outcome.accepted, outcome.locked) == (right, card.status == "PIN_LOCKED")

    @rule(card=cards)
    def unlock_pin(self, card: ModelCard) -> None:
        refused = self.world.step("unlock_pin", card.number)
        assert refused == (None if card.status == "PIN_LOCKED" else "status_step_forbidden")
        if refused is None:
            card.status, card.wrong_pins = "ACTIVE", 0

    @rule(first=cards, second=cards)
    def merge(self, first: ModelCard, second: ModelCard) -> None:
        """Two records of one person: her cards, what she paid ahead and what she owes are with the survivor."""
        if first.member is None or second.member is None or first.member is second.member:
            return
        gone, stays = first.member, second.member
        assert self.world.merge(first.number, second.number) is None
        gone.merged_into = stays
        stays.ahead, gone.ahead = stays.ahead + gone.ahead, 0
        stays.owed, gone.owed = stays.owed + gone.owed, 0
        for card in self.model.values():
            if card.member is gone:
                card.member = stays

    @rule()
    def sleep(self) -> None:
        """Nobody comes for a year; the list of dormant cards is made, approved and noticed; then they are frozen."""
        self.world.now += _LONG_UNUSED + timedelta(days=3)
        self.midnight()
        refused = self.world.list_dormant()
        listed = {number for number, card in self.model.items() if card.status == "ACTIVE" and card.balance}
        assert refused == (None if listed or self.world.others_dormant() else "nothing_dormant")
        self.world.now += _NOTICE
        self.midnight()
        for number in listed:
            card = self.model[number]
            if card.status == "ACTIVE":
                card.status, card.dormant = "FROZEN", True

    @rule(card=cards)
    def reopen(self, card: ModelCard) -> None:
        refused = self.world.reopen(card.number)
        asleep = card.dormant and card.status == "FROZEN"
        assert refused == (None if asleep else "not_dormant")
        if refused is None:
            card.status, card.dormant = "ACTIVE", False
