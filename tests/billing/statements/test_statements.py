"""A statement holds what was booked in its month, once, and sums to the ledger."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from billing.accounts.adjustments import approve_adjustment, request_adjustment
from billing.accounts.domain import AccountStanding, Contra, Debit, PostingKind
from billing.accounts.queries import standing_of
from billing.accounts.services import credit, debit
from billing.auditing import audit_platform
from billing.statements import queries
from billing.statements.models import Statement
from billing.statements.papers import statement_pdf, write_statement
from billing.statements.services import make_due, make_statements
from billing.statements.wording import explanation_of, title_of
from billing.subscriptions.services import begin_missing, renew_all
from kernel import clock
from kernel.db import in_public
from kernel.sheets import rows_of
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor, UserKind
from tenants.people.models import User
from tests import cast
from tests.cleaning import superuser

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)


def at(month: int, day: int, hour: int = 4) -> AbstractContextManager[object]:
    return clock.frozen(datetime(2026, month, day, hour, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _books_are_proved(database: None) -> Iterator[None]:
    yield
    assert [str(finding) for finding in audit_platform()] == []


@pytest.fixture
def subscribed(database: None) -> Callable[..., Chain]:
    """Make a chain on plan B since 2 March: CNY 204.00 owed at once."""

    def made(slug: str = "yunshan") -> Chain:
        chain = cast.request(slug, plan="B")
        with at(3, 2), in_public():
            Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
            begin_missing()
        return chain

    return made


def _pay(chain: Chain, fen: int, source: str = Contra.CASH_STRIPE) -> None:
    with in_public():
        credit(
            chain_id=chain.pk,
            amount_fen=fen,
            key=f"test:{chain.pk}:{clock.now():%m%d%H}",
            source=source,
            actor=SYSTEM,
            occurred_at=clock.now(),
        )


def _clerk(name: str) -> Actor:
    with in_public():
        user = User(username=name, email=f"{name}@example.cn", name=name, kind=UserKind.PLATFORM)
        user.set_unusable_password()
        user.save()
    return Actor(kind="platform", id=user.pk, name=name)


def _sums(chain: Chain, month: date) -> tuple[AccountStanding, tuple[int, int, int, int], AccountStanding]:
    with in_public():
        made = Statement.objects.get(chain=chain, month=month)
        assert sum(line.amount_fen for line in queries.lines_of(made)) == (
            made.closing.prepaid_fen - made.closing.arrears_fen - made.opening.prepaid_fen + made.opening.arrears_fen
        )
    return made.opening, (made.topped_up_fen, made.refunded_fen, made.adjusted_fen, made.charged_fen), made.closing


def test_two_months_by_hand(subscribed: Callable[..., Chain]) -> None:
    """March: 186.00 and 18.00 are owed, 300.00 paid. April: a month, an adjustment of 5.00, a refund of 10.00."""
    chain = subscribed()
    with at(3, 20):
        _pay(chain, 300_00)
    renew_all(today=date(2026, 3, 20))
    with at(4, 2):
        renew_all(today=date(2026, 4, 2))
    with at(4, 8), in_public():
        asked = request_adjustment(actor=_clerk("甲"), chain_id=chain.pk, amount_fen=5_00, reason="多计一天")
        approve_adjustment(actor=_clerk("乙"), adjustment_id=asked.pk)
    with at(4, 9):
        _refund(chain, 10_00)
    with at(5, 1):
        assert make_due() == 2
        assert make_due() == 0
    assert _sums(chain, MARCH) == (
        AccountStanding(0, 0), (300_00, 0, 0, 204_00), AccountStanding(96_00, 0)
    )  # fmt: skip
    assert _sums(chain, APRIL) == (
        AccountStanding(96_00, 0), (0, 10_00, 5_00, 18_00), AccountStanding(73_00, 0)
    )  # fmt: skip
    with in_public():
        assert standing_of(chain.pk) == AccountStanding(73_00, 0)


def _refund(chain: Chain, fen: int) -> None:
    with in_public():
        debit(
            Debit(
                chain.pk, fen, "test:refund", PostingKind.CHAIN_REFUND, SYSTEM, clock.now(), may_owe=True,
                contra=Contra.CASH_STRIPE,
            )
        )  # fmt: skip


def test_each_line_says_how_it_came_about(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed()
    with at(3, 3):
        _pay(chain, 300_00)
    with at(4, 1), in_public():
        make_statements(month=MARCH, chain_ids=[chain.pk])
        lines = queries.lines_of(Statement.objects.get())
    assert [(title_of(line), explanation_of(line), line.amount_fen) for line in lines] == [
        ("会员卡云端 · 开通费 · B", "¥186.00 · 价目 2026-01", -186_00),
        ("会员卡云端 · 月费 · B", "¥18.00 · 价目 2026-01", -18_00),
        ("账户充值", "", 300_00),
    ]


def test_the_month_ends_at_midnight_in_china(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed()
    with at(3, 31, 15):
        _pay(chain, 1_00)
    with at(3, 31, 16):  # 1 April in China
        _pay(chain, 2_00)
        make_due()
    assert _sums(chain, MARCH)[1] == (1_00, 0, 0, 204_00)
    with in_public():
        assert queries.so_far(chain.pk).net_fen == 2_00


def test_what_is_booked_late_stands_on_the_next(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed()
    with at(4, 1):
        make_due()
    with at(3, 31):  # a server whose clock is slow
        _pay(chain, 4_00)
    with at(5, 1):
        make_due()
    assert _sums(chain, MARCH)[1] == (0, 0, 0, 204_00)
    assert _sums(chain, APRIL)[1] == (4_00, 0, 0, 0)


def test_what_follows_a_late_entry_is_late(subscribed: Callable[..., Chain]) -> None:
    """A posting that names an earlier moment than the one before it is not torn out of the order of the account."""
    chain = subscribed()
    with at(4, 3):
        _pay(chain, 1_00)
    with at(3, 30):
        _pay(chain, 2_00)
    with at(4, 4):
        make_due()
    assert _sums(chain, MARCH)[2] == AccountStanding(0, 204_00)
    with in_public():
        assert queries.so_far(chain.pk).net_fen == 3_00


def test_a_month_that_is_not_over_has_none(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed()
    with at(3, 31), in_public(), pytest.raises(ValueError, match="not over"):
        make_statements(month=MARCH, chain_ids=[chain.pk])
    with at(3, 31):
        assert make_due() == 0


def test_who_has_nothing_and_moved_nothing_gets_none(database: None) -> None:
    chain = cast.request("yunshan", plan="A")
    with at(3, 2), in_public():
        Chain.objects.filter(pk=chain.pk).update(state=ChainState.ACTIVE)
        begin_missing()
    with at(4, 2):
        assert make_due() == 0


def test_many_chains_take_the_statements_of_one(subscribed: Callable[..., Chain]) -> None:
    for number in range(5):
        subscribed(f"chain{number}")
    with at(4, 1), CaptureQueriesContext(connection) as asked:
        assert make_due() == 5
    # The first month; the chains, their statements, and that there are no more chains; each transaction names its
    # schema.
    assert len([query for query in asked if "ledger_" in query["sql"] or "statements_" in query["sql"]]) == 5


def test_a_statement_is_read_by_three_queries(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed()
    for day in range(3, 28):
        with at(3, day):
            _pay(chain, 10_00)
    with at(4, 1):
        make_due()
    with in_public():
        made = Statement.objects.get()
        with CaptureQueriesContext(connection) as asked:
            assert len(queries.lines_of(made)) == 27
    assert len(asked) == 3


def test_statements_cannot_be_changed(subscribed: Callable[..., Chain]) -> None:
    subscribed()
    with at(4, 1):
        make_due()
    with pytest.raises(DatabaseError), in_public():
        Statement.objects.update(charged_fen=0)
    with pytest.raises(DatabaseError), in_public():
        Statement.objects.all().delete()


def test_the_workbook_holds_every_line_and_its_sum(subscribed: Callable[..., Chain]) -> None:
    chain = subscribed()
    with at(3, 5):
        _pay(chain, 300_00)
    with at(4, 1), in_public():
        make_due()
        made = Statement.objects.get()
        lines = queries.lines_of(made)
        target = BytesIO()
        write_statement(target, made, lines)
        assert statement_pdf(made, lines, chain_name=chain.name).startswith(b"%PDF")
    target.seek(0)
    head, *body = [cells for _number, cells in rows_of(target, sheet="明细")]
    amount = head.index("金额")
    assert [float(str(row[amount])) for row in body] == [-186.0, -18.0, 300.0]


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE statements_statement SET opening_prepaid_fen = 1, closing_prepaid_fen = 1", "statement_follows"),
        ("UPDATE statements_statement SET closing_arrears_fen = 1, charged_fen = 1", "statement_and_balance"),
        ("UPDATE statements_statement SET charged_fen = 1, adjusted_fen = -20399", "statement_and_charges"),
    ],
)
def test_the_audit_finds_what_cannot_be(subscribed: Callable[..., Chain], statement: str, check: str) -> None:
    subscribed()
    with at(4, 1):
        make_due()

    def run(sql: str) -> None:
        with superuser() as admin, admin.transaction():
            admin.execute("SET LOCAL session_replication_role = replica")
            admin.execute(sql)

    run(statement)
    with in_public():
        assert check in {finding.code for finding in audit_platform()}
    run("DELETE FROM statements_statement")
