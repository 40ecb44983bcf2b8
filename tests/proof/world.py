"""The program as the proof drives it, with the chain's rules and what can be seen of it from outside."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Sum

from kernel.db import in_chain
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.models import Account, Lot
from membership.auditing import audit_chain
from membership.cards.models import Card, CardRules, CardType
from membership.cashier import directory
from membership.cashier.models import BonusRule, ChainPolicy, PointsRule
from membership.expiry.models import ClearingNotice
from membership.expiry.services.rules import set_rules
from membership.packages import services as packages
from membership.packages.models import PackageSale
from membership.records.models import Record
from tests.proof.card_acts import CardActs
from tests.proof.value_acts import PACKAGE_FEN, ValueActs

__all__ = ["PACKAGE_FEN", "Seen", "World"]

FEN_PER_POINT, SIGNED_LIMIT_FEN, PIN_FAILURES, REISSUE_FEE_FEN = 7, 60, 3, 5
PACKAGE_COUNTS, PACKAGE_MONTHS = 7, 5
BONUS_MONTHS = 12
"""Of a bonus by hand, and of a rule that says nothing else."""


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
    clears_on: date | None


class World(CardActs, ValueActs):
    """Everything that can be done in one chain. ``ends_walked``: what ends there has been looked at."""

    ends_walked = False

    def set_up(self) -> None:
        """The chain's rules: what top-ups bring, what earns points, what may be signed for, one package on sale."""

        def act() -> None:
            BonusRule.objects.create(name="25%", min_paid_fen=20, kind="PERCENT", value=2_500, validity_months=3)
            BonusRule.objects.create(name="9", min_paid_fen=40, kind="FIXED", value=9)
            PointsRule.objects.create(name="points", fen_per_point=FEN_PER_POINT)
            ChainPolicy.objects.update(signed_limit_fen=SIGNED_LIMIT_FEN)
            CardRules.objects.update(pin_failures=PIN_FAILURES)
            CardType.objects.filter(code="ORDINARY").update(reissue_fee_fen=REISSUE_FEE_FEN)
            product = packages.define_product(
                actor=self.clerk, name="wash", unit="CNT", quantity=PACKAGE_COUNTS, price=Money(PACKAGE_FEN),
                validity_months=PACKAGE_MONTHS,
            )  # fmt: skip
            self.product_id = product.pk

        self.look(act)

    def set_policy(self, draw_policy: str) -> None:
        """How the chain draws from now on. Processes remember it for seconds: ours is told."""
        self.look(lambda: ChainPolicy.objects.update(draw_policy=draw_policy))
        directory.forget(self.chain.schema_name, [])

    def set_bonus_months(self, months: int | None) -> None:
        """For how long a bonus by hand may be used; None for ever."""
        self.look(lambda: ChainPolicy.objects.update(bonus_validity_months=months))

    def set_points_policy(self, points_policy: str) -> None:
        """When points are void from now on."""
        self.look(lambda: set_rules(actor=self.clerk, points_policy=points_policy))

    def see(self, numbers: list[str]) -> dict[str, Seen]:
        """The cards as they stand in the database."""
        with in_chain(self.chain.schema_name):
            found = list(Card.objects.filter(number__in=numbers))
            holders = {card.pk for card in found} | {card.member_id for card in found}
            accounts = {
                (account.kind, account.holder_id): account for account in Account.objects.filter(holder_id__in=holders)
            }
            lots: dict[int, list[tuple[str, int, int, datetime | None]]] = {}
            for account_id, kind, original, left, ends in (
                Lot.objects.order_by("id")
                .values_list("account_id", "kind", "original", "remaining", "expires_at")
                .filter(account_id__in=[account.pk for account in accounts.values() if account.kind == "STORED"])
            ):
                lots.setdefault(account_id, []).append((kind, original, left, ends))
            notices = ClearingNotice.objects.filter(card__in=found, state="OPEN")
            clears_on = dict(notices.values_list("card_id", "clears_on"))

        def held(kind: str, holder_id: int | None) -> int:
            account = accounts.get((kind, holder_id or 0))
            return account.balance if account is not None else 0

        return {
            card.number: Seen(
                card.status,
                card.locked,
                held("STORED", card.pk),
                lots.get(card.stored_account_id or 0, []),
                held("POINTS", card.pk),
                held(f"PACKAGE:{self.product_id}", card.pk),
                held("PREPAYMENT", card.member_id),
                -held("SIGNED_BILL", card.member_id),
                clears_on.get(card.pk),
            )
            for card in found
        }

    def left_of(self, sales: Collection[object]) -> dict[object, tuple[int, int]]:
        """What is left of packages that were sold: counts, and what of their price is still owed for them."""
        found = PackageSale.objects.filter(pk__in=sales).annotate(
            count=F("quantity") - Sum("draws__count", default=0),
            fen=F("price_fen") - Sum("draws__amount_fen", default=0),
        )
        return {pk: (count, fen) for pk, count, fen in self.look(lambda: list(found.values_list("pk", "count", "fen")))}

    def audit(self) -> list[str]:
        """What the audit finds wrong with the books, and with the records beside them."""
        findings = [str(finding) for finding in audit_schema(self.chain.schema_name)]
        findings += [str(finding) for finding in audit_chain(self.chain.schema_name)]
        with in_chain(self.chain.schema_name):
            told = dict(Record.objects.values_list("card_id").annotate(fen=Sum("amount_fen")).order_by())
            held = Card.objects.filter(stored_account__isnull=False).values_list(
                "pk", "number", "stored_account__balance"
            )
            findings += [
                f"records of {number} sum to {told.get(pk, 0)}, it holds {balance}"
                for pk, number, balance in held
                if told.get(pk, 0) != balance
            ]
        return findings
