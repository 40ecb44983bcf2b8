"""The engine against a real database: what is posted, replayed, refused, reversed, and in how many statements."""

from typing import Any

import psycopg
import pytest
from django.conf import settings

from kernel.errors import DomainError
from ledger.domain import Contra, DrawPolicy, Guard, Line, OpenLot, Posted, Refused
from tests.ledger.books import NOON, Books, consume, request, reversal, top_up


def test_a_top_up_and_a_consumption_leave_balances_lots_and_draws(books: Books) -> None:
    account = books.account()
    topped = books.posted(top_up(account, 100_000, 20_000))
    assert topped.balances == {account: 120_000}
    used = books.posted(consume(account, 30_000, policy=DrawPolicy.PRO_RATA))
    assert used.balances == {account: 90_000}
    assert used.drawn == {account: {"PRINCIPAL": 25_000, "BONUS": 5_000}}
    assert books.balance(account) == 90_000
    assert books.lots(account) == [("PRINCIPAL", 100_000, 75_000), ("BONUS", 20_000, 15_000)]


def test_a_replay_returns_the_stored_result_and_writes_nothing(books: Books) -> None:
    account = books.account()
    books.posted(top_up(account, 1_000, 100))
    first = books.posted(consume(account, 1_050, key="till-7/88"))
    books.posted(consume(account, 10))
    before = books.counts()
    again = books.posted(consume(account, 1_050, key="till-7/88"))
    assert again == Posted(first.posting_id, True, {account: 50}, {account: {"PRINCIPAL": 1_000, "BONUS": 50}})
    assert books.counts() == before


def test_the_same_key_with_another_body_is_refused(books: Books) -> None:
    account = books.account()
    books.posted(top_up(account, 1_000))
    books.posted(consume(account, 100, key="till-7/89"))
    before = books.counts()
    refused = books.refused(consume(account, 200, key="till-7/89"))
    assert (refused.code, refused.params) == ("idempotency_conflict", {"idempotency_key": "till-7/89"})
    assert books.counts() == before
    assert books.balance(account) == 900


def test_one_refusal_harms_no_other_and_outcomes_keep_their_order(books: Books) -> None:
    rich, poor = books.account(), books.account()
    books.posted(top_up(rich, 500))
    outcomes = books.post(
        consume(rich, 100, key="batch/1"),
        consume(poor, 1),
        consume(999_999_999, 1),
        consume(rich, 401),
        consume(rich, 100, key="batch/1"),
        consume(rich, 101, key="batch/1"),
        top_up(poor, 50),
        consume(poor, 50),
    )
    codes = [outcome.code if isinstance(outcome, Refused) else outcome.replayed for outcome in outcomes]
    assert codes == [
        False,
        "insufficient_balance",
        "account_not_found",
        "insufficient_balance",
        True,
        "idempotency_conflict",
        False,
        False,
    ]
    assert (books.balance(rich), books.balance(poor)) == (400, 0)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([Line(None, "CASH", "CNY", -5), Line(None, "REVENUE", "CNY", 4)], "unbalanced"),
        ([Line(None, "CASH", "CNY", -5), Line(None, "REVENUE", "PTS", 5)], "unbalanced"),
        ([Line(None, "CASH", "USD", -5), Line(None, "REVENUE", "USD", 5)], "unit_unknown"),
        ([Line(None, "CASH", "CNY", 0), Line(None, "REVENUE", "CNY", 0)], "amount_not_positive"),
        ([Line(None, "CASH", "CNY", -(10**16)), Line(None, "REVENUE", "CNY", 10**16)], "amount_too_large"),
        ([Line(None, "CASH", "CNY", -1), Line(None, "REVENUE", "CNY", 1)] * 501, "too_many_lines"),
    ],
)
def test_what_is_not_a_posting_is_refused_and_nothing_changes(books: Books, lines: list[Line], code: str) -> None:
    before = books.counts()
    assert books.refused(request("ADJUSTMENT", lines)).code == code
    assert books.counts() == before


@pytest.mark.parametrize(
    ("lots", "code"),
    [
        ((), "lots_mismatch"),
        ((OpenLot("PRINCIPAL", 99),), "lots_mismatch"),
        ((OpenLot("PRINCIPAL", 101), OpenLot("BONUS", -1)), "amount_not_positive"),
    ],
)
def test_the_lots_of_a_line_sum_to_it(books: Books, lots: tuple[OpenLot, ...], code: str) -> None:
    account = books.account()
    lines = [Line(account, None, "CNY", 100, lots), Line(None, "CASH", "CNY", -100)]
    assert books.refused(request("TOP_UP", lines)).code == code
    assert books.lots(account) == []


def test_lots_belong_to_lotted_accounts_only(books: Books) -> None:
    account = books.account(lotted=False)
    assert books.refused(top_up(account, 100)).code == "lots_mismatch"


def test_a_line_in_another_unit_than_its_account_is_refused(books: Books) -> None:
    points = books.account("PTS", lotted=False)
    lines = [Line(points, None, "CNY", 100), Line(None, "CASH", "CNY", -100)]
    refused = books.refused(request("TOP_UP", lines))
    assert (refused.code, refused.params) == ("unit_mismatch", {"account_id": points, "unit": "PTS"})


@pytest.mark.parametrize("key", ["", "k" * 201, "half \ud800", "nul \x00"])
def test_a_key_the_database_could_not_hold_is_refused_alone(books: Books, key: str) -> None:
    account = books.account()
    bad, good = books.post(top_up(account, 5, key=key), top_up(account, 7))
    assert isinstance(bad, Refused)
    assert bad.code == "idempotency_key_invalid"
    assert isinstance(good, Posted)
    assert books.balance(account) == 7


@pytest.mark.parametrize("text", ["nul \x00", "half \ud800"])
def test_a_memo_the_database_could_not_hold_is_refused_alone(books: Books, text: str) -> None:
    lines = [Line(None, "CASH", "CNY", -1), Line(None, "REVENUE", "CNY", 1)]
    bad, good = books.post(request("SALE", lines, memo={"note": text}), request("SALE", lines))
    assert isinstance(bad, Refused)
    assert bad.code == "memo_invalid"
    assert isinstance(good, Posted)


def test_text_survives_the_journey_in_an_array(books: Books) -> None:
    memo = {"note": 'a "quoted" \\ {brace}, NULL\n卡云 🎫', "list": [1, None, "NULL"]}
    lines = [Line(None, "CASH", "CNY", -1), Line(None, "REVENUE", "CNY", 1)]
    posted = books.posted(request("SALE", lines, key='NULL,"{}\\', memo=memo))
    row = books.app.execute(
        "SELECT memo, idempotency_key FROM ledger_posting WHERE id = %s", [posted.posting_id]
    ).fetchone()
    assert row == (memo, 'NULL,"{}\\')


def test_an_account_that_may_go_negative_does_and_another_does_not(books: Books) -> None:
    signed = books.account(lotted=False, allow_negative=True)
    assert books.posted(consume(signed, 300)).balances == {signed: -300}
    plain = books.account(lotted=False)
    refused = books.refused(consume(plain, 1))
    assert refused.params == {"account_id": plain, "available": 0, "needed": 1}


def test_a_transfer_names_two_accounts(books: Books) -> None:
    old, new = books.account(lotted=False), books.account(lotted=False)
    books.posted(request("OPENING", [Line(old, None, "CNY", 70), Line(None, Contra.OPENING, "CNY", -70)]))
    moved = books.posted(request("TRANSFER", [Line(old, None, "CNY", -70), Line(new, None, "CNY", 70)]))
    assert moved.balances == {old: 0, new: 70}


class CardFrozen(DomainError):
    code = "card_frozen"


def test_a_guard_refuses_with_its_own_error_and_a_replay_is_not_asked_again(books: Books) -> None:
    account = books.account()
    books.posted(top_up(account, 100))
    sql = "SELECT id, balance FROM {schema}.ledger_account WHERE id = ANY ($1::bigint[])"
    seen: list[Any] = []

    def check(row: tuple[Any, ...] | None) -> DomainError | None:
        seen.append(row)
        return CardFrozen(card="8800") if row is None or row[1] < 100 else None

    allowed = consume(account, 40, key="guarded", guard=Guard(sql, account, check))
    assert isinstance(books.post(allowed)[0], Posted)
    refused = books.refused(consume(account, 1, guard=Guard(sql, account, check)))
    assert (refused.code, refused.params) == ("card_frozen", {"card": "8800"})
    assert books.refused(consume(account, 1, guard=Guard(sql, -1, check))).code == "card_frozen"
    assert books.posted(allowed).replayed
    assert seen == [(account, 100), (account, 60), None]
    assert books.balance(account) == 60


def test_a_rider_commits_with_the_batch_or_not_at_all(books: Books) -> None:
    books.connect("owner").execute("CREATE TABLE IF NOT EXISTS rode (posting uuid PRIMARY KEY, note text)")
    books.connect("owner").execute(f"GRANT INSERT, SELECT ON rode TO {settings.APP_ROLE}")
    account = books.account()
    sql = "INSERT INTO {schema}.rode SELECT * FROM unnest($1::uuid[], $2::text[])"

    def rider(outcomes: Any) -> list[tuple[str, tuple[str, str]]]:
        ids = [str(outcome.posting_id) for outcome in outcomes if isinstance(outcome, Posted) and not outcome.replayed]
        return [(sql, ("{" + ",".join(ids) + "}", "{" + ",".join("n" for _ in ids) + "}"))]

    first = top_up(account, 10)
    (posted,) = books.post(first, rider=rider)
    assert isinstance(posted, Posted)
    books.post(first, consume(account, 11), rider=rider)
    assert books.app.execute("SELECT posting FROM rode").fetchall() == [(posted.posting_id,)]

    before = books.counts()
    with pytest.raises(psycopg.errors.UniqueViolation):
        books.post(top_up(account, 10), rider=lambda _: [(sql, (f"{{{posted.posting_id}}}", "{n}"))])
    assert books.counts() == before
    assert books.balance(account) == 10


def test_expired_lots_are_never_drawn(books: Books) -> None:
    account = books.account()
    books.posted(top_up(account, 100, 50, bonus_expires_at=NOON))
    refused = books.refused(consume(account, 120, at=NOON))
    assert refused.params == {"account_id": account, "available": 100, "needed": 120}
    assert books.posted(consume(account, 100, policy=DrawPolicy.BONUS_FIRST)).drawn == {account: {"PRINCIPAL": 100}}
    assert books.balance(account) == 50


# ── Reversals ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_reversed_consumption_gives_back_to_the_very_lots(books: Books) -> None:
    account = books.account()
    books.posted(top_up(account, 1_000, 200))
    used = books.posted(consume(account, 1_100, policy=DrawPolicy.BONUS_FIRST))
    assert books.lots(account) == [("PRINCIPAL", 1_000, 100), ("BONUS", 200, 0)]
    undone = books.posted(reversal(used.posting_id))
    assert undone.drawn == {account: {"PRINCIPAL": -900, "BONUS": -200}}
    assert books.lots(account) == [("PRINCIPAL", 1_000, 1_000), ("BONUS", 200, 200)]
    assert books.balance(account) == 1_200
    entries = "SELECT account_id, contra, amount FROM ledger_entry WHERE posting_id = %s ORDER BY line_no"
    assert books.app.execute(entries, [undone.posting_id]).fetchall() == [
        (None, "REVENUE", -1_100),
        (account, None, 1_100),
    ]


def test_a_top_up_is_reversed_while_untouched_and_refused_once_drawn(books: Books) -> None:
    account = books.account()
    first, second = books.posted(top_up(account, 100, 20)), books.posted(top_up(account, 300))
    used = books.posted(consume(account, 110))
    assert books.refused(reversal(first.posting_id)).code == "lots_already_drawn"
    assert books.posted(reversal(second.posting_id)).balances == {account: 10}
    books.posted(reversal(used.posting_id))
    # Drawn and given back is as good as untouched.
    assert books.posted(reversal(first.posting_id)).balances == {account: 0}
    assert [remaining for _, _, remaining in books.lots(account)] == [0, 0, 0]


def test_a_posting_is_reversed_once_and_a_reversal_never(books: Books) -> None:
    account = books.account()
    posted = books.posted(top_up(account, 100))
    undone = books.posted(reversal(posted.posting_id, key="undo"))
    assert books.posted(reversal(posted.posting_id, key="undo")).replayed
    assert books.refused(reversal(posted.posting_id)).code == "already_reversed"
    assert books.refused(reversal(undone.posting_id)).code == "reversal_not_reversible"
    unknown = undone.posting_id.__class__(int=7)
    assert books.refused(reversal(unknown)).code == "posting_not_found"


def test_of_two_reversals_in_one_batch_the_second_is_refused(books: Books) -> None:
    posted = books.posted(top_up(books.account(), 100))
    one, two = books.post(reversal(posted.posting_id), reversal(posted.posting_id))
    assert isinstance(one, Posted)
    assert two == Refused("already_reversed", {"posting_id": str(posted.posting_id)})


def test_a_posting_that_draws_what_it_opened_is_undone_last_first(books: Books) -> None:
    account = books.account()
    lines = [
        Line(account, None, "CNY", 100, (OpenLot("PRINCIPAL", 100),)),
        Line(account, None, "CNY", -30),
        Line(None, "CASH", "CNY", -70),
    ]
    posted = books.posted(request("TOP_UP", lines))
    assert posted.balances == {account: 70}
    assert books.posted(reversal(posted.posting_id)).balances == {account: 0}
    assert books.lots(account) == [("PRINCIPAL", 100, 0)]


def test_a_reversal_that_would_overdraw_is_refused(books: Books) -> None:
    account = books.account(lotted=False)
    paid = books.posted(request("TOP_UP", [Line(account, None, "CNY", 50), Line(None, "CASH", "CNY", -50)]))
    books.posted(consume(account, 20))
    assert books.refused(reversal(paid.posting_id)).code == "insufficient_balance"
    assert books.balance(account) == 30
