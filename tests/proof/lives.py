"""What happens to whole cards and people: issue and activation, loss and lock, a successor, wrong PINs at a till, the
end of a card, two records of one person, and the forgetting of one.
"""

from datetime import date, timedelta

from hypothesis import strategies as st

from tests.proof.machine import AIMS, VALIDITY_MONTHS, Aim, act, aimed, last_day_of
from tests.proof.model import ENDED, ModelCard, ModelMember
from tests.proof.tills import PlayTills
from tests.proof.world import PIN_FAILURES, REISSUE_FEE_FEN

_IN_HAND = ("ISSUED", "ACTIVE", "FROZEN", "PIN_LOCKED", "EXPIRED")
# The act, from which statuses, to which; None is where the card stood before.
_STEPS: dict[str, tuple[tuple[str, ...], str | None]] = {
    "activate_card": (("ISSUED",), "ACTIVE"),
    "report_lost": (_IN_HAND, "LOST"),
    "lift_loss": (("LOST",), None),
    "freeze_card": (("ACTIVE",), "FROZEN"),
    "unfreeze_card": (("FROZEN",), "ACTIVE"),
    "unlock_pin": (("PIN_LOCKED",), "ACTIVE"),
    "withdraw_card": ((*_IN_HAND, "LOST"), "WITHDRAWN"),
    "collect_card": (("IDLE", "ACTIVE", "EXPIRED", "REPLACED", "WITHDRAWN"), "COLLECTED"),
    "reactivate_card": (("EXPIRED", "ACTIVE"), "ACTIVE"),
}
_STOPPED_BY_LOCK = ("withdraw_card", "reactivate_card")
_STOPS = ("report_lost", "freeze_card")
_GOES_ON = ("lift_loss", "unfreeze_card", "unlock_pin")
_ENDS = ("withdraw_card", "collect_card")


class PlayLives(PlayTills):
    """More rules on the same cards."""

    def make(self, *, gift: bool = False) -> ModelCard:
        card = ModelCard(self.world.make_card(gift=gift), gift=gift)
        self.model[card.number] = card
        return card

    @act(gift=st.sampled_from([False, False, True]))
    def make_one(self, gift: bool) -> None:
        """Few at a time: the acts shall meet on the same cards."""
        if sum(card.status == "IDLE" for card in self.model.values()) < 3:
            self.make(gift=gift)

    @act(
        aim=AIMS,
        holder=st.sampled_from(["new", "new", "fitting", "none", "other"]),
        other=AIMS,
        activate=st.booleans(),
        pending=st.sampled_from([False, False, True]),
    )
    def issue(self, aim: Aim, holder: str, other: Aim, activate: bool, pending: bool) -> None:
        card = self.card(aim, lambda one: one.status == "IDLE")
        if holder == "fitting":
            holder = "none" if card.gift else "new"
        told, member = "" if holder == "none" else holder, None
        if holder == "new":
            member = ModelMember()
        elif holder == "other":
            held = [one for one in self.model.values() if one.member is not None]
            if not held:
                return
            of = aimed(held, other, lambda one: one.status in ENDED)
            told, member = of.number, of.member
        refused = self.world.issue(card.number, holder=told, activate=activate, pending=pending)
        assert refused == self.issue_refusal(card, member)
        if refused is None:
            self.issued(card, member, activate=activate and not pending, pending=pending)

    def issue_refusal(self, card: ModelCard, member: ModelMember | None) -> str | None:
        if card.status != "IDLE":
            return "card_not_idle"
        if member is None:
            return None if card.gift else "member_required"
        if card.gift:
            return "member_not_wanted"
        if member.erased:
            return "registration_incomplete"
        hers = [one for one in self.model.values() if one.member is member and one.status not in ENDED]
        return "id_limit_reached" if hers else None

    def issued(self, card: ModelCard, member: ModelMember | None, *, activate: bool, pending: bool) -> None:
        card.status = "ACTIVE" if activate else "ISSUED"
        card.issued, card.activated = self.today, self.today if activate else None
        card.last_day = card.account_last_day = last_day_of(self.today, VALIDITY_MONTHS)
        card.member, card.pending = member, pending

    @act(aim=AIMS, name=st.sampled_from(_STOPS))
    def stop(self, aim: Aim, name: str) -> None:
        self.step(aim, name)

    @act(aim=AIMS, name=st.sampled_from(_GOES_ON))
    def go_on(self, aim: Aim, name: str) -> None:
        self.step(aim, name)

    @act(aim=AIMS)
    def activate(self, aim: Aim) -> None:
        self.step(aim, "activate_card")

    @act(aim=AIMS)
    def reactivate(self, aim: Aim) -> None:
        self.step(aim, "reactivate_card")

    @act(aim=AIMS, name=st.sampled_from(_ENDS))
    def end(self, aim: Aim, name: str) -> None:
        self.step(aim, name)

    def step(self, aim: Aim, name: str) -> None:
        card = self.card(aim, lambda one: self.step_refusal(one, name) is None)
        expected = self.step_refusal(card, name)
        refused = self.world.step(name, card.number)
        if name == "unlock_pin" and refused is None:
            card.wrong_pins = 0
        assert refused == expected
        if refused is not None:
            return
        to = _STEPS[name][1] or card.before
        card.before, card.status = card.status if name == "report_lost" else "", to
        if name == "freeze_card":
            card.by_form = False
        if name == "activate_card":
            card.activated = self.today
        if name == "reactivate_card":
            fresh = last_day_of(self.today, VALIDITY_MONTHS)
            assert card.last_day is not None
            assert card.account_last_day is not None
            card.last_day = card.last_day if card.last_day >= self.today else fresh
            card.account_last_day = card.account_last_day if card.account_last_day >= self.today else fresh

    def step_refusal(self, card: ModelCard, name: str) -> str | None:
        start, _to = _STEPS[name]
        if card.status not in start:
            return "status_step_forbidden"
        if card.locked and name in _STOPPED_BY_LOCK:
            return "card_locked"
        if name == "report_lost" and card.bearer:
            return "bearer_not_traceable"
        if name == "activate_card" and card.pending:
            return "payment_pending"
        if name == "unfreeze_card" and any(form.card is card for form in self.forms):
            return "fault_form_open"
        if name == "unfreeze_card" and card.dormant:
            return "dormant_frozen"
        if name == "collect_card" and card.status in ("ACTIVE", "EXPIRED") and not card.bearer:
            return "status_step_forbidden"
        if name in ("withdraw_card", "collect_card") and (card.balance or card.points_balance or card.counts):
            return "card_not_empty"
        if name == "reactivate_card" and card.status == "ACTIVE" and not self.is_over(card):
            return "card_not_expired"
        return None

    def is_over(self, card: ModelCard) -> bool:
        ends = [day for day in (card.last_day, card.account_last_day) if day is not None]
        return min(ends) < self.today

    @act(aim=AIMS)
    def confirm_payment(self, aim: Aim) -> None:
        """Said twice it changes nothing."""
        card = self.card(aim, lambda one: one.pending)
        assert self.world.step("confirm_payment", card.number) is None
        card.pending = False

    @act(aim=AIMS, locked=st.sampled_from([True, False, False]))
    def lock(self, aim: Aim, locked: bool) -> None:
        self.hold(self.card(aim, lambda one: one.locked != locked), locked=locked)

    def hold(self, card: ModelCard, *, locked: bool) -> None:
        assert self.world.set_locked(card.number, locked=locked) is None
        card.locked = locked

    @act(aim=AIMS, days=st.sampled_from([-1, 0, 5, 400]))
    def adjust_account_expiry(self, aim: Aim, days: int) -> None:
        self.adjust(self.card(aim, lambda one: one.status == "ACTIVE"), days)

    def adjust(self, card: ModelCard, days: int) -> None:
        until = self.today + timedelta(days=days)
        refused = self.world.adjust_account_expiry(card.number, until)
        if not card.is_issued:
            assert refused == "card_idle"
        elif card.status in ENDED:
            assert refused == "status_step_forbidden"
        elif until < self.earliest_end(card):
            assert refused == "invalid_validity"
        else:
            assert refused is None
            card.account_last_day = until
            if card.status == "EXPIRED" and not self.is_over(card) and not card.locked:
                card.status = "ACTIVE"

    def earliest_end(self, card: ModelCard) -> date:
        """A card that is anybody's is valid for three years at least."""
        assert card.issued is not None
        return max(self.today, last_day_of(card.issued, VALIDITY_MONTHS)) if card.bearer else self.today

    @act(aim=AIMS)
    def destroy(self, aim: Aim) -> None:
        card = self.card(aim, lambda one: one.status == "COLLECTED")
        refused = self.world.destroy([card.number])
        assert refused == (None if card.status in ("IDLE", "COLLECTED") else "status_step_forbidden")
        if refused is None:
            card.status = "DESTROYED"

    # ── A successor ──────────────────────────────────────────────────────────────────────────────────────────────

    @act(aim=AIMS, blank=AIMS, name=st.sampled_from(["reissue_card", "replace_card"]), from_card=st.booleans())
    def succeed(self, aim: Aim, blank: Aim, name: str, from_card: bool) -> None:
        """Everything on the old card goes over, and the fee of its type is taken."""
        new = self.card(blank, lambda one: one.status == "IDLE")
        old = self.card(aim, lambda one: self.succession_refusal(one, new, name, from_card) is None)
        self.give_place(old, new, name, from_card=from_card)

    def give_place(self, old: ModelCard, new: ModelCard, name: str, *, from_card: bool) -> None:
        expected = self.succession_refusal(old, new, name, from_card)
        assert self.world.succeed(name, old.number, new.number, fee_from_card=from_card) == expected
        if expected is not None:
            return
        self.take_over(old, new, old.member)
        if from_card and not old.gift:
            new.draw(REISSUE_FEE_FEN, policy=self.policy, at=self.world.now)

    def take_over(self, old: ModelCard, new: ModelCard, holder: ModelMember | None) -> None:
        """Value and both validities go over; what had expired begins anew."""
        assert old.last_day is not None
        assert old.account_last_day is not None
        fresh = last_day_of(self.today, VALIDITY_MONTHS)
        new.gift, new.member, new.issued, new.activated = old.gift, holder, self.today, old.activated or self.today
        new.last_day = old.last_day if old.last_day >= self.today else fresh
        new.account_last_day = old.account_last_day if old.account_last_day >= self.today else fresh
        new.status, old.status, old.before, old.heir = "ACTIVE", "REPLACED", "", new
        self.move(old, new)

    @act(aim=AIMS, blank=AIMS, holder=st.sampled_from(["new", "new", "other"]), other=AIMS)
    def make_over(self, aim: Aim, blank: Aim, holder: str, other: Aim) -> None:
        """Everything on the card is somebody else's from now on, on a new card."""
        new = self.card(blank, lambda one: one.status == "IDLE")
        told, member = "new", ModelMember()
        if holder == "other":
            held = [one for one in self.model.values() if one.member is not None]
            of = aimed(held, other, lambda one: self.transfer_limit(one.member) is None)
            assert of.member is not None
            told, member = of.number, of.member
        old = self.card(aim, lambda one: self.transfer_refusal(one, new, member) is None)
        expected = self.transfer_refusal(old, new, member)
        assert self.world.make_over(old.number, new.number, holder=told) == expected
        if expected is None:
            self.take_over(old, new, member)

    def transfer_refusal(self, old: ModelCard, new: ModelCard, to: ModelMember) -> str | None:
        if old is new:
            return "same_card"
        if old.status not in ("ACTIVE", "EXPIRED"):
            return "status_step_forbidden"
        if old.locked:
            return "card_locked"
        if old.member is None:
            return "bearer_not_traceable"
        if old.member is to:
            return "transfer_to_self"
        return "card_not_idle" if new.status != "IDLE" else self.transfer_limit(to)

    def transfer_limit(self, to: ModelMember | None) -> str | None:
        """Whoever gets it must be one who could be issued such a card."""
        if to is not None and to.erased:
            return "registration_incomplete"
        hers = [one for one in self.model.values() if one.member is to and one.status not in ENDED]
        return "id_limit_reached" if hers else None

    def succession_refusal(self, old: ModelCard, new: ModelCard, name: str, from_card: bool) -> str | None:
        start = ("LOST",) if name == "reissue_card" else ("ACTIVE", "EXPIRED")
        if old is new:
            return "same_card"
        if old.status not in start:
            return "status_step_forbidden"
        if old.locked:
            return "card_locked"
        if old.status == "LOST" and old.before == "FROZEN":
            return "card_frozen"
        if new.status != "IDLE":
            return "card_not_idle"
        short = from_card and not old.gift and not old.can_pay(REISSUE_FEE_FEN, self.world.now)
        return "insufficient_balance" if short else None

    # ── PINs ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @act(aim=AIMS, wrong=st.integers(0, PIN_FAILURES))
    def try_pins(self, aim: Aim, wrong: int) -> None:
        """So many wrong ones, then the right one."""
        card = self.card(aim, lambda one: one.status == "ACTIVE")
        for place in range(wrong + 1):
            self.try_pin(card, right=place == wrong)

    def try_pin(self, card: ModelCard, *, right: bool) -> None:
        outcome, refused = self.world.try_pin(card.number, right=right)
        if not card.is_issued:
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

    @act(aim=AIMS)
    def reset_pin(self, aim: Aim) -> None:
        card = self.card(aim, lambda one: one.wrong_pins and one.status == "ACTIVE")
        refused = self.world.reset_pin(card.number)
        assert refused == (None if card.is_issued else "card_idle")
        if refused is None:
            card.wrong_pins = 0

    # ── People ───────────────────────────────────────────────────────────────────────────────────────────────────

    @act(first=AIMS, second=AIMS)
    def merge(self, first: Aim, second: Aim) -> None:
        """Two records of one person: her cards, what she paid ahead and what she owes are with the survivor."""
        held = [card for card in self.model.values() if card.member is not None]
        if not held:
            return
        one = aimed(held, first, lambda card: card.member is not None and (card.member.owed or card.member.ahead))
        other = aimed(held, second, lambda card: card.member is not one.member and not card.member.erased)
        gone, stays = one.member, other.member
        assert gone is not None
        assert stays is not None
        refused = self.world.merge(one.number, other.number)
        if gone is stays:
            assert refused == "merge_with_herself"
        elif gone.erased or stays.erased:
            assert refused == "member_erased"
        else:
            assert refused is None
            gone.merged_into = stays
            stays.has_prepaid |= gone.has_prepaid
            stays.ahead, gone.ahead = stays.ahead + gone.ahead, 0
            stays.owed, gone.owed = stays.owed + gone.owed, 0
            for card in self.model.values():
                if card.member is gone:
                    card.member = stays

    @act(aim=AIMS)
    def erase(self, aim: Aim) -> None:
        """Nothing may be left that is hers."""
        held = [card for card in self.model.values() if card.member is not None]
        if not held:
            return
        card = aimed(held, aim, lambda one: self.erasure_refusal(one.member) is None)
        assert self.world.erase(card.number) == self.erasure_refusal(card.member)
        assert card.member is not None
        if self.erasure_refusal(card.member) is None:
            card.member.erased = True

    def erasure_refusal(self, member: ModelMember | None) -> str | None:
        assert member is not None
        if member.erased:
            return "already_erased"
        hers = [one for one in self.model.values() if one.member is member]
        left = member.ahead or member.owed or any(one.balance or one.points_balance for one in hers)
        return "erasure_blocked" if left or any(one.status not in ENDED for one in hers) else None
