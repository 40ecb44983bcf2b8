"""Plans, the plan floor by store count, and what makes a price book whole."""

import pytest

from billing.pricebook.domain import PLANS, IncompletePriceBook, ModulePrice, Plan, plan_floor
from kernel.money import Money


@pytest.mark.parametrize(
    ("open_stores", "plan"),
    [(0, Plan.A), (1, Plan.A), (4, Plan.A), (5, Plan.B), (15, Plan.B), (16, Plan.C), (400, Plan.C)],
)
def test_the_store_count_sets_the_least_plan(open_stores: int, plan: Plan) -> None:
    """R-A16, R-A17, R-A18; the reading of 15 is X-04, of 2–4 is X-05."""
    assert plan_floor(open_stores=open_stores) is plan


def test_no_chain_has_fewer_than_no_stores() -> None:
    with pytest.raises(ValueError, match="fewer than no stores"):
        plan_floor(open_stores=-1)


def test_each_plan_keeps_records_longer_than_the_one_below() -> None:
    """R-A10."""
    assert [PLANS[plan].records_kept_months for plan in Plan] == [3, 6, 12]


def test_balances_are_shown_from_plan_b() -> None:
    """R-A05, R-A06, R-A08."""
    assert [PLANS[plan].shows_balances for plan in Plan] == [False, True, True]


def test_an_application_costs_three_yuan_on_b_and_two_on_c() -> None:
    """R-A13, X-02."""
    assert [PLANS[plan].application_fee for plan in Plan] == [None, Money(300), Money(200)]


def test_a_price_is_never_negative() -> None:
    with pytest.raises(IncompletePriceBook, match="negative price"):
        ModulePrice(module=1, plan=Plan.A, setup_fen=-1, monthly_fen=0, per_call_fen=0)


@pytest.mark.parametrize(("per_call_fen", "is_free"), [(0, True), (8, False)])
def test_free_is_no_price_of_any_kind(per_call_fen: int, is_free: bool) -> None:
    price = ModulePrice(module=11, plan=Plan.A, setup_fen=0, monthly_fen=0, per_call_fen=per_call_fen)
    assert price.is_free is is_free
