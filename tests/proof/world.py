"""The program as the proof drives it: every act through its own service, in a transaction of its own."""

import itertools
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
from membership.auditing import audit_chain
from membership.cards import services as cards
from membership.cards.domain import NumberRange
from membership.cards.models import Card, CardRules
from membership.cashier import services as cashier
from membership.cashier.models import BonusRule, ChainPolicy, PointsRule
from membership.cashier.returning import return_goods
from membership.cashier.settling import settle
from membership.cashier.tender import Tender
from membership.documents import services as documents
from membership.expiry.domain import POINTS_CONTRA
from membership.expiry.models import DormantCard
from membership.expiry.services import daily, dormancy
from membership.members.services import create_member, merge_members
from membership.packages import services as packages
from membership.records.models import Record
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor

_ranges = itertools.count(1)
FEN_PER_POINT, SIGNED_LIMIT_FEN, PIN_FAILURES = 7, 60, 3
PACKAGE_FEN, PACKAGE_COUNTS, PACKAGE_MONTHS = 30, 7, 5


@dataclass(frozen=True, slots=True)
class Seen:
    """A card as the database has it. Lots: (kind, original, left, end), as opened."""

    status: str
    locked: bool
    balance: int
    lots: list[tuple[str, int, int, datetime | None]]
    points: int
    package: int
    ahead: int
    owed: int


@dataclass(slots=True)
class World:
    """One chain, one store, one clerk who may do everything. ``now`` is the moment at which the next act happens."""

    chain: Chain
    store_id: int
    now: datetime
    clerk: Actor = field(default_factory=lambda: Actor(kind="staff", id=7, name="周晓梅", grants=SYSTEM.grants))
    office: Actor = field(default_factory=lambda: Actor(kind="staff", id=8, name="高远", grants=SYSTEM.grants))
    keys: "itertools.count[int]" = field(default_factory=itertools.count)
    pins: dict[str, str] = field(default_factory=dict)
    product_id: int = 0

    def set_up(self) -> None:
        """The chain's rules: what top-ups bring, what earns points, what may be signed for, one package on sale."""

        def act() -> None:
            BonusRule.objects.create(name="25%", min_paid_fen=20, kind="PERCENT", value=2_500, validity_months=3)
            BonusRule.objects.create(name="9", min_paid_fen=40, kind="FIXED", value=9)
            PointsRule.objects.create(name="points", fen_per_point=FEN_PER_POINT)
            ChainPolicy.objects.update(signed_limit_fen=SIGNED_LIMIT_FEN)
            CardRules.objects.update(pin_failures=PIN_FAILURES)
            product = packages.define_product(
                actor=self.clerk, name="wash", unit="CNT", quantity=PACKAGE_COUNTS, price=Money(PACKAGE_FEN),
                validity_months=PACKAGE_MONTHS,
            )  # fmt: skip
            self.product_id = product.pk

        assert self.do(act)[1] is None

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
        """Give it to a new member."""

        def act() -> str:
            member = create_member(actor=self.clerk, name="林静", phone="13900001234", store_id=self.store_id)
            issued = cards.issue_card(
                actor=self.clerk, number=number, member=member, store_id=self.store_id, activate=activate
            )
            return issued.pin

        pin, code = self.do(act)
        if pin:
            self.pins[number] = pin
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

    def top_up(self, number: str, paid: int, bonus: int | None, *, key: str) -> tuple[Any, str | None]:
        """Paid and given; without a bonus the chain's rules give."""
        return self.do(
            lambda: cashier.top_up(
                actor=self.clerk, card_number=number, paid=Money(paid),
                bonus=None if bonus is None else Money(bonus), store_id=self.store_id, idempotency_key=key,
            )
        )  # fmt: skip

    def consume(self, number: str, amount: int, *, key: str) -> tuple[Any, str | None]:
        """Pay from the card."""
        return self.do(
            lambda: cashier.consume(
                actor=self.clerk, card_number=number, amount=Money(amount), store_id=self.store_id, idempotency_key=key
            )
        )

    def reverse(self, record_id: Any, *, key: str, package: bool = False) -> tuple[Any, str | None]:
        """Undo a consumption, or what was done with a package."""
        service = packages.reverse if package else cashier.reverse
        return self.do(
            lambda: service(
                actor=self.clerk, record_id=record_id, store_id=self.store_id, idempotency_key=key, reason="proof"
            )
        )

    def take_back(self, record_id: Any, *, approved: bool) -> tuple[Any, str | None]:
        """A fault form from its draft to its approval, or its rejection; the record of the negative top-up."""

        def act() -> Record | None:
            payload = {"record_id": str(record_id), "what_happened": "proof"}
            form = documents.draft(actor=self.clerk, kind="FAULT", payload=payload, store_id=self.store_id)
            documents.submit(actor=self.clerk, number=form.number)
            if not approved:
                documents.reject(actor=self.office, number=form.number, reason="proof")
                return None
            documents.approve(actor=self.office, number=form.number)
            return Record.objects.get(kind="REVERSAL", detail__reverses=str(record_id))

        return self.do(act)

    def pay(self, number: str, parts: dict[str, int], scope: str, *, key: str) -> tuple[Any, str | None]:
        """A bill by parts."""
        return self.do(
            lambda: cashier.pay(
                actor=self.clerk, card_number=number, total=Money(sum(parts.values())), tender=_tender(parts, scope),
                store_id=self.store_id, idempotency_key=key,
            )
        )  # fmt: skip

    def settle(self, bill_id: Any, parts: dict[str, int], *, key: str) -> tuple[Any, str | None]:
        """Pay what was signed for."""
        return self.do(
            lambda: settle(
                actor=self.clerk, bill_id=bill_id, tender=_tender(parts), store_id=self.store_id, idempotency_key=key
            )
        )

    def give_back(self, record_id: Any, amount: int, *, key: str) -> tuple[Any, str | None]:
        """Goods come back."""
        return self.do(
            lambda: return_goods(
                actor=self.clerk, record_id=record_id, amount=Money(amount), store_id=self.store_id,
                idempotency_key=key, reason="proof",
            )
        )  # fmt: skip

    def prepay(self, number: str, amount: int, *, out: bool, key: str) -> tuple[Any, str | None]:
        """Pay ahead, or get it back."""
        common: dict[str, Any] = {"actor": self.clerk, "card_number": number, "amount": Money(amount)}
        common |= {"store_id": self.store_id, "idempotency_key": key}
        return self.do(lambda: cashier.pay_out(**common, reason="proof") if out else cashier.pay_in(**common))

    def sell_package(self, number: str, *, key: str) -> tuple[Any, str | None]:
        """The one product, paid from the card."""
        return self.do(
            lambda: packages.sell(
                actor=self.clerk, card_number=number, product_id=self.product_id,
                tender=Tender(stored_fen=PACKAGE_FEN), store_id=self.store_id, idempotency_key=key,
            )
        )  # fmt: skip

    def use_package(self, number: str, count: int, *, key: str) -> tuple[Any, str | None]:
        """So many of it."""
        return self.do(
            lambda: packages.use(
                actor=self.clerk, card_number=number, product_id=self.product_id, count=count, store_id=self.store_id,
                idempotency_key=key,
            )
        )  # fmt: skip

    def succeed(self, name: str, number: str, new_number: str) -> str | None:
        """A reissue or a replacement."""
        service = getattr(cards, name)
        done, code = self.do(
            lambda: service(actor=self.clerk, number=number, new_number=new_number, store_id=self.store_id)
        )
        if done:
            self.pins[new_number] = done.issued.pin
        return code

    def try_pin(self, number: str, *, right: bool) -> tuple[Any, str | None]:
        """At a till; no card has the wrong one."""
        pin = self.pins.get(number, "") if right else "000000"
        return self.do(lambda: cards.check_till_pin(actor=self.clerk, number=number, pin=pin, store_id=self.store_id))

    def merge(self, gone: str, stays: str) -> str | None:
        """The members of two cards become one."""

        def act() -> None:
            codes = dict(Card.objects.filter(number__in=[gone, stays]).values_list("number", "member__code"))
            merge_members(
                actor=self.clerk, source_code=codes[gone], target_code=codes[stays], reason="proof",
                store_id=self.store_id,
            )  # fmt: skip

        return self.do(act)[1]

    def list_dormant(self) -> str | None:
        """The list of dormant cards, from its draft to its approval by another."""

        def act() -> None:
            number = dormancy.prepare_list(actor=self.clerk).number
            documents.submit(actor=self.clerk, number=number)
            documents.approve(actor=self.office, number=number)

        return self.do(act)[1]

    def others_dormant(self) -> bool:
        """Whether cards of other runs in this chain may be on the list."""
        return bool(self.do(lambda: DormantCard.objects.filter(state="NOTIFIED").exists())[0])

    def reopen(self, number: str) -> str | None:
        """A dormant card's holder has come."""
        return self.do(
            lambda: dormancy.reopen(actor=self.clerk, number=number, store_id=self.store_id, verified_by="ID")
        )[1]

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
            held = {
                (kind, holder): fen for kind, holder, fen in Account.objects.values_list("kind", "holder_id", "balance")
            }
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
                held.get((f"PACKAGE:{self.product_id}", card.pk), 0),
                held.get(("PREPAYMENT", card.member_id), 0),
                -held.get(("SIGNED_BILL", card.member_id), 0),
            )
            for card in found
        }

    def audit(self) -> list[str]:
        """What the audit finds wrong with the books, and with the records beside them."""
        findings = [str(finding) for finding in audit_schema(self.chain.schema_name)]
        findings += [str(finding) for finding in audit_chain(self.chain.schema_name)]
        with in_chain(self.chain.schema_name):
            for card in Card.objects.filter(stored_account__isnull=False).select_related("stored_account"):
                told = sum(Record.objects.filter(card=card).values_list("amount_fen", flat=True))
                if card.stored_account is not None and told != card.stored_account.balance:
                    findings.append(f"records of {card.number} sum to {told}, it holds {card.stored_account.balance}")
        return findings


def _tender(parts: dict[str, int], scope: str = "ANY") -> Tender:
    return Tender(**{f"{means}_fen": fen for means, fen in parts.items()}, stored_scope=scope)  # type: ignore[arg-type]


assert settings.MODE == "test"
