"""Every act that moves value, by its own service. What has a key is done under the key it is given."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from kernel.errors import DomainError
from kernel.money import Money
from ledger.domain import Line, OpenLot, PostingRequest, Unit, request_hash
from ledger.services import post
from membership.cards.models import Card
from membership.cashier import services as cashier
from membership.cashier.adjusting import adjust_points
from membership.cashier.fast import Consumption, consume_many
from membership.cashier.returning import return_goods
from membership.cashier.settling import settle
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.expiry.domain import POINTS_CONTRA
from membership.packages import services as packages
from tests.proof.driving import AGAIN, DONE, Answer, Driving

PACKAGE_FEN = 30


class ValueActs(Driving):
    """What tills and the treasury do."""

    def top_up(self, number: str, paid: int, bonus: int | None, *, key: str) -> Answer:
        """Paid and given; without a bonus the chain's rules give."""
        return self._keyed(
            "top_up" if bonus is not None else "top_up_by_rule",
            key,
            lambda **at: cashier.top_up(
                card_number=number, paid=Money(paid), bonus=None if bonus is None else Money(bonus), **at
            ),
        )

    def consume(self, number: str, amount: int, *, key: str, by_api: bool = False) -> Answer:
        """Pay from the card, at the desk or through the API."""
        if by_api:
            return self.consume_fast(number, [amount], keys=[key])[0]
        return self._keyed("consume", key, lambda **at: cashier.consume(card_number=number, amount=Money(amount), **at))

    def consume_fast(self, number: str, amounts: list[int], *, keys: list[str]) -> list[Answer]:
        """A batch of the API."""
        asked = [
            Consumption(self.clerk, number, amount, key, self.now, self.store_id)
            for amount, key in zip(amounts, keys, strict=True)
        ]
        answers: list[Answer] = []
        for said in consume_many(asked, schema=self.chain.schema_name):
            refused = isinstance(said, DomainError)
            answers.append((None, said.code) if refused else (said, None))
            self.reached["consume_many", said.code if refused else AGAIN if said.replayed else DONE] += 1
        return answers

    def pay(self, number: str, parts: dict[str, int], scope: str, *, key: str) -> Answer:
        """A bill by parts."""
        return self._keyed(
            "pay",
            key,
            lambda **at: cashier.pay(
                card_number=number, total=Money(sum(parts.values())), tender=_tender(parts, scope), **at
            ),
        )

    def settle(self, bill_id: UUID, parts: dict[str, int], *, key: str) -> Answer:
        """Pay what was signed for."""
        return self._keyed("settle", key, lambda **at: settle(bill_id=bill_id, tender=_tender(parts), **at))

    def prepay(self, number: str, amount: int, *, out: bool, key: str) -> Answer:
        """Pay ahead, or get it back."""
        if out:
            return self._keyed(
                "pay_out",
                key,
                lambda **at: cashier.pay_out(card_number=number, amount=Money(amount), reason="proof", **at),
            )
        return self._keyed("pay_in", key, lambda **at: cashier.pay_in(card_number=number, amount=Money(amount), **at))

    def sell_package(self, number: str, parts: dict[str, int], *, key: str) -> Answer:
        """The one product."""
        return self._keyed(
            "sell_package",
            key,
            lambda **at: packages.sell(card_number=number, product_id=self.product_id, tender=_tender(parts), **at),
        )

    def use_package(self, number: str, count: int, *, key: str) -> Answer:
        """So many of it."""
        return self._keyed(
            "use_package",
            key,
            lambda **at: packages.use(card_number=number, product_id=self.product_id, count=count, **at),
        )

    def adjust_points(self, number: str, points: int, *, key: str) -> Answer:
        """Give or take by hand."""
        return self._keyed(
            "adjust_points",
            key,
            lambda **at: adjust_points(card_number=number, points=points, reason="proof", **at),
        )

    def earn(self, number: str, points: int, *, expires_at: datetime | None) -> str | None:
        """Points with an end of their own, as a take-over brings them: straight into the books."""

        def act() -> None:
            account_id = Card.objects.values_list("points_account_id", flat=True).get(number=number)
            lots = (OpenLot("POINTS", points, expires_at),)
            lines = (
                Line(account_id, None, Unit.PTS.value, points, lots),
                Line(None, POINTS_CONTRA, Unit.PTS.value, -points),
            )
            post(PostingRequest("POINTS", self.key(), request_hash(number, points), "staff:7", self.now, lines))

        return self.do("earn", act)[1]

    # ── Taking back ──────────────────────────────────────────────────────────────────────────────────────────────

    def reverse(self, record_id: UUID, *, key: str, package: bool = False) -> Answer:
        """Undo a top-up, a consumption, or what was done with a package."""
        service = packages.reverse if package else cashier.reverse
        name = "reverse_package" if package else "reverse"
        return self._keyed(name, key, lambda **at: service(record_id=record_id, reason="proof", **at))

    def give_back(self, record_id: UUID, amount: int, *, key: str) -> Answer:
        """Goods come back."""
        return self._keyed(
            "give_back",
            key,
            lambda **at: return_goods(record_id=record_id, amount=Money(amount), reason="proof", **at),
        )

    def report_fault(self, record_id: UUID) -> Answer:
        """The store files a fault form and hands it in; its number."""

        def act() -> str:
            payload = {"record_id": str(record_id), "what_happened": "proof"}
            form = documents.draft(actor=self.clerk, kind="FAULT", payload=payload, store_id=self.store_id)
            documents.submit(actor=self.clerk, number=form.number)
            return form.number

        return self.do("report_fault", act)

    def decide_fault(self, number: str, *, approve: bool) -> str | None:
        """The treasury approves the form, or refuses it, and the store gives it up."""

        def refuse() -> None:
            documents.reject(actor=self.office, number=number, reason="proof")
            documents.cancel(actor=self.clerk, number=number, reason="proof")

        if approve:
            return self.do("approve_fault", lambda: documents.approve(actor=self.office, number=number))[1]
        return self.do("reject_fault", refuse)[1]

    def _keyed(self, name: str, key: str, act: Callable[..., Any]) -> Answer:
        return self.do(name, lambda: act(actor=self.clerk, store_id=self.store_id, idempotency_key=key))


def _tender(parts: dict[str, int], scope: str = "ANY") -> Tender:
    return Tender(**{f"{means}_fen": fen for means, fen in parts.items()}, stored_scope=scope)  # type: ignore[arg-type]
