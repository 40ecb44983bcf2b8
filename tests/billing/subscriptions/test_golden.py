"""Whole bills, reckoned by hand from the printed list: each plan's first months, and an upgrade in mid-month."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest

from billing.accounts.domain import Contra
from billing.accounts.services import credit
from billing.auditing import audit_platform
from billing.metering.models import UsageCount
from billing.metering.registry import METERS
from billing.pricebook.domain import Plan
from billing.pricebook.modules import MODULES
from billing.statements import queries as statements
from billing.statements.services import make_due
from billing.statements.wording import explanation_of, title_of
from billing.subscriptions.domain import ALWAYS_ON, Terms
from billing.subscriptions.models import Subscription
from billing.subscriptions.queries import holding_of, quote
from billing.subscriptions.services import begin, change_terms, charge_all_calls, raise_to_floor, renew_all
from kernel import clock
from kernel.db import in_public
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor
from tests import cast

OWNER = Actor(kind="owner", id=1, name="沈知远")
SOLD = [number for number, module in MODULES.items() if module.offered and number not in ALWAYS_ON]
PAID_FEN = 5_000_00


def at(month: int, day: int) -> AbstractContextManager[object]:
    return clock.frozen(datetime(2026, month, day, 4, tzinfo=UTC))


@pytest.fixture
def begun(database: None) -> Callable[..., Chain]:
    """A chain that begins on 2 March 2026 with CNY 5,000.00; it has no schema, nobody here asks it anything."""

    def made(plan: str, modules: list[int]) -> Chain:
        chain = cast.request("yunshan", plan=plan)
        with at(3, 2), in_public():
            Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
            credit(
                chain_id=chain.pk, amount_fen=PAID_FEN, key="test", source=Contra.CASH_STRIPE, actor=SYSTEM,
                occurred_at=clock.now(),
            )  # fmt: skip
            begin(chain=Chain.objects.get(pk=chain.pk), modules=modules)
        return chain

    return made


def calls(chain: Chain, when: datetime, **counts: int) -> None:
    """So many of each were counted in that hour."""
    with in_public():
        UsageCount.objects.bulk_create(
            UsageCount(chain=chain, meter=meter, hour=when, quantity=number, counted_at=when)
            for meter, number in counts.items()
        )


def bill(chain: Chain, month: int) -> dict[str, int]:
    """The charges on a month's statement by kind and module, in fen; the statement adds up."""
    with in_public():
        found = statements.statement_of(chain.pk, date(2026, month, 1))
        assert found is not None
        lines = statements.lines_of(found)
        assert audit_platform() == []
    charges: dict[str, int] = {}
    for line in lines:
        if line.charge is not None:
            key = f"{line.charge.kind} {line.charge.module}"
            charges[key] = charges.get(key, 0) - line.amount_fen
    assert sum(charges.values()) == found.charged_fen
    moved = found.closing_prepaid_fen - found.opening_prepaid_fen
    assert sum(line.amount_fen for line in lines) == moved
    return charges


@pytest.mark.parametrize(
    ("plan", "march", "april"),
    [
        (
            "A",
            {"SETUP 10": 60_00, "MONTH 8": 12_00, "MONTH 10": 6_00, "MONTH 14": 12_00,
             "CALLS 11": 80_00, "CALLS 6": 4_00, "CALLS 5": 5_00},
            {"MONTH 8": 12_00, "MONTH 10": 6_00, "MONTH 14": 12_00, "CALLS 11": 8},
        ),
        (
            "B",
            {"SETUP 16": 186_00, "SETUP 5": 500_00, "SETUP 10": 90_00, "MONTH 16": 18_00, "MONTH 8": 25_00,
             "MONTH 10": 12_00, "MONTH 11": 36_00, "MONTH 14": 25_00,
             "CALLS 11": 70_00, "CALLS 6": 4_00, "CALLS 5": 4_00, "APPLICATION 0": 9_00},
            {"MONTH 16": 18_00, "MONTH 8": 25_00, "MONTH 10": 12_00, "MONTH 11": 36_00, "MONTH 14": 25_00,
             "CALLS 11": 7},
        ),
        (
            "C",
            {"SETUP 16": 286_00, "SETUP 5": 1_000_00, "SETUP 10": 150_00, "MONTH 16": 36_00, "MONTH 8": 50_00,
             "MONTH 10": 25_00, "MONTH 11": 72_00, "MONTH 14": 50_00,
             "CALLS 11": 60_00, "CALLS 6": 4_00, "CALLS 5": 2_00, "APPLICATION 0": 6_00},
            {"MONTH 16": 36_00, "MONTH 8": 50_00, "MONTH 10": 25_00, "MONTH 11": 72_00, "MONTH 14": 50_00,
             "CALLS 11": 6},
        ),
    ],
)  # fmt: skip
def test_the_first_two_months_of_everything_that_is_sold(
    begun: Callable[..., Chain], plan: str, march: dict[str, int], april: dict[str, int]
) -> None:
    """R-A21, R-A13: 1,000 calls of the API, 50 text messages, 2 archives and 3 cards by application in March. One more
    call of 31 March comes to light when April has begun, and goes with it, at March's price.
    """
    assert SOLD == [5, 8, 10, 11, 14], "what is sold has changed: reckon the bills anew"
    assert set(METERS) == {"api", "sms", "archives", "card_application"}
    chain = begun(plan, SOLD)
    calls(chain, datetime(2026, 3, 20, 4, tzinfo=UTC), api=1_000, sms=50, archives=2, card_application=3)
    with at(3, 21):
        charge_all_calls()
    with at(4, 2):
        make_due()
        renew_all()
    calls(chain, datetime(2026, 3, 31, 15, tzinfo=UTC), api=1)
    with at(4, 2):
        assert (charge_all_calls(), charge_all_calls()) == (1, 0)
    with at(5, 1):
        make_due()
    assert (bill(chain, 3), bill(chain, 4)) == (march, april)


def test_an_upgrade_in_mid_month(begun: Callable[..., Chain]) -> None:
    """X-06: A with branding and the API, to B on 12 March, 21 of 31 days left.

    Before: 60.00 set-up and 6.00 for branding; 100 calls at 0.08. Set-up: the plan 186.00, branding 90.00 − 60.00.
    Months: the plan 18.00 × 21/31 = 12.19; branding (12.00 − 6.00) × 21/31 = 4.06; the API 36.00 × 21/31 = 24.39.
    Afterwards: 100 calls at 0.07. April: 18.00, 12.00, 36.00.
    """
    chain = begun("A", [10, 11])
    calls(chain, datetime(2026, 3, 11, 4, tzinfo=UTC), api=100)
    wanted = Terms.of(Plan.B, [10, 11])
    with at(3, 12):
        with in_public():
            seen = quote(holding_of(chain.pk), wanted, today=clock.today())
        with in_public():
            change_terms(actor=OWNER, chain=chain, wanted=wanted, digest=seen.digest)
    calls(chain, datetime(2026, 3, 20, 4, tzinfo=UTC), api=100)
    with at(3, 31):
        charge_all_calls()
    with at(4, 2):
        make_due()
        renew_all()
    with at(5, 1):
        make_due()
    assert seen.total_fen == 256_64
    assert bill(chain, 3) == {
        "SETUP 10": 90_00, "SETUP 16": 186_00, "MONTH 10": 6_00 + 4_06, "MONTH 16": 12_19, "MONTH 11": 24_39,
        "CALLS 11": 8_00 + 7_00,
    }  # fmt: skip
    assert bill(chain, 4) == {"MONTH 10": 12_00, "MONTH 11": 36_00, "MONTH 16": 18_00}


def test_a_plan_that_the_stores_raised_explains_itself(begun: Callable[..., Chain]) -> None:
    """R-A19: the sixteenth store opens with 10 of 31 days left; on the statement each line says why it is there."""
    chain = begun("B", [11])
    with at(3, 23):
        with in_public():
            Subscription.objects.filter(chain=chain).update(open_stores=16)
            assert raise_to_floor() == 1
        with in_public():
            assert raise_to_floor() == 0
    with at(4, 1):
        make_due()
    with in_public():
        found = statements.statement_of(chain.pk, date(2026, 3, 1))
        assert found is not None
        said = {title_of(line): explanation_of(line) for line in statements.lines_of(found) if line.charge}
    why = " · B 版升 C 版 · 营业门店 16 家，超过 15 家须用 C 版 · 价目 2026-01"
    assert {title: text for title, text in said.items() if title.endswith("C")} == {
        "会员卡云端 · 开通费 · C": "(¥286.00 − ¥186.00)" + why,
        "会员卡云端 · 月费 · C": "(¥36.00 − ¥18.00) × 10/31 天" + why,
        "开放接口 · 月费 · C": "(¥72.00 − ¥36.00) × 10/31 天" + why,
    }
    assert not any("门店" in text for title, text in said.items() if title.endswith("B"))
