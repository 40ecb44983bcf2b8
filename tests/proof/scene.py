"""The seed of every run: a world in which each act has something to act on."""

from tests.proof.machine import Aim
from tests.proof.model import Done, Form, ModelCard, ModelMember
from tests.proof.nights import PlayNights
from tests.proof.world import PACKAGE_FEN, PIN_FAILURES


class Scene(PlayNights):
    """What is set up before the rules play."""

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
        """One that was wrongly topped up and replaced since, with its form; one whose PIN somebody forgot."""
        wronged, heir = self.handed_out(), self.make()
        self.topped(wronged, 45, 3)
        wrong = self.done[-1]
        self.set_policy("PRO_RATA")
        self.give_place(wronged, heir, "replace_card", from_card=True)
        self.the_database_agrees()
        number, refused = self.world.report_fault(wrong.record_id)
        assert refused is None
        heir.status, heir.by_form = "FROZEN", True
        self.forms.append(Form(number, wrong, heir, wrong.opened_left))
        forgetful = self.handed_out()
        self.topped(forgetful, 20, 20)
        # Half a fen each: the odd one is the principal's.
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
            bill=parts.get("signed", 0),
        ))  # fmt: skip
