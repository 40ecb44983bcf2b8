"""Points are void when the policy says so, and never before the day a notice named (R-G02, R-G03, R-I02, X-17)."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from kernel import clock
from kernel.calendar import start_of
from kernel.db import in_chain as in_chain_schema
from kernel.db import in_public
from kernel.money import Money
from ledger.audit import audit_schema
from ledger.locks import lock_accounts
from membership.cards.models import Card
from membership.cards.services import replace_card
from membership.cashier import services as cashier
from membership.cashier.models import ChainPolicy
from membership.cashier.tender import Tender
from membership.expiry import sweeping
from membership.expiry.domain import PointsPolicy
from membership.expiry.models import ClearingNotice, DailyRun, ExpiryPolicy
from membership.expiry.queries import points_of
from membership.expiry.services import daily
from membership.packages import services as packages
from membership.records.models import Record
from tenants.audit.models import AuditEntry
from tenants.chains.models import Chain
from tenants.people.domain import Actor
from tests.membership.conftest import Holder
from tests.membership.expiry.conftest import later

InChain = Callable[..., AbstractContextManager[None]]
CLEARS = date(2027, 3, 2)
"""Last used on 2 March 2026, and twelve months."""


@pytest.fixture(autouse=True)
def _at_noon(held_clock: datetime) -> None:
    """Everything begins on 2 March 2026."""


@pytest.fixture
def run_on(chain: Chain) -> Callable[[date], dict[str, int]]:
    """The chain's run of that day, shortly after midnight in China."""

    def act(day: date) -> dict[str, int]:
        with clock.frozen(start_of(day) + timedelta(minutes=5)):
            return dict(daily.run(chain.schema_name))

    return act


@pytest.fixture
def set_policy(in_chain: InChain) -> Callable[..., None]:
    def act(**fields: object) -> None:
        with in_chain():
            ExpiryPolicy.objects.update(**fields)

    return act


RunOn = Callable[[date], dict[str, int]]
Balances = Callable[[Holder], tuple[int, int]]


def test_notice_first_then_all_points_of_a_card_that_was_not_used(
    in_chain: InChain, holder: Holder, earn: Callable[..., None], run_on: RunOn, balances: Balances, chain: Chain
) -> None:
    earn(holder, 50)
    earn(holder, 30)
    assert run_on(CLEARS - timedelta(days=31)) == {}
    assert run_on(CLEARS - timedelta(days=30))["notices_given"] == 1
    with in_chain():
        notice = ClearingNotice.objects.get()
        assert (notice.points, notice.clears_on, notice.channel, notice.state) == (80, CLEARS, "SHOP", "OPEN")
    assert run_on(CLEARS - timedelta(days=1)).get("notices_given") is None
    assert balances(holder) == (10_000, 80)
    done = run_on(CLEARS)
    assert (done["notices_cleared"], done["points_cleared"]) == (1, 80)
    assert balances(holder) == (10_000, 0)
    with in_chain():
        assert Record.objects.get(kind="POINTS_EXPIRY").detail["points"] == -80
        assert ClearingNotice.objects.get().state == "CLEARED"
    assert audit_schema(chain.schema_name) == []


def test_use_after_the_notice_lifts_it_and_the_year_begins_again(
    in_chain: InChain, holder: Holder, earn: Callable[..., None], spend: Callable[..., None], run_on: RunOn,
    balances: Balances,
) -> None:  # fmt: skip
    earn(holder, 50)
    run_on(CLEARS - timedelta(days=30))
    with clock.frozen(start_of(CLEARS - timedelta(days=3))):
        spend(holder, 100)
    assert run_on(CLEARS)["notices_lifted"] == 1
    assert balances(holder)[1] == 50
    with in_chain():
        rules = ExpiryPolicy.objects.get()
        assert points_of([holder.card.pk])[holder.card.pk].clears_on(rules) == date(2028, 2, 27)


@pytest.mark.parametrize("use", ["one wash", "a signed bill"])
def test_whatever_the_card_is_used_for_keeps_its_points(
    use: str, in_chain: InChain, holder: Holder, earn: Callable[..., None], run_on: RunOn, balances: Balances,
    clerk: Actor, store_id: int,
) -> None:  # fmt: skip
    """R-I02: also what moves neither its money nor its points."""
    at: dict[str, Any] = {"actor": clerk, "card_number": holder.number, "store_id": store_id}
    with in_chain():
        ChainPolicy.objects.update(signed_limit_fen=1_000)
        washes = packages.define_product(
            actor=clerk, name="洗车", unit="CNT", quantity=5, price=Money(200), validity_months=36
        )
        packages.sell(product_id=washes.pk, tender=Tender(cash_fen=200), idempotency_key="sold", **at)
    earn(holder, 50)
    with clock.frozen(later(days=300)), in_chain():
        if use == "one wash":
            packages.use(product_id=washes.pk, count=1, idempotency_key="used", **at)
        else:
            cashier.pay(total=Money(400), tender=Tender(signed_fen=400), idempotency_key="signed", **at)
    with in_chain():
        # Records are cleared after months.
        Record.objects.all().delete()
    assert run_on(CLEARS).get("notices_given") is None
    with in_chain():
        assert points_of([holder.card.pk])[holder.card.pk].last_used_on == later(days=300).date()
    assert balances(holder) == (10_000, 50)


def test_a_shorter_rule_never_takes_points_without_the_whole_notice(
    holder: Holder, earn: Callable[..., None], run_on: RunOn, set_policy: Callable[..., None], balances: Balances,
    in_chain: InChain,
) -> None:  # fmt: skip
    earn(holder, 50)
    set_policy(points_months=1)
    run_on(date(2026, 9, 1))
    with in_chain():
        assert ClearingNotice.objects.get().clears_on == date(2026, 10, 1)
    run_on(date(2026, 9, 30))
    assert balances(holder)[1] == 50
    run_on(date(2026, 10, 4))
    assert balances(holder)[1] == 0


def test_by_fixed_terms_what_was_earned_in_the_new_term_stays(
    holder: Holder, earn: Callable[..., None], run_on: RunOn, set_policy: Callable[..., None], balances: Balances,
    spend: Callable[..., None],
) -> None:  # fmt: skip
    """One year from the card's first day, used or not; the run is two days late."""
    set_policy(points_policy=PointsPolicy.FIXED)
    earn(holder, 50)
    run_on(CLEARS - timedelta(days=20))
    with clock.frozen(start_of(CLEARS) + timedelta(days=1, hours=10)):
        spend(holder, 100)
        earn(holder, 7)
    run_on(CLEARS + timedelta(days=11))
    assert balances(holder)[1] == 7


def test_lot_by_lot_what_is_a_year_old_goes_and_use_saves_nothing(
    holder: Holder, earn: Callable[..., None], spend: Callable[..., None], run_on: RunOn,
    set_policy: Callable[..., None], balances: Balances, in_chain: InChain,
) -> None:  # fmt: skip
    set_policy(points_policy=PointsPolicy.PER_LOT)
    earn(holder, 50)
    for days, points in ((10, 7), (90, 30)):
        with clock.frozen(later(days=days)):
            earn(holder, points)
    with clock.frozen(start_of(CLEARS) - timedelta(days=2)):
        spend(holder, 100)
    run_on(CLEARS - timedelta(days=15))
    with in_chain():
        # Fifteen days late: put off by as many, and what has its year by then goes with it.
        notice = ClearingNotice.objects.get()
        assert (notice.points, notice.clears_on) == (57, CLEARS + timedelta(days=15))
    run_on(CLEARS + timedelta(days=14))
    assert balances(holder)[1] == 87
    run_on(CLEARS + timedelta(days=15))
    assert balances(holder)[1] == 30


def test_a_consumption_held_open_at_midnight_keeps_the_points(
    chain: Chain, in_chain: InChain, holder: Holder, earn: Callable[..., None], run_on: RunOn, balances: Balances,
    clerk: object, store_id: int,
) -> None:  # fmt: skip
    from kernel.money import Money
    from membership.cashier import services as cashier

    earn(holder, 50)
    run_on(CLEARS - timedelta(days=30))
    ended: list[int] = []

    def night() -> None:
        with clock.frozen(start_of(CLEARS)):
            ended.append(daily.run(chain.schema_name)["notices_lifted"])
        connection.close()

    with in_chain():
        lock_accounts([holder.card.stored_account_id or 0])
        thread = threading.Thread(target=night)
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive()
        cashier.consume(
            actor=clerk, card_number=holder.number, amount=Money(100), store_id=store_id, idempotency_key="late",  # type: ignore[arg-type]
            occurred_at=start_of(CLEARS) - timedelta(seconds=5),
        )  # fmt: skip
    thread.join(timeout=20)
    assert ended == [1]
    assert balances(holder)[1] == 50


def test_a_run_that_was_broken_off_is_found_and_finished(
    chain: Chain, in_chain: InChain, holder: Holder, fill: Callable[..., None], run_on: RunOn,
    monkeypatch: pytest.MonkeyPatch, sent_tasks: list[str], balances: Balances,
) -> None:  # fmt: skip
    fill(holder, 1_000, 100)
    with monkeypatch.context() as patch:
        patch.setattr(daily.points, "settle_notices", lambda **_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run_on(CLEARS)
    assert balances(holder)[0] == 11_000
    with clock.frozen(start_of(CLEARS) + timedelta(hours=1)):
        with in_public():
            assert sweeping.sweep_days() == 1
        daily.run(chain.schema_name)
        with in_public():
            assert sweeping.sweep_days() == 0
    assert sent_tasks == ["expiry.run"]
    with in_chain():
        assert DailyRun.objects.get(finished_at__isnull=False).day == CLEARS
        assert AuditEntry.objects.filter(act="expiry.run").count() == 1


def test_a_chain_made_from_the_template_has_its_rules(chain: Chain, in_chain: InChain) -> None:
    with in_chain_schema(chain.schema_name):
        rules = ExpiryPolicy.objects.get()
    assert (rules.points_policy, rules.points_months, rules.dormant_months) == ("ROLLING_INACTIVITY", 12, 12)


@pytest.mark.parametrize("policy", [PointsPolicy.FIXED, PointsPolicy.PER_LOT])
def test_points_do_not_begin_anew_on_the_card_that_takes_the_place_of_another(
    policy: PointsPolicy, in_chain: InChain, holder: Holder, earn: Callable[..., None], run_on: RunOn,
    set_policy: Callable[..., None], clerk: Actor, store_id: int,
) -> None:  # fmt: skip
    """Neither a term nor a batch's own months: a replacement in November puts nothing off."""
    set_policy(points_policy=policy)
    earn(holder, 50)
    with clock.frozen(later(days=250)), in_chain():
        replace_card(actor=clerk, number=holder.number, new_number="8800000005", store_id=store_id)
    run_on(CLEARS - timedelta(days=20))
    assert run_on(CLEARS + timedelta(days=11))["points_cleared"] == 50
    with in_chain():
        card = Card.objects.select_related("points_account").get(number="8800000005")
        assert card.points_account is not None
        assert (card.points_account.balance, card.activated_at) == (0, holder.card.activated_at)
