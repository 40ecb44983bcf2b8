"""What the tills do beyond top-up and consumption: bills by parts, signing and settling, returns, negative top-ups,
prepayment and packages. The rules are said again here in the simplest words; the program's own code is not asked.
"""

from datetime import datetime
from fractions import Fraction

from hypothesis import strategies as st
from hypothesis.stateful import rule

from kernel.calendar import add_months, start_of
from kernel.clock import CHINA
from tests.proof.machine import CardsModel
from tests.proof.model import Done, ModelCard
from tests.proof.world import PACKAGE_COUNTS, PACKAGE_FEN, PACKAGE_MONTHS, SIGNED_LIMIT_FEN

_small = st.integers(1, 60)
_parts = st.sampled_from([0, 0, 1, 7, 25])
_scopes = st.sampled_from(["ANY", "PRINCIPAL", "BONUS"])
_KINDS = {"ANY": ("PRINCIPAL", "BONUS"), "PRINCIPAL": ("PRINCIPAL",), "BONUS": ("BONUS",)}


class TillsModel(CardsModel):
    """More rules on the same cards."""

    cards = CardsModel.cards
    done = CardsModel.done

    # ── What the chain's rules give ──────────────────────────────────────────────────────────────────────────────

    @rule(target=done, card=cards, paid=_small)
    def top_up_by_rule(self, card: ModelCard, paid: int) -> Done | None:
        """Of 25 % from 20 fen, for three months, and 9 fen from 40, for the chain's twelve, the better one."""
        receipt, refused = self.world.top_up(card.number, paid, None, key=self.world.key())
        part, flat = (paid // 4 if paid >= 20 else 0), (9 if paid >= 40 else 0)
        # The same from both: the higher threshold decides.
        bonus, months = (flat, 12) if flat and flat >= part else (part, 3)
        assert refused == (card.refusal(self.world.now) or self.over_cap(card, paid + bonus))
        if refused is not None:
            return None
        lots = [self.lot("PRINCIPAL", paid, None)]
        if bonus:
            lots.append(self.lot("BONUS", bonus, self.in_months(months)))
        card.lots += lots
        assert receipt.balance_after_fen == card.balance
        return Done("TOP_UP", card, receipt.record_id, opened=lots)

    @rule(done=done, approved=st.booleans())
    def take_back(self, done: Done | None, approved: bool) -> None:
        """A fault form takes what is left of both lots, and nothing else; a rejected one takes nothing."""
        if done is None:
            return
        receipt, refused = self.world.take_back(done.record_id, approved=approved)
        left = sum(lot.left for lot in done.opened)
        if done.act != "TOP_UP":
            assert refused == "not_reversible"
        elif not approved:
            assert refused is None
        elif not left:
            assert refused == "nothing_to_take_back"
        else:
            assert refused is None
            for lot in done.opened:
                lot.left = 0
            assert receipt.balance_after_fen == done.card.balance

    # ── Bills by parts ───────────────────────────────────────────────────────────────────────────────────────────

    @rule(target=done, card=cards, stored=_parts, scope=_scopes, ahead=_parts, cash=_parts, signed=_parts)
    def pay(self, card: ModelCard, stored: int, scope: str, ahead: int, cash: int, signed: int) -> Done | None:
        parts = {"stored": stored, "prepayment": ahead, "cash": cash, "signed": signed}
        if not sum(parts.values()):
            return None
        now, member = self.world.now, card.member
        receipt, refused = self.world.pay(card.number, parts, scope, key=self.world.key())
        lots = [lot for lot in card.usable(now) if lot.kind in _KINDS[scope]]
        expected = "card_idle" if member is None else None
        if member is not None:
            over = signed and member.owed + signed > SIGNED_LIMIT_FEN
            expected = "over_signed_limit" if over else card.refusal(now)
            if expected is None and sum(lot.left for lot in lots) < stored:
                expected = "insufficient_balance"
            elif expected is None and member.ahead < ahead:
                expected = "insufficient_prepayment"
        assert refused == expected
        if refused is not None or member is None:
            return None
        taken = card.draw(stored, policy=self.policy, at=now, kinds=_KINDS[scope]) if stored else []
        member.ahead -= ahead
        member.owed += signed
        given = sum(part for lot, part in taken if lot.kind == "BONUS")
        earned = self.earned(card, sum(parts.values()) - signed - given)
        assert receipt.balance_after_fen == card.balance
        paid = {means: fen for means, fen in parts.items() if fen}
        return Done(
            "CONSUMPTION", card, receipt.record_id, opened=earned, taken=taken, member=member, paid=paid, bill=signed
        )

    @rule(done=done, stored=_parts, ahead=_parts, cash=_parts)
    def settle(self, done: Done | None, stored: int, ahead: int, cash: int) -> None:
        """Paying what was signed for earns nothing."""
        amount = stored + ahead + cash
        if done is None or not done.paid.get("signed") or done.member is None or not amount:
            return
        member, now = done.member.survivor, self.world.now
        parts = {"stored": stored, "prepayment": ahead, "cash": cash}
        _, refused = self.world.settle(done.record_id, parts, key=self.world.key())
        expected = "settle_too_much" if amount > done.bill else None
        if expected is None and stored:
            short = sum(lot.left for lot in done.card.last.usable(now)) < stored
            expected = done.card.last.refusal(now) or ("insufficient_balance" if short else None)
        if expected is None and member.ahead < ahead:
            expected = "insufficient_prepayment"
        assert refused == expected
        if refused is None:
            if stored:
                done.card.last.draw(stored, policy=self.policy, at=now)
            member.ahead -= ahead
            member.owed -= amount
            done.bill -= amount
            done.settled = True

    @rule(done=done, amount=_small)
    def give_back(self, done: Done | None, amount: int) -> None:
        """Goods come back: each means gets its share, the very lots theirs, and the points go."""
        if done is None:
            return
        receipt, refused = self.world.give_back(done.record_id, amount, key=self.world.key())
        expected = None
        if done.act != "CONSUMPTION" or done.undone:
            expected = "not_returnable"
        elif amount > done.total - done.returned:
            expected = "return_too_much"
        assert refused == (expected or done.card.last.refusal(self.world.now))
        if refused is not None or done.member is None:
            return
        self.apply_return(done, amount)
        assert receipt.balance_after_fen == done.card.last.balance

    def apply_return(self, done: Done, amount: int) -> None:
        assert done.member is not None
        member, left = done.member.survivor, done.left()
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
            if done.card.into is None:
                lot.left += part
            elif part:
                done.card.last.lots.append(self.moved(lot, part))
            done.taken[place] = (lot, before - part)
        member.ahead += parts.get("prepayment", 0)
        member.owed -= owed
        done.bill -= owed
        done.returned += amount
        points = sum(lot.original for lot in done.opened)
        wanted = points - done.points_back - points * (done.total - done.returned) // done.total
        done.points_back += wanted
        live = [lot for lot in done.card.last.points if lot.left and not lot.over(self.world.now)]
        for lot in sorted(live, key=lambda one: (one not in done.opened, *one.end_first)):
            part = min(lot.left, wanted)
            lot.left -= part
            wanted -= part

    # ── Prepayment and packages ──────────────────────────────────────────────────────────────────────────────────

    @rule(card=cards, amount=_small, out=st.booleans())
    def prepay(self, card: ModelCard, amount: int, out: bool) -> None:
        _, refused = self.world.prepay(card.number, amount, out=out, key=self.world.key())
        if card.member is None:
            assert refused == "card_idle"
        elif out and card.member.ahead < amount:
            assert refused == "insufficient_prepayment"
        else:
            assert refused is None
            card.member.ahead += -amount if out else amount

    @rule(target=done, card=cards)
    def sell_package(self, card: ModelCard) -> Done | None:
        now = self.world.now
        receipt, refused = self.world.sell_package(card.number, key=self.world.key())
        short = sum(lot.left for lot in card.usable(now)) < PACKAGE_FEN
        assert refused == (card.refusal(now) or ("insufficient_balance" if short else None))
        if refused is not None:
            return None
        taken = card.draw(PACKAGE_FEN, policy=self.policy, at=now)
        sold = self.lot("PACKAGE", PACKAGE_COUNTS, self.in_months(PACKAGE_MONTHS))
        card.packages.append(sold)
        given = sum(part for lot, part in taken if lot.kind == "BONUS")
        opened = [sold, *self.earned(card, PACKAGE_FEN - given)]
        return Done("PACKAGE", card, receipt.record_id, opened=opened, taken=taken)

    @rule(target=done, card=cards, count=st.integers(1, PACKAGE_COUNTS))
    def use_package(self, card: ModelCard, count: int) -> Done | None:
        now = self.world.now
        receipt, refused = self.world.use_package(card.number, count, key=self.world.key())
        live = sorted((lot for lot in card.packages if lot.left and not lot.over(now)), key=lambda lot: lot.end_first)
        if card.status == "IDLE":
            assert refused == "card_idle"
        elif sum(lot.left for lot in live) < count:
            assert refused == "package_insufficient"
        else:
            assert refused == card.refusal(now)
        if refused is not None:
            return None
        taken = []
        for lot in live:
            part = min(lot.left, count)
            lot.left -= part
            count -= part
            taken += [(lot, part)] if part else []
        return Done("PACKAGE", card, receipt.record_id, taken=taken)

    def in_months(self, months: int) -> datetime:
        return start_of(add_months(self.world.now.astimezone(CHINA).date(), months))


def spread(amount: int, weights: list[int]) -> list[int]:
    """Whole shares in the ratio of the weights: the larger remainders get the odd fen, the earlier of equals first."""
    exact = [Fraction(amount * weight, sum(weights)) for weight in weights]
    shares = [int(share) for share in exact]
    order = sorted(range(len(weights)), key=lambda place: (shares[place] - exact[place], place))
    for place in order[: amount - sum(shares)]:
        shares[place] += 1
    return shares
