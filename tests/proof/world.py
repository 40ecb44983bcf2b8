"""The program as the proof drives it: every act through its own service, in a transaction of its own."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from kernel import clock
from kernel.db import in_chain
from kernel.errors import DomainError
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.domain import Line, OpenLot, PostingRequest, Unit, request_hash
from ledger.models import Account, Lot
from ledger.services import post
from membership.cards import services as cards
from membership.cards.domain import NumberRange
from membership.cards.models import Card
from membership.cashier import services as cashier
from membership.cashier.models import ChainPolicy
from membership.expiry.domain import POINTS_CONTRA
from membership.expiry.services import daily
from membership.members.services import create_member
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor

_ranges = itertools.count(1)
_BUSY_S = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """A card as the database has it. Lots: (kind, original, left, end), as opened."""

    status: str
    locked: bool
    balance: int
    lots: list[tuple[str, int, int, datetime | None]]
    points: int


@dataclass(slots=True)
class World:
    """One chain, one store, one clerk who may do everything. ``now`` is the moment at which the next act happens."""

    chain: Chain
    store_id: int
    now: datetime
    clerk: Actor = field(default_factory=lambda: Actor(kind="staff", id=7, name="周晓梅", grants=SYSTEM.grants))
    keys: "itertools.count[int]" = field(default_factory=itertools.count)

    def do(self, act: Callable[[], Any]) -> tuple[Any, str | None]:
        """Do an act in a transaction of its own, now; what it returned, or the code of its refusal."""
        with clock.frozen(self.now):
            try:
                with in_chain(self.chain.schema_name):
                    return act(), None
            except DomainError as error:
                return None, error.code

    def key(self) -> str:
        """A key that was not used before."""
        return f"proof-{next(self.keys)}"

    def make_card(self) -> str:
        """An idle card; its number."""
        numbers = NumberRange(prefix="77", first=next(_ranges), quantity=1)
        made, _ = self.do(lambda: cards.make_cards(actor=self.clerk, level_code="GOLD", numbers=numbers))
        return str(made.first)

    def issue(self, number: str, *, activate: bool) -> str | None:
        """Give it to a new member. Asked again while the one place for hashing PINs is held: other work on this machine
        may hold it, and a refusal for that reason has written nothing.
        """

        def act() -> None:
            member = create_member(actor=self.clerk, name="林静", phone="13900001234", store_id=self.store_id)
            cards.issue_card(actor=self.clerk, number=number, member=member, store_id=self.store_id, activate=activate)

        end = time.monotonic() + _BUSY_S
        while (code := self.do(act)[1]) == "busy" and time.monotonic() < end:
            time.sleep(0.05)
        return code

    def step(self, name: str, number: str) -> str | None:
        """One of the acts on a card's state, by its service's name."""
        service = getattr(cards, name)
        return self.do(lambda: service(actor=self.clerk, number=number, store_id=self.store_id))[1]

    def set_locked(self, number: str, *, locked: bool) -> str | None:
        """Lock or unlock."""
        return self.do(
            lambda: cards.set_locked(actor=self.clerk, number=number, locked=locked, store_id=self.store_id)
        )[1]

    def top_up(self, number: str, paid: int, bonus: int, *, key: str) -> tuple[Any, str | None]:
        """Paid and given."""
        return self.do(
            lambda: cashier.top_up(
                actor=self.clerk, card_number=number, paid=Money(paid), bonus=Money(bonus), store_id=self.store_id,
                idempotency_key=key,
            )
        )  # fmt: skip

    def consume(self, number: str, amount: int, *, key: str) -> tuple[Any, str | None]:
        """Pay from the card."""
        return self.do(
            lambda: cashier.consume(
                actor=self.clerk, card_number=number, amount=Money(amount), store_id=self.store_id, idempotency_key=key
            )
        )

    def reverse(self, record_id: Any, *, key: str) -> tuple[Any, str | None]:
        """Undo a top-up or a consumption."""
        return self.do(
            lambda: cashier.reverse(
                actor=self.clerk, record_id=record_id, store_id=self.store_id, idempotency_key=key, reason="proof"
            )
        )

    def earn(self, number: str, points: int, *, expires_at: datetime | None) -> str | None:
        """Points, straight into the books."""

        def act() -> None:
            account_id = Card.objects.values_list("points_account_id", flat=True).get(number=number)
            lots = (OpenLot("POINTS", points, expires_at),)
            lines = (
                Line(account_id, None, Unit.PTS.value, points, lots),
                Line(None, POINTS_CONTRA, Unit.PTS.value, -points),
            )
            post(PostingRequest("POINTS", self.key(), request_hash(number, points), "staff:7", self.now, lines))

        return self.do(act)[1]

    def midnight(self) -> None:
        """The chain's daily run."""
        with clock.frozen(self.now):
            daily.run(self.chain.schema_name)

    def set_policy(self, draw_policy: str) -> None:
        """How the chain draws from now on."""
        self.do(lambda: ChainPolicy.objects.update(draw_policy=draw_policy))

    def see(self, numbers: list[str]) -> dict[str, Seen]:
        """The cards as they stand in the database."""
        with in_chain(self.chain.schema_name):
            found = list(Card.objects.filter(number__in=numbers))
            accounts = dict(Account.objects.values_list("id", "balance"))
            lots: dict[int, list[tuple[str, int, int, datetime | None]]] = {}
            for account_id, *lot in Lot.objects.order_by("id").values_list(
                "account_id", "kind", "original", "remaining", "expires_at"
            ):
                lots.setdefault(account_id, []).append((lot[0], lot[1], lot[2], lot[3]))
        return {
            card.number: Seen(
                card.status,
                card.locked,
                accounts.get(card.stored_account_id or 0, 0),
                lots.get(card.stored_account_id or 0, []),
                accounts.get(card.points_account_id or 0, 0),
            )
            for card in found
        }

    def audit(self) -> list[str]:
        """What the audit finds wrong with the books, and with the records beside them."""
        findings = [str(finding) for finding in audit_schema(self.chain.schema_name)]
        with in_chain(self.chain.schema_name):
            for card in Card.objects.filter(stored_account__isnull=False).select_related("stored_account"):
                told = sum(Record.objects.filter(card=card).values_list("amount_fen", flat=True))
                if card.stored_account is not None and told != card.stored_account.balance:
                    findings.append(f"records of {card.number} sum to {told}, it holds {card.stored_account.balance}")
        return findings


assert settings.MODE == "test"
