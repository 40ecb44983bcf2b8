"""Plans, modules and prices: pure types and arithmetic.

Prices are whole fen. They are data (``data/prices-*.csv``) and never change by code (R-A21, R-A22).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.utils.functional import Promise

from kernel.errors import DomainError
from kernel.money import Money

MODULE_COUNT = 20
FREE_FOR: Final = timedelta(days=60)
"""How long chains keep for nothing what they could use before it was sold."""


class Plan(StrEnum):
    """The three versions a chain can take (R-A01). Their letters sort as their rank."""

    A = "A"
    """The least: card log-in, card information, records for three months."""
    B = "B"
    """Adds balances, settled and unsettled amounts, self-service application. The least for 5 stores and more."""
    C = "C"
    """As B, with records for a year. The least for more than 15 stores."""


@dataclass(frozen=True, slots=True)
class PlanFeatures:
    """What a plan gives by itself, whatever modules are on (R-A04 … R-A18)."""

    plan: Plan
    records_kept_months: int
    """How long the member portal shows a record (R-A10). The books are kept longer."""
    shows_balances: bool
    """Stored value, prepayment, settled and unsettled amounts (R-A03, R-A06, R-A08)."""
    application_fee: Money | None
    """For each card obtained by self-service application (R-A13); None where the plan has no application."""
    most_stores: int | None
    """The largest number of open stores the plan may serve; None is any number."""


PLANS: Mapping[Plan, PlanFeatures] = MappingProxyType(
    {
        Plan.A: PlanFeatures(
            plan=Plan.A, records_kept_months=3, shows_balances=False, application_fee=None, most_stores=4
        ),
        Plan.B: PlanFeatures(
            plan=Plan.B, records_kept_months=6, shows_balances=True, application_fee=Money(300), most_stores=15
        ),
        Plan.C: PlanFeatures(
            plan=Plan.C, records_kept_months=12, shows_balances=True, application_fee=Money(200), most_stores=None
        ),
    }
)


def plan_floor(*, open_stores: int) -> Plan:
    """The least plan a chain with this many open stores may be on: <5 A, 5–15 B, 16 and more C (R-A17, R-A18, X-04)."""
    if open_stores < 0:
        raise ValueError("a chain cannot have fewer than no stores")
    for plan, features in PLANS.items():
        if features.most_stores is None or open_stores <= features.most_stores:
            return plan
    raise AssertionError("the last plan serves any number of stores")


def most_stores_below(plan: Plan) -> int | None:
    """How many open stores the plans below this one serve; None where there is none below."""
    served = [features.most_stores for lower, features in PLANS.items() if lower < plan]
    return served[-1] if served else None


@dataclass(frozen=True, slots=True)
class Module:
    """One priced module and what switching it on unlocks."""

    number: int
    code: str
    name: Promise
    unlocks: Promise
    billable_call: Promise | None = None
    """What one charged call is; None where calls are never charged."""
    always_on: bool = False
    offered: bool = False
    """Whether it works today. What does not work cannot be subscribed and is shown as not yet offered."""
    sold_from: date | None = None
    """Where chains could use it before it was sold: since when it is. Those that were there have it free for a while.
    """

    @property
    def free_until(self) -> date | None:
        """The day on which those that had it before have it no longer, unless they have subscribed."""
        return self.sold_from + FREE_FOR if self.sold_from else None

    def is_free_for(self, *, created_on: date, today: date) -> bool:
        """Whether a chain of that day, which has not subscribed to it, has it all the same."""
        if self.sold_from is None or self.free_until is None:
            return False
        return created_on < self.sold_from <= today < self.free_until


@dataclass(frozen=True, slots=True)
class ModulePrice:
    """What one module costs on one plan, in fen (R-A21). Zero is free."""

    module: int
    plan: Plan
    setup_fen: int
    monthly_fen: int
    per_call_fen: int

    def __post_init__(self) -> None:
        if min(self.setup_fen, self.monthly_fen, self.per_call_fen) < 0:
            raise IncompletePriceBook(problem=f"module {self.module} plan {self.plan} has a negative price")

    @property
    def is_free(self) -> bool:
        """No price of any kind."""
        return not (self.setup_fen or self.monthly_fen or self.per_call_fen)


class IncompletePriceBook(DomainError):
    """A price book lacks a price, has one twice, or holds a nonsensical figure. It cannot be used."""

    code = "incomplete_price_book"
    status = 500
    message = "price book: {problem}"


@dataclass(frozen=True, slots=True)
class PriceBook:
    """One dated version of all prices. In force from ``effective_from`` until a newer book begins."""

    version: str
    effective_from: date
    prices: Mapping[tuple[int, Plan], ModulePrice]

    @classmethod
    def of(cls, *, version: str, effective_from: date, prices: Iterable[ModulePrice]) -> "PriceBook":
        """A book with exactly one price for each of the 20 modules on each plan.

        Raises:
            IncompletePriceBook: a price is missing, given twice, or for an unknown module.
        """
        found: dict[tuple[int, Plan], ModulePrice] = {}
        for price in prices:
            key = (price.module, price.plan)
            if key in found:
                raise IncompletePriceBook(problem=f"{version}: module {price.module} plan {price.plan} is given twice")
            found[key] = price
        wanted = {(module, plan) for module in range(1, MODULE_COUNT + 1) for plan in Plan}
        if found.keys() != wanted:
            astray = ", ".join(f"{module}{plan}" for module, plan in sorted(found.keys() ^ wanted))
            raise IncompletePriceBook(problem=f"{version}: missing or unknown prices: {astray}")
        return cls(version=version, effective_from=effective_from, prices=MappingProxyType(found))

    def price(self, *, module: int, plan: Plan) -> ModulePrice:
        """The price of a module (by number, 1–20) on a plan."""
        return self.prices[module, plan]

    def totals(self, *, plan: Plan) -> ModulePrice:
        """All modules together on a plan: the check sums of the printed list."""
        column = [price for (_module, of_plan), price in self.prices.items() if of_plan is plan]
        return ModulePrice(
            module=0,
            plan=plan,
            setup_fen=sum(price.setup_fen for price in column),
            monthly_fen=sum(price.monthly_fen for price in column),
            per_call_fen=sum(price.per_call_fen for price in column),
        )
