"""Which lots give, and how much: golden cases and what must hold for any lots."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain import DrawPolicy, LotState, choose_lots
from ledger.domain.drawing import apportion
from tests.ledger.books import NOON


def lot(number: int, kind: str, remaining: int, *, expires_in: int | None = None, opened: int = 0) -> LotState:
    expires_at = None if expires_in is None else NOON + timedelta(days=expires_in)
    return LotState(UUID(int=number), 1, kind, remaining, remaining, 1, expires_at, NOON + timedelta(days=opened))


def parts(policy: DrawPolicy, lots: list[LotState], amount: int) -> list[tuple[int, int]]:
    return [(chosen.id.int, part) for chosen, part in choose_lots(policy, lots, amount)]


@pytest.mark.parametrize("policy", list(DrawPolicy))
def test_one_lot_gives_all(policy: DrawPolicy) -> None:
    assert parts(policy, [lot(1, "PRINCIPAL", 50)], 30) == [(1, 30)]


@pytest.mark.parametrize(
    ("policy", "amount", "expected"),
    [
        # Lots 4 and 3 expire; 1 and 2 do not and were opened in this order.
        (DrawPolicy.EARLIEST_EXPIRY, 10, [(4, 10)]),
        (DrawPolicy.EARLIEST_EXPIRY, 60, [(4, 20), (3, 30), (1, 10)]),
        (DrawPolicy.EARLIEST_EXPIRY, 200, [(4, 20), (3, 30), (1, 100), (2, 50)]),
        # 2 and 3 were given.
        (DrawPolicy.BONUS_FIRST, 40, [(3, 30), (2, 10)]),
        (DrawPolicy.BONUS_FIRST, 105, [(3, 30), (2, 50), (4, 20), (1, 5)]),
        # 120 paid to 80 given.
        (DrawPolicy.PRO_RATA, 100, [(4, 20), (1, 40), (3, 30), (2, 10)]),
        (DrawPolicy.PRO_RATA, 1, [(4, 1)]),
    ],
)
def test_golden_draws(policy: DrawPolicy, amount: int, expected: list[tuple[int, int]]) -> None:
    lots = [
        lot(1, "PRINCIPAL", 100),
        lot(2, "BONUS", 50, opened=1),
        lot(3, "BONUS", 30, expires_in=9),
        lot(4, "PRINCIPAL", 20, expires_in=5),
    ]
    assert parts(policy, lots, amount) == expected
    assert parts(policy, lots[::-1], amount) == expected


def test_paid_1000_given_200_used_300_draws_250_of_what_was_paid() -> None:
    """法释〔2025〕4号 art 18: the golden case of the domain paper; 750.00 stay to be refunded."""
    lots = [lot(1, "PRINCIPAL", 1_000_00), lot(2, "BONUS", 200_00)]
    assert parts(DrawPolicy.PRO_RATA, lots, 300_00) == [(1, 250_00), (2, 50_00)]


def test_lots_of_one_moment_go_in_the_order_they_were_stated() -> None:
    assert parts(DrawPolicy.EARLIEST_EXPIRY, [lot(2, "BONUS", 5), lot(1, "PRINCIPAL", 5)], 6) == [(1, 5), (2, 1)]


@pytest.mark.parametrize(
    ("amount", "weights", "shares"),
    [
        (10, [1, 1, 1], [4, 3, 3]),
        (100, [1, 2, 3], [17, 33, 50]),
        (1, [1, 1], [1, 0]),
        (2, [5, 3, 2], [1, 1, 0]),
        (0, [3, 4], [0, 0]),
        (7, [0, 7], [0, 7]),
    ],
)
def test_largest_remainder(amount: int, weights: list[int], shares: list[int]) -> None:
    assert apportion(amount, weights) == shares


_lots = st.lists(
    st.tuples(st.sampled_from(["PRINCIPAL", "BONUS", "GIFT"]), st.integers(1, 10**12), st.none() | st.integers(1, 400)),
    min_size=1,
    max_size=8,
).map(lambda rows: [lot(n, kind, left, expires_in=days) for n, (kind, left, days) in enumerate(rows, start=1)])


@given(policy=st.sampled_from(DrawPolicy), lots=_lots, share=st.fractions(0, 1))
def test_parts_sum_exactly_and_take_from_no_lot_more_than_it_has(
    policy: DrawPolicy, lots: list[LotState], share: float
) -> None:
    amount = max(1, int(sum(each.remaining for each in lots) * share))
    chosen = choose_lots(policy, lots, amount)
    assert sum(part for _, part in chosen) == amount
    assert all(0 < part <= each.remaining for each, part in chosen)
    assert len({each.id for each, _ in chosen}) == len(chosen)
    assert choose_lots(policy, lots[::-1], amount) == chosen


@given(weights=st.lists(st.integers(0, 10**12), min_size=1, max_size=9).filter(any), share=st.fractions(0, 1))
def test_shares_sum_exactly_and_stay_within_one_of_the_ratio(weights: list[int], share: float) -> None:
    total = sum(weights)
    amount = int(total * share)
    shares = apportion(amount, weights)
    assert sum(shares) == amount
    for part, weight in zip(shares, weights, strict=True):
        assert part <= weight
        assert abs(part * total - amount * weight) < total
