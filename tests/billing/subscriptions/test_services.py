"""Subscriptions begin, change, renew and rise with the stores; each is charged to the fen, once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest
from django.db import DatabaseError, IntegrityError
from django.db.models import Sum
from psycopg.errors import ForeignKeyViolation

from billing.accounts.domain import AccountTooLow, Contra
from billing.accounts.queries import standing_of
from billing.accounts.services import credit
from billing.pricebook.domain import Plan
from billing.pricebook.queries import price_book_on
from billing.subscriptions.domain import Change, ChargeKind, Period, Terms, TermsBelowFloor, period_at, period_lines
from billing.subscriptions.errors import NotSubscribed, QuoteChanged
from billing.subscriptions.models import Charge, Subscription
from billing.subscriptions.queries import holding_of, quote
from billing.subscriptions.services import (
    begin_missing,
    bring_current,
    change_terms,
    count_stores,
    raise_to_floor,
    renew_all,
    renewing,
)
from kernel import clock
from kernel.db import in_chain, in_public
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor
from tenants.stores.services import close_store, open_store
from tests import cast
from tests.cleaning import superuser

OWNER = Actor(kind="owner", id=1, name="沈知远")
DAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _day(held_clock: datetime) -> None:
    """2 March 2026: a period until 2 April, 31 days."""


@pytest.fixture
def subscribed(database: None) -> Callable[..., Chain]:
    """Make a chain with a subscription and money on its account. It has no schema: nobody here asks it anything."""

    def made(slug: str = "yunshan", *, plan: str = "A", fen: int = 0) -> Chain:
        chain = cast.request(slug, plan=plan)
        with in_public():
            Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
            chain.refresh_from_db()
            begin_missing()
            if fen:
                pay(chain, fen)
        return chain

    return made


def pay(chain: Chain, fen: int, key: str = "") -> None:
    credit(
        chain_id=chain.pk,
        amount_fen=fen,
        key=key or f"test:{chain.pk}:{fen}",
        source=Contra.CASH_STRIPE,
        actor=SYSTEM,
        occurred_at=clock.now(),
        memo={},
    )


def has_stores(chain: Chain, number: int) -> None:
    with in_public():
        Subscription.objects.filter(chain=chain).update(open_stores=number)


def change(chain: Chain, wanted: Terms) -> Change:
    """See the quote, then agree to it."""
    with in_public():
        seen = quote(holding_of(chain.pk), wanted, today=clock.today())
    with in_public():
        return change_terms(actor=OWNER, chain=chain, wanted=wanted, digest=seen.digest)


def held_by(chain: Chain) -> tuple[int, int]:
    with in_public():
        standing = standing_of(chain.pk)
    return standing.prepaid_fen, standing.arrears_fen


def charged(chain: Chain) -> dict[tuple[str, int], int]:
    with in_public():
        rows = Charge.objects.filter(chain=chain).values_list("kind", "module").annotate(fen=Sum("amount_fen"))
        return {(kind, module): fen for kind, module, fen in rows}


def snapshot(chain: Chain) -> tuple[str, set[int]]:
    with in_public():
        chain.refresh_from_db()
    return chain.plan, set(chain.modules)


def at(day: date) -> AbstractContextManager[object]:
    return clock.frozen(datetime(day.year, day.month, day.day, 4, tzinfo=UTC))


# ── Beginning ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_plan_a_begins_for_nothing(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed()
    assert held_by(chain) == (0, 0)
    assert charged(chain) == {}
    assert snapshot(chain) == ("A", {1, 4, 16, 19})


def test_plan_b_begins_at_once_and_is_owed(subscribed: Callable[..., Chain]) -> None:
    """R-A20: 186.00 and 18.00."""
    chain = subscribed(plan="B")
    assert held_by(chain) == (0, 204_00)
    assert charged(chain) == {("SETUP", 16): 186_00, ("MONTH", 16): 18_00}
    with in_public():
        assert begin_missing() == 0
        pay(chain, 300_00)
    assert held_by(chain) == (96_00, 0)


# ── Changing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_shown_is_what_is_posted(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(fen=1_000_00)
    with at(date(2026, 3, 22)):  # 11 of 31 days
        taken = change(chain, Terms.of(Plan.B, [11]))
    # The API 36 × 11/31 = 12.77; the plan 18 × 11/31 = 6.39 and its set-up.
    assert charged(chain) == {("SETUP", 16): 186_00, ("MONTH", 11): 12_77, ("MONTH", 16): 6_39}
    assert taken.total_fen == 205_16
    assert held_by(chain) == (1_000_00 - 205_16, 0)
    assert snapshot(chain) == ("B", {1, 4, 11, 16, 19})


def test_a_quote_of_yesterday_is_not_taken(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(fen=1_000_00)
    with in_public():
        seen = quote(holding_of(chain.pk), Terms.of(Plan.B), today=DAY)
    with at(date(2026, 3, 3)), pytest.raises(QuoteChanged), in_public():
        change_terms(actor=OWNER, chain=chain, wanted=Terms.of(Plan.B), digest=seen.digest)
    assert (held_by(chain), charged(chain), snapshot(chain)[0]) == ((1_000_00, 0), {}, "A")


def test_what_the_account_does_not_hold_is_not_begun(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(fen=203_99)
    with pytest.raises(AccountTooLow):
        change(chain, Terms.of(Plan.B))
    assert (held_by(chain), charged(chain), snapshot(chain)) == ((203_99, 0), {}, ("A", {1, 4, 16, 19}))


def test_agreeing_twice_is_charged_once(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(fen=1_000_00)
    with in_public():
        seen = quote(holding_of(chain.pk), Terms.of(Plan.B), today=DAY)
    with in_public():
        change_terms(actor=OWNER, chain=chain, wanted=Terms.of(Plan.B), digest=seen.digest)
    with pytest.raises(QuoteChanged), in_public():
        change_terms(actor=OWNER, chain=chain, wanted=Terms.of(Plan.B), digest=seen.digest)
    assert held_by(chain) == (796_00, 0)


def test_a_downgrade_comes_with_the_next_period(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(plan="C", fen=1_000_00)
    change(chain, Terms.of(Plan.B))
    assert snapshot(chain)[0] == "C"
    assert held_by(chain) == (1_000_00 - 322_00, 0)
    renew_all(today=date(2026, 4, 2))
    assert snapshot(chain)[0] == "B"
    assert held_by(chain) == (1_000_00 - 322_00 - 18_00, 0)
    # Back up again: its set-up was paid.
    with at(date(2026, 4, 2)):
        taken = change(chain, Terms.of(Plan.C))
    assert [(line.kind, line.amount_fen) for line in taken.now] == [("MONTH", 18_00)]


def test_a_module_that_is_dropped_goes_when_its_month_is_over(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(fen=1_000_00)
    change(chain, Terms.of(Plan.A, [11]))
    change(chain, Terms.of(Plan.A))
    assert 11 in snapshot(chain)[1]
    change(chain, Terms.of(Plan.A, [11]))
    renew_all(today=date(2026, 4, 2))
    assert 11 in snapshot(chain)[1]
    change_at_april = date(2026, 4, 3)
    with at(change_at_april):
        change(chain, Terms.of(Plan.A))
    renew_all(today=date(2026, 5, 2))
    assert snapshot(chain)[1] == {1, 4, 16, 19}


def test_a_period_that_is_over_is_charged_before_the_change(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(plan="B", fen=2_000_00)
    with at(date(2026, 5, 12)):
        # A quote of a period gone by is refused.
        with pytest.raises(QuoteChanged):
            change(chain, Terms.of(Plan.C))
        assert held_by(chain) == (2_000_00 - 204_00, 0)
        with in_public():
            assert bring_current(chain_id=chain.pk).period == Period(date(2026, 5, 2), date(2026, 6, 2))
        change(chain, Terms.of(Plan.C))
    # April and May; then 100.00 and 18.00 × 21/31 = 12.19.
    assert held_by(chain) == (2_000_00 - 204_00 - 36_00 - 100_00 - 12_19, 0)


def test_a_chain_without_subscription_changes_nothing(database: None) -> None:
    chain = cast.request("yunshan")
    with pytest.raises(NotSubscribed), in_public():
        change_terms(actor=OWNER, chain=chain, wanted=Terms.of(Plan.B), digest="")


# ── The billing run ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_run_charges_what_the_rules_say_and_nothing_twice(subscribed: Callable[..., Chain]) -> None:
    one, other, free = subscribed("one", plan="C"), subscribed("other", plan="B", fen=500_00), subscribed("free")
    book = price_book_on(day=DAY)
    before = {chain.pk: held_by(chain) for chain in (one, other, free)}
    assert renew_all(today=date(2026, 4, 2)) == 3
    assert renew_all(today=date(2026, 4, 2)) == 0
    april = Period(date(2026, 4, 2), date(2026, 5, 2))
    for chain, plan in ((one, Plan.C), (other, Plan.B), (free, Plan.A)):
        lines = period_lines(terms=Terms.of(plan), period=april, book=book)
        with in_public():
            rows = Charge.objects.filter(chain=chain, period_start=april.start)
            assert [(row.module, row.plan, row.amount_fen, row.period_end) for row in rows] == [
                (line.module, line.plan, line.amount_fen, april.end) for line in lines
            ]
        total = sum(line.amount_fen for line in lines)
        prepaid, arrears = before[chain.pk]
        taken = min(prepaid, total)
        assert held_by(chain) == (prepaid - taken, arrears + total - taken)


def test_missed_periods_are_charged_one_by_one(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(plan="B", fen=1_000_00)
    assert renew_all(today=date(2026, 6, 30)) == 3
    with in_public():
        starts = Charge.objects.filter(chain=chain, kind=ChargeKind.MONTH).values_list("period_start", flat=True)
        assert sorted(starts) == [date(2026, 3, 2), date(2026, 4, 2), date(2026, 5, 2), date(2026, 6, 2)]
    assert held_by(chain) == (1_000_00 - 204_00 - 3 * 18_00, 0)


@pytest.mark.parametrize("anchor", [date(2026, 1, 31), date(2027, 12, 29), date(2028, 2, 29)])
def test_sql_and_python_count_the_same_periods(subscribed: Callable[..., Chain], anchor: date) -> None:

    with at(anchor):
        chain = subscribed()
    for _month in range(14):
        with in_public():
            row = Subscription.objects.get(chain=chain)
        expected = period_at(anchor=anchor, day=row.period_end)
        renew_all(today=row.period_end)
        with in_public():
            row.refresh_from_db()
        assert Period(row.period_start, row.period_end) == expected


def test_a_run_takes_the_same_statements_for_many_chains_as_for_one(
    subscribed: Callable[..., Chain], django_assert_max_num_queries: Callable[..., object]
) -> None:
    for number in range(6):
        subscribed(f"chain{number}", plan="B")
    with django_assert_max_num_queries(30):  # type: ignore[attr-defined]
        assert renew_all(today=date(2026, 4, 2)) == 6


def test_several_lanes_charge_each_period_once(
    subscribed: Callable[..., Chain], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five chains two periods behind, a batch for each chain: lanes pass over what another holds."""
    monkeypatch.setattr(renewing, "BATCH", 1)
    chains = [subscribed(f"chain{number}", plan="B") for number in range(5)]
    assert renew_all(today=date(2026, 5, 2)) == 10
    assert renew_all(today=date(2026, 5, 2)) == 0
    for chain in chains:
        assert held_by(chain) == (0, 204_00 + 2 * 18_00)
        with in_public():
            charged_at = set(Charge.objects.filter(chain=chain).values_list("charged_at", flat=True))
        # The lanes have the clock of whoever began them.
        assert charged_at == {clock.now()}


def test_a_charge_names_a_chain_and_a_chain_with_charges_stays(subscribed: Callable[..., Chain]) -> None:
    """What a foreign key would hold is held by the statement: many lines ask for their chains once."""
    chain = subscribed(plan="B")
    with in_public():
        line = Charge.objects.filter(chain=chain).values().first()
        assert line is not None
        copies = [Charge(**{**line, "id": None, "key": f"copy:{pk}", "chain_id": pk}) for pk in (chain.pk, 10**9)]
    with pytest.raises(IntegrityError, match="not in public"), in_public():
        Charge.objects.bulk_create(copies)
    with in_public():
        Charge.objects.bulk_create(copies[:1])
    with superuser() as session, pytest.raises(ForeignKeyViolation, match="is named in"):
        session.execute("DELETE FROM public.chains_chain WHERE id = %s", [chain.pk])


def test_charges_sum_to_their_posting_and_cannot_be_changed(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(plan="B")
    with pytest.raises(DatabaseError), in_public():
        Charge.objects.filter(chain=chain).update(amount_fen=1)
    with pytest.raises(DatabaseError), in_public():
        Charge.objects.filter(chain=chain).delete()


# ── The floor ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("stores", "plan"), [(4, "A"), (5, "B"), (15, "B"), (16, "C")])
def test_the_stores_raise_the_plan_at_billing(subscribed: Callable[..., Chain], stores: int, plan: str) -> None:
    """R-A16 … R-A19, X-04, X-06."""
    chain = subscribed()
    has_stores(chain, stores)
    with in_public():
        assert raise_to_floor() == (plan != "A")
    with in_public():
        assert raise_to_floor() == 0
    assert snapshot(chain)[0] == plan
    assert (
        charged(chain)
        == {
            "A": {},
            "B": {("SETUP", 16): 186_00, ("MONTH", 16): 18_00},
            "C": {("SETUP", 16): 286_00, ("MONTH", 16): 36_00},
        }[plan]
    )


def test_the_difference_is_charged_by_the_days_left(subscribed: Callable[..., Chain]) -> None:
    """From 15 to 16 stores with 10 of 31 days left: 100.00, and 18.00 × 10/31 = 5.81."""
    chain = subscribed(plan="B", fen=1_000_00)
    has_stores(chain, 16)
    with at(date(2026, 3, 23)), in_public():
        assert raise_to_floor() == 1
    assert held_by(chain) == (1_000_00 - 204_00 - 100_00 - 5_81, 0)
    with in_public():
        line = Charge.objects.get(chain=chain, kind="MONTH", plan="C")
    assert (line.plan_before, line.price_fen, line.credited_fen, line.days, line.of_days) == ("B", 36_00, 18_00, 10, 31)


def test_nobody_chooses_less_than_the_floor(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(plan="C", fen=1_000_00)
    has_stores(chain, 16)
    with pytest.raises(TermsBelowFloor):
        change(chain, Terms.of(Plan.B))


def test_a_downgrade_that_waits_is_taken_back_when_stores_open(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(plan="B", fen=1_000_00)
    change(chain, Terms.of(Plan.A))
    has_stores(chain, 5)
    with in_public():
        raise_to_floor()
    renew_all(today=date(2026, 4, 2))
    assert snapshot(chain)[0] == "B"
    assert held_by(chain) == (1_000_00 - 204_00 - 18_00, 0)


def test_closing_stores_lowers_nobody(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed(plan="B")
    has_stores(chain, 1)
    with in_public():
        assert raise_to_floor() == 0
    assert snapshot(chain)[0] == "B"


def test_stores_are_counted_where_they_are(chain: Chain, other_chain: Chain) -> None:
    with in_public():
        begin_missing()
    with in_chain(chain.schema_name):
        second = open_store(actor=SYSTEM, code="002", name="二号店", opened_on=DAY)
        open_store(actor=SYSTEM, code="003", name="三号店", opened_on=DAY)
    with in_public():
        assert count_stores() == 1
        assert count_stores() == 0
        counts = dict(Subscription.objects.values_list("chain__slug", "open_stores"))
    assert counts == {"yunshan": 3, "qinghe": 1}
    with in_chain(chain.schema_name):
        close_store(actor=SYSTEM, store_id=second.pk, closed_on=DAY)
    with in_public():
        assert count_stores() == 1
        assert Subscription.objects.get(chain=chain).open_stores == 2


# ── Owing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_owes_is_held_after_a_fortnight_and_free_when_it_has_paid(subscribed: Callable[..., Chain]) -> None:
    def held_from(chain: Chain) -> date | None:
        with in_public():
            return Chain.objects.values_list("held_from", flat=True).get(pk=chain.pk)

    chain, other = subscribed(plan="B"), subscribed("other", plan="B", fen=500_00)
    assert held_from(chain) == date(2026, 3, 17)
    assert held_from(other) is None, "it owed, and paid"
    # More arrears do not put it off.
    with at(date(2026, 4, 2)):
        renew_all()
    assert held_from(chain) == date(2026, 3, 17)
    with in_public():
        pay(chain, 100_00)
    assert held_from(chain) == date(2026, 3, 17), "not all of it is paid"
    with in_public():
        pay(chain, 122_00)
    assert (held_by(chain), held_from(chain)) == ((0, 0), None)
