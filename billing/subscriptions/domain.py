"""Terms, periods and what a change costs: pure arithmetic, no database, no clock.

The owner's preview and the charge that is posted come from the same function, ``change_of``: what he sees is what is
posted. Amounts are whole fen; a part of a month is computed in ``Decimal`` and rounded once, half up.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from billing.metering.domain import NO_MODULE
from billing.pricebook.domain import PLANS, Plan, PriceBook, most_stores_below
from billing.pricebook.modules import MODULES
from kernel.calendar import add_months
from kernel.errors import DomainError

PLAN_MODULE: Final = 16
"""会员卡云端: the plan itself. Its version is the chain's plan (R-A01)."""
ALWAYS_ON: Final = frozenset(number for number, module in MODULES.items() if module.always_on)


class ChargeKind(TextChoices):
    """Why something is charged."""

    SETUP = "SETUP", _("开通费")
    """Once for a module, or the difference to a higher plan's (X-06, X-07)."""
    MONTH = "MONTH", _("月费")
    """For a period in advance, or for the rest of the one that runs."""
    CALLS = "CALLS", _("调用费")
    """For what was metered."""
    APPLICATION = "APPLICATION", _("自助办卡费")
    """For cards that came of self-service applications (R-A13)."""


class TermsBelowFloor(DomainError):
    """The number of open stores asks for a higher plan (R-A17, R-A18)."""

    code = "terms_below_floor"
    status = 409
    message = _("营业门店数要求至少 {floor} 版，不能选择 {plan} 版。")


class ModuleNotOffered(DomainError):
    """What does not work yet is not sold."""

    code = "module_not_offered"
    status = 409
    message = _("模块“{module}”尚未开放，不能开通。")


class ModuleAlwaysOn(DomainError):
    """A module that belongs to every plan can be neither left out nor be on another plan."""

    code = "module_always_on"
    status = 409
    message = _("模块“{module}”随版本提供，不能单独关闭或改版本。")


@dataclass(frozen=True, slots=True)
class Period:
    """One month of a subscription, half-open: ``[start, end)``, by China's calendar."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    def days_left(self, day: date) -> int:
        """How many of its days are left, ``day`` among them."""
        return (self.end - max(day, self.start)).days


def period_at(*, anchor: date, day: date) -> Period:
    """The period ``day`` lies in, of a subscription that began on ``anchor``.

    Periods begin on the anchor's day of the month; where a month has no such day, on its last (31 January, 28 February,
    31 March). They are counted from the anchor, so a short month does not pull the later ones forward.

    Raises:
        ValueError: the day is before the anchor.
    """
    if day < anchor:
        raise ValueError("a subscription has no periods before it began")
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    if add_months(anchor, months) > day:
        months -= 1
    return Period(add_months(anchor, months), add_months(anchor, months + 1))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a chain is subscribed to: its plan, and each module that is on with the plan it is on (X-03)."""

    plan: Plan
    modules: Mapping[int, Plan]

    @classmethod
    def of(cls, plan: Plan, modules: Mapping[int, Plan] | Collection[int] = ()) -> "Terms":
        """Terms with everything that is always on; modules given by number alone are on the chain's plan."""
        chosen = dict(modules) if isinstance(modules, Mapping) else dict.fromkeys(modules, plan)
        return cls(plan, MappingProxyType(dict(sorted((chosen | dict.fromkeys(ALWAYS_ON, plan)).items()))))

    def raised_to(self, floor: Plan) -> "Terms":
        """The same with nothing below ``floor``."""
        return Terms.of(max(self.plan, floor), {number: max(plan, floor) for number, plan in self.modules.items()})

    def joined(self, other: "Terms") -> "Terms":
        """Everything that is on in either, on the higher of its plans."""
        modules = dict(self.modules)
        for number, plan in other.modules.items():
            modules[number] = max(plan, modules.get(number, plan))
        return Terms.of(max(self.plan, other.plan), modules)


def check_terms(terms: Terms, *, floor: Plan, kept: Collection[int] = ()) -> None:
    """See that a chain may choose these terms.

    ``kept`` are the modules it has already: it may keep one that is no longer sold.

    Raises:
        TermsBelowFloor, ModuleNotOffered, ModuleAlwaysOn
    """
    for number, plan in terms.modules.items():
        module = MODULES[number]
        if min(plan, terms.plan) < floor:
            raise TermsBelowFloor(floor=floor.value, plan=min(plan, terms.plan).value)
        if number in ALWAYS_ON and plan != terms.plan:
            raise ModuleAlwaysOn(module=module.name)
        if number not in ALWAYS_ON and number not in kept and not module.offered:
            raise ModuleNotOffered(module=module.name)
    if missing := ALWAYS_ON - terms.modules.keys():
        raise ModuleAlwaysOn(module=MODULES[min(missing)].name)


@dataclass(frozen=True, slots=True)
class Line:
    """One charge with everything it was computed from; ``amount_fen`` is what is taken."""

    kind: ChargeKind
    module: int
    plan: Plan
    book: str
    """Version of the price book."""
    price_fen: int
    """The whole price on ``plan``: of the set-up, or of a month."""
    amount_fen: int
    plan_before: Plan | None = None
    """Where it is the difference of an upgrade: the plan before."""
    credited_fen: int = 0
    """What counts towards the price: set-up paid before, or the lower plan's month."""
    days: int | None = None
    """Days that are charged, out of ``of_days``; None where no month is divided."""
    of_days: int | None = None
    period: Period | None = None
    quantity: int = 1
    """How many calls, each at ``price_fen``."""
    charged_before: int = 0
    """How many of the period's calls were charged before these."""
    open_stores: int | None = None
    """Where the stores asked for it and not the owner: how many are open, ..."""
    most_stores: int | None = None
    """... more than so many, which the plans below serve (R-A19)."""


def pro_rata(price_fen: int, *, days: int, of_days: int) -> int:
    """A part of a month's price in fen, rounded half up."""
    exact = Decimal(price_fen) * days / of_days
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Change:
    """What new terms cost: charged now, and each month after."""

    now: tuple[Line, ...]
    terms_now: Terms
    """In force at once: what was on and what is added, each on its higher plan."""
    terms_next: Terms
    """In force from the end of the period: what was taken away or lowered is gone only then."""
    monthly_now_fen: int
    monthly_next_fen: int
    period: Period

    @property
    def total_fen(self) -> int:
        """What is charged at once."""
        return sum(line.amount_fen for line in self.now)

    @property
    def waits(self) -> bool:
        """Whether something changes only at the period's end."""
        return self.terms_next != self.terms_now

    @property
    def digest(self) -> str:
        """A fingerprint of everything shown: the owner's consent is to exactly this."""
        shown = {
            "now": [asdict(line) for line in self.now],
            "terms": [_plain(self.terms_now), _plain(self.terms_next)],
            "monthly": [self.monthly_now_fen, self.monthly_next_fen],
            "until": self.period.end,
        }
        return hashlib.sha256(json.dumps(shown, default=str, sort_keys=True).encode()).hexdigest()[:32]


def change_of(
    *,
    before: Terms,
    after: Terms,
    setup_paid: Mapping[int, int],
    period: Period,
    day: date,
    book: PriceBook,
    month_book: PriceBook,
    next_book: PriceBook | None = None,
    open_stores: int | None = None,
) -> Change:
    """What changing from one set of terms to another costs on ``day``.

    Added modules and higher plans hold at once: their set-up, less what was ever paid for the module's set-up (never
    less than nothing, X-07), and the month's price, or its difference, for the days that are left (X-06). What is taken
    away or lowered stays until the period ends; nothing is given back.

    ``setup_paid``: by module, the fen of set-up charged so far. ``book`` is in force on ``day``; ``month_book`` was
    when the period began: a period keeps its prices. ``next_book`` will be when it ends; unsaid, that of the day.
    ``open_stores``: so many ask for it (R-A19), and each line says so.
    """
    terms_now = before.joined(after)
    lines = [
        *_setup_lines(before, terms_now, setup_paid, book),
        *_month_lines(before, terms_now, period, day, month_book),
    ]
    if open_stores is not None:
        lines = [_asked_by_stores(line, open_stores) for line in lines]
    return Change(
        now=tuple(lines),
        terms_now=terms_now,
        terms_next=after,
        monthly_now_fen=monthly_fen(terms_now, month_book),
        monthly_next_fen=monthly_fen(after, next_book or book),
        period=period,
    )


def first_charge(*, terms: Terms, period: Period, book: PriceBook) -> tuple[Line, ...]:
    """What the first period of a subscription costs: every set-up, and a whole month of each module."""
    nothing = Terms(terms.plan, MappingProxyType({}))
    return (*_setup_lines(nothing, terms, {}, book), *period_lines(terms=terms, period=period, book=book))


def period_lines(*, terms: Terms, period: Period, book: PriceBook) -> tuple[Line, ...]:
    """A whole period's months in advance; what is free has no line."""
    return tuple(
        Line(
            kind=ChargeKind.MONTH,
            module=number,
            plan=plan,
            book=book.version,
            price_fen=price,
            amount_fen=price,
            period=period,
        )
        for number, plan in terms.modules.items()
        if (price := book.price(module=number, plan=plan).monthly_fen)
    )


def unit_fen(*, module: int, terms: Terms, book: PriceBook) -> int:
    """What one call costs: on the plan that the module is on, or on the chain's where it is off by now. A card that
    came of an application (``NO_MODULE``) has the price of the plan itself; 0 on a plan that has none (R-A13).
    """
    if module == NO_MODULE:
        fee = PLANS[terms.plan].application_fee
        return fee.fen if fee else 0
    return book.price(module=module, plan=terms.modules.get(module, terms.plan)).per_call_fen


def call_line(
    *, module: int, terms: Terms, period: Period, book: PriceBook, counted: int, charged_before: int
) -> Line | None:
    """What a period's calls cost beyond those charged before; None where nothing is due."""
    price = unit_fen(module=module, terms=terms, book=book)
    quantity = counted - charged_before
    if quantity <= 0 or not price:
        return None
    return Line(
        kind=ChargeKind.APPLICATION if module == NO_MODULE else ChargeKind.CALLS,
        module=module,
        plan=terms.modules.get(module, terms.plan),
        book=book.version,
        price_fen=price,
        amount_fen=price * quantity,
        period=period,
        quantity=quantity,
        charged_before=charged_before,
    )


def monthly_fen(terms: Terms, book: PriceBook) -> int:
    """What a whole month of the terms costs."""
    return sum(book.price(module=number, plan=plan).monthly_fen for number, plan in terms.modules.items())


def _changed(before: Terms, now: Terms) -> Iterator[tuple[int, Plan | None, Plan]]:
    for number, plan in now.modules.items():
        was = before.modules.get(number)
        if was != plan:
            yield number, was, plan


def _setup_lines(before: Terms, now: Terms, setup_paid: Mapping[int, int], book: PriceBook) -> Iterator[Line]:
    for number, was, plan in _changed(before, now):
        price = book.price(module=number, plan=plan).setup_fen
        paid = setup_paid.get(number, 0)
        if price > paid:
            yield Line(
                kind=ChargeKind.SETUP,
                module=number,
                plan=plan,
                plan_before=was,
                book=book.version,
                price_fen=price,
                credited_fen=paid,
                amount_fen=price - paid,
            )


def _month_lines(before: Terms, now: Terms, period: Period, day: date, book: PriceBook) -> Iterator[Line]:
    days = period.days_left(day)
    for number, was, plan in _changed(before, now):
        price = book.price(module=number, plan=plan).monthly_fen
        paid = book.price(module=number, plan=was).monthly_fen if was is not None else 0
        amount = pro_rata(price - paid, days=days, of_days=period.days) if price > paid else 0
        if amount:
            yield Line(
                kind=ChargeKind.MONTH,
                module=number,
                plan=plan,
                plan_before=was,
                book=book.version,
                price_fen=price,
                credited_fen=paid,
                amount_fen=amount,
                days=days,
                of_days=period.days,
                period=period,
            )


def _asked_by_stores(line: Line, open_stores: int) -> Line:
    return replace(line, open_stores=open_stores, most_stores=most_stores_below(line.plan))


def _plain(terms: Terms) -> list[object]:
    return [terms.plan, sorted(terms.modules.items())]
