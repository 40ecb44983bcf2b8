"""What the tills and the treasury do beyond top-up and consumption: bills by parts, signing and settling, returns,
negative top-ups and fault forms, prepayment, packages, points by hand. The rules are said again here in the simplest
words; the program's own code is not asked.
"""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.proof.machine import AIMS, Aim, Play, act, aimed
from tests.proof.model import Done, Form, ModelCard, ModelLot, ModelSale, live, spread, take
from tests.proof.world import PACKAGE_COUNTS, PACKAGE_FEN, PACKAGE_MONTHS, SIGNED_LIMIT_FEN

_small = st.integers(1, 60)
_parts = st.sampled_from([0, 0, 1, 7, 25])
_scopes = st.sampled_from(["ANY", "PRINCIPAL", "BONUS"])
_KINDS = {"ANY": ("PRINCIPAL", "BONUS"), "PRINCIPAL": ("PRINCIPAL",), "BONUS": ("BONUS",)}
_prices = st.sampled_from([
    {"stored": PACKAGE_FEN}, {"cash": PACKAGE_FEN}, {"stored": 9, "signed": 12, "cash": 9},
    {"prepayment": 7, "stored": 23}, {"signed": PACKAGE_FEN},
])  # fmt: skip


class PlayTills(Play):
    """More rules on the same cards."""

    # ── Bills by parts ───────────────────────────────────────────────────────────────────────────────────────────

    @act(aim=AIMS, stored=_parts, scope=_scopes, ahead=_parts, cash=_parts, signed=_parts)
    def pay(self, aim: Aim, stored: int, scope: str, ahead: int, cash: int, signed: int) -> None:
        parts = {"stored": stored, "prepayment": ahead, "cash": cash, "signed": signed}
        parts = {means: fen for means, fen in parts.items() if fen}
        if not parts:
            return
        card = self.card(aim, lambda one: self.bill_refusal(one, parts, scope) is None)
        receipt, refused = self.once(lambda key: self.world.pay(card.number, parts, scope, key=key))
        assert refused == self.bill_refusal(card, parts, scope)
        if refused is None:
            taken, opened = self.paid(card, parts, scope)
            card.points_used = self.today
            assert receipt.balance_after_fen == card.balance
            self.keep(Done(
                "CONSUMPTION", card, receipt.record_id, opened=opened, taken=taken, member=card.member, paid=parts,
                bill=parts.get("signed", 0),
            ))  # fmt: skip

    def bill_refusal(self, card: ModelCard, parts: dict[str, int], scope: str = "ANY") -> str | None:
        """Why a bill of these parts is refused, in the order in which the program asks."""
        now, member = self.world.now, card.member
        if not card.is_issued:
            return "card_idle"
        signed, ahead = parts.get("signed", 0), parts.get("prepayment", 0)
        if member is None and (signed or ahead):
            return "card_without_member"
        if member is not None and signed and member.owed + signed > SIGNED_LIMIT_FEN:
            return "over_signed_limit"
        if (refusal := card.refusal(now)) is not None:
            return refusal
        if not card.can_pay(parts.get("stored", 0), now, _KINDS[scope]):
            return "insufficient_balance"
        return "insufficient_prepayment" if member is not None and member.ahead < ahead else None

    def paid(self, card: ModelCard, parts: dict[str, int], scope: str = "ANY") -> tuple[list[Any], list[Any]]:
        """Take a bill's parts; what was drawn, and the points it earned."""
        stored, signed = parts.get("stored", 0), parts.get("signed", 0)
        taken = card.draw(stored, policy=self.policy, at=self.world.now, kinds=_KINDS[scope]) if stored else []
        if card.member is not None:
            card.member.ahead -= parts.get("prepayment", 0)
            card.member.owed += signed
        return taken, self.earned(card, sum(parts.values()) - signed, taken)

    @act(needs="bills", aim=AIMS, stored=_parts, ahead=_parts, cash=_parts)
    def settle(self, aim: Aim, stored: int, ahead: int, cash: int) -> None:
        """Paying what was signed for earns nothing."""
        parts = {"stored": stored, "prepayment": ahead, "cash": cash}
        amount = sum(parts.values())
        if not amount:
            return
        done = aimed(self.bills, aim, lambda one: self.settling_refusal(one, parts) is None)
        expected = self.settling_refusal(done, parts)
        _, refused = self.once(lambda key: self.world.settle(done.record_id, parts, key=key))
        assert refused == expected
        if refused is None:
            assert done.member is not None
            if stored:
                done.card.last_heir.draw(stored, policy=self.policy, at=self.world.now)
            done.member.survivor.ahead -= ahead
            done.member.survivor.owed -= amount
            done.bill -= amount
            done.settled = True

    def settling_refusal(self, done: Done, parts: dict[str, int]) -> str | None:
        assert done.member is not None
        if sum(parts.values()) > done.bill:
            return "settle_too_much"
        if parts["prepayment"] and not done.member.survivor.has_prepaid:
            return "insufficient_prepayment"
        if parts["stored"]:
            if done.card.last_heir.member is not done.member.survivor:
                return "card_not_signers"
            if (refusal := done.card.last_heir.refusal(self.world.now)) is not None:
                return refusal
            if not done.card.last_heir.can_pay(parts["stored"], self.world.now):
                return "insufficient_balance"
        return "insufficient_prepayment" if done.member.survivor.ahead < parts["prepayment"] else None

    # ── Returns ──────────────────────────────────────────────────────────────────────────────────────────────────

    @act(needs="done", aim=AIMS, amount=_small)
    def give_back(self, aim: Aim, amount: int) -> None:
        """Goods come back: each means gets its share, the very lots theirs, and the points go."""
        self.bring_back(aimed(self.done, aim, lambda one: self.return_refusal(one, amount) is None), amount)

    def bring_back(self, done: Done, amount: int) -> None:
        expected = self.return_refusal(done, amount)
        receipt, refused = self.once(lambda key: self.world.give_back(done.record_id, amount, key=key))
        assert refused == expected
        if refused is None:
            self.apply_return(done, amount)
            assert receipt.balance_after_fen == done.card.last_heir.balance

    def return_refusal(self, done: Done, amount: int) -> str | None:
        if not done.is_sale:
            return "not_returnable"
        if amount > done.total - done.returned:
            return "return_too_much"
        return done.card.last_heir.refusal(self.world.now)

    def apply_return(self, done: Done, amount: int) -> None:
        left = done.left()
        parts = dict(zip(left, spread(amount, list(left.values())), strict=True))
        signed = parts.pop("signed", 0)
        owed = min(signed, done.bill)
        parts["cash"] = parts.get("cash", 0) + signed - owed
        parts["signed"] = owed
        for means, fen in parts.items():
            done.back[means] = done.back.get(means, 0) + fen
        out = [place for place, (_lot, part) in enumerate(done.taken) if part]
        for place, part in zip(out, spread(parts.get("stored", 0), [done.taken[i][1] for i in out]), strict=True):
            lot, before = done.taken[place]
            if done.card.heir is None:
                lot.left += part
            elif part:
                # The lot ended with its card: another like it on the card that has its place.
                done.card.last_heir.lots.append(self.lot_of_age(lot, part))
            done.taken[place] = (lot, before - part)
        if done.member is not None:
            done.member.survivor.ahead += parts.get("prepayment", 0)
            done.member.survivor.owed -= owed
        done.bill -= owed
        done.returned += amount
        points = sum(lot.original for lot in done.opened)
        wanted = points - done.points_back - points * (done.total - done.returned) // done.total
        done.points_back += wanted
        self.take_points(done, wanted)

    def take_points(self, done: Done, wanted: int) -> None:
        """As many as there are: those of the bill first, then what ends first."""
        card = done.card.last_heir
        alive = live(card.points, self.world.now, ("POINTS",))
        there = min(wanted, sum(lot.left for lot in alive))
        if there:
            # Of equals the one that was opened first, whatever age it brought along.
            take(sorted(alive, key=lambda lot: (lot not in done.opened, lot.end_first[0], lot.number)), there)
            card.points_used = self.today

    # ── Wrong top-ups ────────────────────────────────────────────────────────────────────────────────────────────

    @act(needs="done", aim=AIMS)
    def report_fault(self, aim: Aim) -> None:
        """The card where its value is now is stopped from then on; one form at a time about one top-up."""
        done = aimed(self.done, aim, lambda one: one.act == "TOP_UP" and one.opened_left)
        number, refused = self.world.report_fault(done.record_id)
        card = done.card.last_heir
        expected = None if done.act == "TOP_UP" else "not_reversible"
        if expected is None and not done.opened_left:
            expected = "nothing_to_take_back"
        elif expected is None and any(form.of is done for form in self.forms):
            expected = "fault_form_exists"
        assert refused == expected
        if refused is None:
            if card.status == "ACTIVE":
                card.status, card.by_form = "FROZEN", True
            self.forms.append(Form(number, done, card, done.opened_left))

    @act(needs="forms", aim=AIMS, approve=st.sampled_from([True, True, False]))
    def decide_fault(self, aim: Aim, approve: bool) -> None:
        """Approved, the top-up is taken back; else the form is given up. Either way the card goes on if it was stopped
        by a form and no other one waits.
        """
        form = aimed(self.forms, aim, lambda one: True)
        refused = self.world.decide_fault(form.number, approve=approve)
        card = form.card
        waits = any(other is not form and other.card is card for other in self.forms)
        frees = card.by_form and card.status == "FROZEN" and not waits
        expected = "dormant_frozen" if frees and card.dormant else None
        if expected is None and approve and not form.of.opened_left:
            expected = "nothing_to_take_back"
        elif expected is None and approve and form.of.opened_left != form.left:
            expected = "fault_form_outdated"
        assert refused == expected
        if refused is not None:
            return
        self.forms.remove(form)
        card.status = "ACTIVE" if frees else card.status
        if approve:
            for lot in form.of.opened:
                lot.take_all()

    # ── Prepayment, packages and points ──────────────────────────────────────────────────────────────────────────

    @act(aim=AIMS, amount=_small, out=st.booleans())
    def prepay(self, aim: Aim, amount: int, out: bool) -> None:
        card = self.card(aim, lambda one: one.member is not None and (not out or one.member.ahead >= amount))
        _, refused = self.once(lambda key: self.world.prepay(card.number, amount, out=out, key=key))
        if not card.is_issued:
            assert refused == "card_idle"
        elif card.member is None:
            assert refused == "card_without_member"
        elif card.member.erased:
            assert refused == "card_stale"
        elif out and card.member.ahead < amount:
            assert refused == "insufficient_prepayment"
        else:
            assert refused is None
            card.member.ahead += -amount if out else amount
            card.member.has_prepaid = True

    @act(aim=AIMS, parts=_prices)
    def sell_package(self, aim: Aim, parts: dict[str, int]) -> None:
        self.sell_onto(self.card(aim, lambda one: self.bill_refusal(one, parts) is None), parts)

    def sell_onto(self, card: ModelCard, parts: dict[str, int]) -> None:
        expected = self.bill_refusal(card, parts)
        receipt, refused = self.once(lambda key: self.world.sell_package(card.number, parts, key=key))
        assert refused == expected
        if refused is not None:
            return
        taken, earned = self.paid(card, parts)
        sold = self.lot("PACKAGE", PACKAGE_COUNTS, self.in_months(PACKAGE_MONTHS))
        sold.sale = ModelSale(receipt.record_id, PACKAGE_COUNTS, PACKAGE_FEN)
        card.packages.append(sold)
        card.points_used = self.today
        self.keep(Done(
            "PACKAGE", card, receipt.record_id, opened=[sold, *earned], taken=taken, member=card.member, paid=parts,
            bill=parts.get("signed", 0),
        ))  # fmt: skip

    @act(aim=AIMS, count=st.integers(1, PACKAGE_COUNTS))
    def use_package(self, aim: Aim, count: int) -> None:
        self.use_of(self.card(aim, lambda one: self.using_refusal(one, count) is None), count)

    def use_of(self, card: ModelCard, count: int) -> None:
        expected = self.using_refusal(card, count)
        receipt, refused = self.once(lambda key: self.world.use_package(card.number, count, key=key))
        assert refused == expected
        if refused is None:
            taken = take(live(card.packages, self.world.now, ("PACKAGE",)), count)
            card.points_used = self.today
            self.keep(Done("PACKAGE", card, receipt.record_id, taken=taken, worth=self.given(taken)))

    def given(self, taken: list[tuple[ModelLot, int]]) -> list[tuple[ModelSale, int, int]]:
        """What was used, by the sale it is of: what came from two cards may be of one."""
        counts: dict[ModelSale, int] = {}
        for lot, part in taken:
            assert lot.sale is not None
            counts[lot.sale] = counts.get(lot.sale, 0) + part
        return [(sale, count, sale.give(count)) for sale, count in counts.items()]

    def using_refusal(self, card: ModelCard, count: int) -> str | None:
        now = self.world.now
        if not card.is_issued:
            return "card_idle"
        if sum(lot.left for lot in live(card.packages, now, ("PACKAGE",))) < count:
            return "package_insufficient"
        return card.refusal(now)

    @act(aim=AIMS, points=st.one_of(st.integers(1, 90), st.integers(-12, -1)))
    def adjust_points(self, aim: Aim, points: int) -> None:
        card = self.card(aim, lambda one: self.points_refusal(one, points) is None)
        expected = self.points_refusal(card, points)
        _, refused = self.once(lambda key: self.world.adjust_points(card.number, points, key=key))
        assert refused == expected
        if refused is not None:
            return
        card.points_used = self.today
        if points > 0:
            card.points.append(self.lot("POINTS", points, None))
        else:
            take(live(card.points, self.world.now, ("POINTS",)), -points)

    def points_refusal(self, card: ModelCard, points: int) -> str | None:
        now = self.world.now
        if (refusal := card.refusal(now)) is not None:
            return refusal
        there = sum(lot.left for lot in live(card.points, now, ("POINTS",)))
        return "insufficient_points" if there + points < 0 else None

    @act(aim=AIMS, points=st.integers(1, 90), days=st.none() | st.integers(1, 60))
    def earn(self, aim: Aim, points: int, days: int | None) -> None:
        self.give_points(self.card(aim, lambda one: one.status == "ACTIVE"), points, days=days)

    def give_points(self, card: ModelCard, points: int, *, days: int | None) -> None:
        if card.is_issued and card.status not in ("REPLACED", "WITHDRAWN", "COLLECTED", "DESTROYED"):
            ends = None if days is None else self.world.now + timedelta(days=days)
            assert self.world.earn(card.number, points, expires_at=ends) is None
            card.points.append(self.lot("POINTS", points, ends))
            card.points_used = self.today
