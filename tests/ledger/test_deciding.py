"""The decisions by themselves: whatever the batch, value is conserved and refusals leave no trace."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.domain import (
    AccountState,
    DrawPolicy,
    Facts,
    Line,
    OpenLot,
    Outcome,
    Posted,
    PostingRequest,
    Refused,
    TakeLot,
    Writes,
    decide,
)
from ledger.domain.requests import is_text, request_hash
from ledger.errors import _BY_CODE, LedgerError, error_of
from tests.ledger.books import NOON, consume, request, top_up

ACCOUNTS = (1, 2, 3)


def run(requests: Sequence[PostingRequest]) -> tuple[list[Outcome], Writes]:
    ids = itertools.count(1)
    # 1 and 2 are lotted; 3 is a plain balance that may go negative.
    accounts = {number: AccountState(number, "CNY", number < 3, number == 3, 0, 0) for number in ACCOUNTS}
    return decide(requests, Facts(accounts=accounts), lambda: UUID(int=next(ids)))


_top_ups = st.builds(top_up, st.sampled_from([1, 2]), st.integers(1, 10**9), st.integers(0, 10**6))
_consumptions = st.builds(consume, st.sampled_from(ACCOUNTS), st.integers(1, 10**9), policy=st.sampled_from(DrawPolicy))


@given(requests=st.lists(_top_ups | _consumptions, max_size=20))
def test_value_is_conserved(requests: list[PostingRequest]) -> None:
    outcomes, writes = run(requests)
    assert sum(entry.amount for entry in writes.entries) == 0
    assert len(writes.postings) == sum(isinstance(outcome, Posted) for outcome in outcomes)
    for account_id in ACCOUNTS:
        moved = [entry for entry in writes.entries if entry.account_id == account_id]
        assert [entry.version for entry in moved] == list(range(1, len(moved) + 1))
        balance = sum(entry.amount for entry in moved)
        if moved:
            assert writes.accounts[account_id].balance == balance
        if account_id < 3:
            assert balance >= 0
            assert sum(lot.remaining for lot in writes.lots.values() if lot.account_id == account_id) == balance


@given(requests=st.lists(_top_ups | _consumptions, max_size=12))
def test_draws_sum_to_their_entry_and_refusals_leave_no_row(requests: list[PostingRequest]) -> None:
    outcomes, writes = run(requests)
    drawn: dict[tuple[UUID, int], int] = {}
    for draw in writes.draws:
        drawn[draw.posting_id, draw.line_no] = drawn.get((draw.posting_id, draw.line_no), 0) + draw.amount
    lotted = {(entry.posting_id, entry.line_no): entry.amount for entry in writes.entries if entry.account_id in (1, 2)}
    assert drawn == lotted
    posted = {outcome.posting_id for outcome in outcomes if isinstance(outcome, Posted)}
    assert {entry.posting_id for entry in writes.entries} == posted


@given(requests=st.lists(_top_ups | _consumptions, max_size=8))
def test_a_batch_sent_twice_in_one_replays_its_second_half(requests: list[PostingRequest]) -> None:
    once, of_once = run(requests)
    twice, of_twice = run([*requests, *requests])
    for first, again in zip(once, twice[len(requests) :], strict=True):
        if isinstance(first, Posted):
            assert again == Posted(first.posting_id, True, first.balances, first.drawn)
    if all(isinstance(outcome, Posted) for outcome in once):
        assert of_twice.entries == of_once.entries


def test_a_refusal_in_the_middle_of_a_posting_takes_back_its_first_lines() -> None:
    lines = [Line(3, None, "CNY", -5), Line(1, None, "CNY", -5), Line(None, "REVENUE", "CNY", 10)]
    (outcome,), writes = run([request("CONSUMPTION", lines)])
    assert isinstance(outcome, Refused)
    assert writes == Writes()


def test_a_refused_key_is_free_again() -> None:
    outcomes, _ = run([consume(1, 5, key="k"), top_up(1, 9), consume(1, 5, key="k")])
    assert [isinstance(outcome, Posted) for outcome in outcomes] == [False, True, True]


def test_a_line_names_exactly_one_side() -> None:
    for account_id, contra in ((None, None), (1, "CASH")):
        with pytest.raises(ValueError, match="either an account or a contra"):
            Line(account_id, contra, "CNY", 5)


def test_a_request_is_whole_when_it_is_made() -> None:
    lines = (Line(None, "CASH", "CNY", -1), Line(None, "REVENUE", "CNY", 1))
    with pytest.raises(ValueError, match="aware"):
        PostingRequest("SALE", "k", b"h" * 32, "x", NOON.replace(tzinfo=None), lines)
    with pytest.raises(ValueError, match="SHA-256"):
        PostingRequest("SALE", "k", b"h", "x", NOON, lines)
    with pytest.raises(ValueError, match="reverses"):
        PostingRequest("SALE", "k", b"h" * 32, "x", NOON)
    with pytest.raises(ValueError, match="reverses"):
        PostingRequest("SALE", "k", b"h" * 32, "x", NOON, lines, reverses=UUID(int=1))


def test_a_hash_tells_bodies_apart_and_not_the_order_of_their_keys() -> None:
    assert request_hash({"a": 1, "b": 2}) == request_hash({"b": 2, "a": 1})
    assert (
        len({request_hash("ab", "c"), request_hash("a", "bc"), request_hash("abc"), request_hash(1), request_hash("1")})
        == 5
    )


@given(text=st.text(alphabet=st.characters(min_codepoint=0), max_size=5))
def test_text_is_what_utf8_without_nul_can_hold(text: str) -> None:
    assert is_text(text) == ("\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text))


def test_every_refusal_has_its_error_and_each_speaks() -> None:
    params = {
        "account_id": 1,
        "available": 2,
        "needed": 3,
        "limit": 4,
        "unit": "CNY",
        "posting_id": "p",
        "idempotency_key": "k",
    }
    for code, kind in _BY_CODE.items():
        error = error_of(Refused(code, params))
        assert type(error) is kind
        assert error.as_dict()["code"] == code
        assert "{" not in str(error)
    assert len(_BY_CODE) == len(LedgerError.__subclasses__()) == 16


def test_a_guards_error_is_raised_as_it_is() -> None:
    own = LedgerError(card="8800")
    assert error_of(Refused("card_frozen", {}, own)) is own


# ── Lots taken by name ────────────────────────────────────────────────────────────────────────────────────────────


def lots_of(outcomes: list[Outcome], writes: Writes) -> list[UUID]:
    assert all(isinstance(outcome, Posted) for outcome in outcomes)
    return [lot.id for lot in writes.opened]


def expiry(*takes: TakeLot, amount: int, lots: tuple[OpenLot, ...] = ()) -> PostingRequest:
    lines = [Line(1, None, "CNY", amount, lots, takes), Line(None, "BREAKAGE", "CNY", -amount)]
    return request("EXPIRY", lines, at=NOON)


def filled() -> tuple[list[PostingRequest], list[UUID]]:
    """A top-up whose bonus has expired by ``NOON``, and the ids its lots get."""
    before = [top_up(1, 100, 40, at=NOON - timedelta(days=9), bonus_expires_at=NOON - timedelta(days=1))]
    return before, lots_of(*run(before))


def test_a_named_lot_is_taken_though_it_has_expired_and_no_other_is_touched() -> None:
    before, (principal, bonus) = filled()
    outcomes, writes = run([*before, expiry(TakeLot(bonus, 40), amount=-40)])
    assert isinstance(outcomes[1], Posted)
    assert outcomes[1].drawn == {1: {"BONUS": 40}}
    assert (writes.lots[principal].remaining, writes.lots[bonus].remaining) == (100, 0)


def test_naming_more_than_is_left_is_refused_whole() -> None:
    before, (principal, bonus) = filled()
    takes = (TakeLot(principal, 10), TakeLot(bonus, 30), TakeLot(bonus, 11))
    outcomes, writes = run([*before, expiry(*takes, amount=-51)])
    assert outcomes[1] == Refused("lots_already_drawn", {"account_id": 1})
    assert (writes.lots[principal].remaining, writes.lots[bonus].remaining) == (100, 40)


def test_named_lots_are_those_of_the_account_and_sum_to_the_line() -> None:
    before, (principal, bonus) = filled()
    other = [*before, top_up(2, 7)]
    stranger = lots_of(*run(other))[-1]

    def refusal(asked: PostingRequest) -> str:
        outcome = run([*other, asked])[0][-1]
        assert isinstance(outcome, Refused)
        return outcome.code

    assert refusal(expiry(TakeLot(stranger, 7), amount=-7)) == "lots_already_drawn"
    assert refusal(expiry(TakeLot(UUID(int=999), 7), amount=-7)) == "lots_already_drawn"
    assert refusal(expiry(TakeLot(bonus, 39), amount=-40)) == "lots_mismatch"
    assert refusal(expiry(TakeLot(bonus, 40), amount=40)) == "lots_mismatch"
    assert refusal(expiry(TakeLot(bonus, 0), amount=-40)) == "amount_not_positive"
    assert refusal(expiry(TakeLot(principal, 5), amount=5, lots=(OpenLot("BONUS", 5),))) == "lots_mismatch"
    plain = [Line(3, None, "CNY", -5, takes=(TakeLot(bonus, 5),)), Line(None, "BREAKAGE", "CNY", 5)]
    assert refusal(request("EXPIRY", plain)) == "lots_mismatch"
    contra = [Line(1, None, "CNY", -5), Line(None, "BREAKAGE", "CNY", 5, takes=(TakeLot(bonus, 5),))]
    assert refusal(request("EXPIRY", contra)) == "lots_mismatch"
