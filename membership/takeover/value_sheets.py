"""The sheets of balances: each row becomes a posting against the opening balance, once, under a key of its own.

A row of 储值 is one top-up of the old system: what was left of what was paid and of what was given go into one posting,
so that a refund later finds the two side by side.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from kernel import clock
from kernel.clock import CHINA
from ledger.domain import Contra, Line, LotKind, OpenLot, Outcome, Posted, PostingRequest, Refused, Unit, request_hash
from ledger.engine import Rider
from ledger.errors import error_of
from ledger.services import post_within
from membership.cashier.accounts import PREPAYMENT
from membership.imports.domain import Column
from membership.imports.kinds.base import GOOD, Span, add_duplicates, add_problem, fetch, kind, run
from membership.imports.kinds.members import clean_date
from membership.records.bulk import RecordRow, insert_records
from membership.records.domain import RecordKind
from membership.takeover.domain import clean_points, clean_yuan
from membership.takeover.models import Takeover
from membership.takeover.sheets import CARDS, MEMBERS, Sheet, number_column, ref_column

OPENING: Final = "OPENING"
"""The kind of posting by which a take-over opens a balance."""

_POSTED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Opening:
    """A row to be posted, under a ``key`` of its own within the take-over; on ``card_id``'s timeline, if it has one."""

    key: str
    account_id: int
    unit: str
    lots: tuple[OpenLot, ...]
    amount: int
    card_id: int | None


class ValueSheet(Sheet):
    """A sheet of balances."""

    problems = {
        "number_form": _("只能是 4–32 位数字和大写字母"),
        "card_unknown": _("“会员卡”表中没有这个卡号"),
        "member_unknown": _("“会员”表中没有这个会员号"),
        "amount_form": _("金额无效，请写成 1234.50，不能小于 0"),
        "points_form": _("积分须是不小于 0 的整数"),
        "date_form": _("日期无效，请写成 2026-03-02"),
        "date_past": _("已经到期；请不要接管已到期的余额"),
        "nothing_given": _("金额为 0 的行请删去"),
    }

    def openings(self, span: Span, takeover: Takeover) -> Iterator[Opening]:
        """The good rows of the span as what is posted."""
        raise NotImplementedError

    def apply(self, span: Span) -> int:
        """Post the rows. Under their keys: posting a row again would give its first result and write nothing."""
        takeover, count = self.takeover_of(span), 0
        waiting: list[Opening] = []
        for opening in self.openings(span, takeover):
            waiting.append(opening)
            if len(waiting) == _POSTED_AT_ONCE:
                count += _post(takeover, waiting)
                waiting = []
        return count + _post(takeover, waiting)

    def total(self, span: Span, column: str) -> int:
        """The sum of a column over the good rows."""
        cell = f"nullif({self.cell(column)}, '')::bigint"
        summed = f"SELECT coalesce(sum({cell}), 0) FROM imports_importrow row WHERE {GOOD}"  # noqa: S608
        ((found,),) = fetch(summed, span.params)
        return int(found)

    def check_end(self, span: Span, column: str) -> None:
        """What has expired already is not taken over."""
        end = self.cell(column)
        add_problem(
            self, span, column, "date_past", params={"today": clock.today().isoformat()},
            where=f"{end} ~ '^[0-9-]{{10}}$' AND {end} < %(today)s",
        )  # fmt: skip

    def card_rows(self, span: Span, takeover: Takeover, *columns: str, account: str) -> Sequence[tuple[Any, ...]]:
        """Row id, card and account of each good row, with these cells."""
        cells = ", ".join(self.cell(column) for column in columns)
        found = f"""
            SELECT row.id, c.id, c.{account}, {cells} FROM imports_importrow row
            JOIN cards_card c ON c.number = {self.cell("number")}
            JOIN takeover_takencard t ON t.card_id = c.id AND t.takeover_id = %(takeover)s
            WHERE {GOOD} ORDER BY row.id
            """  # noqa: S608
        return fetch(found, {**span.params, "takeover": takeover.pk})


@kind
class StoredSheet(ValueSheet):
    """储值: what is left of each top-up."""

    code = "TAKE_VALUE"
    title = "储值"
    label = _("储值")
    columns = (
        number_column(),
        Column("paid", _("本金余额（元）"), ("本金",), clean=clean_yuan, sample="500.00"),
        Column("given", _("赠送余额（元）"), ("赠送",), False, clean_yuan, sample="50.00"),
        Column("given_until", _("赠送有效期至"), ("赠送到期日",), False, clean_date, sample="2027-12-31"),
    )

    def check(self, span: Span) -> None:
        """Cards of the workbook, something on each row, and nothing that has expired."""
        self.check_known(span, "number", CARDS, "card_unknown")
        add_problem(
            self, span, "paid", "nothing_given",
            where=f"{self.cell('paid')} = '0' AND {self.cell('given')} IN ('', '0')",
        )  # fmt: skip
        self.check_end(span, "given_until")

    def sums(self, span: Span) -> dict[str, int]:
        """Principal and bonus."""
        return {"principal_fen": self.total(span, "paid"), "bonus_fen": self.total(span, "given")}

    def openings(self, span: Span, takeover: Takeover) -> Iterator[Opening]:
        """One posting for each top-up."""
        rows = self.card_rows(span, takeover, "paid", "given", "given_until", account="stored_account_id")
        for row_id, card_id, account_id, paid, given, until in rows:
            lots = [OpenLot(LotKind.PRINCIPAL.value, int(paid))] if int(paid) else []
            if int(given or 0):
                lots.append(OpenLot(LotKind.BONUS.value, int(given), _end_of(until)))
            total = sum(lot.amount for lot in lots)
            yield Opening(f"value|{row_id}", account_id, Unit.CNY.value, tuple(lots), total, card_id)


@kind
class PointsSheet(ValueSheet):
    """积分: batches of points with their ends."""

    code = "TAKE_POINTS"
    title = "积分"
    label = _("积分")
    columns = (
        number_column(),
        Column("points", _("积分"), clean=clean_points, sample="1200"),
        Column("until", _("有效期至"), ("到期日",), False, clean_date, sample="2027-12-31"),
    )

    def check(self, span: Span) -> None:
        """Cards of the workbook, something on each row, and nothing that has expired."""
        self.check_known(span, "number", CARDS, "card_unknown")
        add_problem(self, span, "points", "nothing_given", where=f"{self.cell('points')} = '0'")
        self.check_end(span, "until")

    def sums(self, span: Span) -> dict[str, int]:
        """Points."""
        return {"points": self.total(span, "points")}

    def openings(self, span: Span, takeover: Takeover) -> Iterator[Opening]:
        """One posting for each batch."""
        rows = self.card_rows(span, takeover, "points", "until", account="points_account_id")
        for row_id, card_id, account_id, points, until in rows:
            lot = OpenLot(LotKind.POINTS.value, int(points), _end_of(until))
            yield Opening(f"points|{row_id}", account_id, Unit.PTS.value, (lot,), int(points), card_id)


@kind
class PrepaymentSheet(ValueSheet):
    """预存: what members have paid ahead (X-09)."""

    code = "TAKE_PREPAY"
    title = "预存"
    label = _("预存")
    columns = (ref_column(), Column("amount", _("预存余额（元）"), ("预存",), clean=clean_yuan, sample="300.00"))

    def check(self, span: Span) -> None:
        """Members of the workbook, each once."""
        self.check_known(span, "ref", MEMBERS, "member_unknown")
        add_duplicates(self, span, "ref")
        add_problem(self, span, "amount", "nothing_given", where=f"{self.cell('amount')} = '0'")

    def sums(self, span: Span) -> dict[str, int]:
        """Prepayment."""
        return {"prepayment_fen": self.total(span, "amount")}

    def openings(self, span: Span, takeover: Takeover) -> Iterator[Opening]:
        """One posting for each member, on the account that is opened for her here."""
        given = f"""
            FROM imports_importrow row
            JOIN takeover_takenmember t ON t.takeover_id = %(takeover)s AND t.ref = {self.cell("ref")}
            """
        params = {**span.params, "takeover": takeover.pk, "kind": PREPAYMENT}
        run(
            f"""
            INSERT INTO ledger_account (kind, holder_id, unit, lotted, allow_negative, balance, version)
            SELECT %(kind)s, t.member_id, 'CNY', false, false, 0, 0 {given} WHERE {GOOD} ORDER BY row.id
            ON CONFLICT (kind, holder_id) DO NOTHING
            """,
            params,
        )
        rows = fetch(
            f"""
            SELECT row.id, a.id, {self.cell("amount")} {given}
            JOIN ledger_account a ON a.kind = %(kind)s AND a.holder_id = t.member_id WHERE {GOOD} ORDER BY row.id
            """,
            params,
        )
        for row_id, account_id, amount in rows:
            yield Opening(f"prepay|{row_id}", account_id, Unit.CNY.value, (), int(amount), None)


def _end_of(day: str) -> datetime | None:
    """The moment after a last day, in China: what ends on a day is usable until its midnight."""
    return datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(), CHINA) if day else None


def _post(takeover: Takeover, openings: Sequence[Opening]) -> int:
    """Post some rows with their records; how many were not posted before."""
    if not openings:
        return 0
    now = clock.now()
    requests = [
        PostingRequest(
            kind=OPENING,
            idempotency_key=takeover.key_prefix + opening.key,
            request_hash=request_hash(OPENING, takeover.pk, opening.key, opening.account_id, opening.amount),
            actor=takeover.second_signer,
            occurred_at=now,
            lines=(
                Line(opening.account_id, None, opening.unit, opening.amount, opening.lots),
                Line(None, Contra.OPENING.value, opening.unit, -opening.amount),
            ),
            store_id=takeover.store_id,
            memo={"takeover": takeover.pk},
        )
        for opening in openings
    ]
    outcomes = post_within(requests, rider=_records(takeover, openings, now))
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            raise error_of(outcome)
    return sum(isinstance(outcome, Posted) and not outcome.replayed for outcome in outcomes)


def _records(takeover: Takeover, openings: Sequence[Opening], now: datetime) -> Rider:
    """The rider that writes on each card's timeline what was taken over."""

    def ride(outcomes: Sequence[Outcome]) -> list[tuple[str, Sequence[Any]]]:
        rows = [
            _record(takeover, opening, outcome, now)
            for opening, outcome in zip(openings, outcomes, strict=True)
            if isinstance(outcome, Posted) and not outcome.replayed and opening.card_id is not None
        ]
        return [insert_records(rows)] if rows else []

    return ride


def _record(takeover: Takeover, opening: Opening, outcome: Posted, now: datetime) -> RecordRow:
    money = opening.unit == Unit.CNY.value
    detail: Mapping[str, Any] = {} if money else {"points": opening.amount}
    return RecordRow(
        id=outcome.posting_id,
        card_id=opening.card_id or 0,
        kind=RecordKind.OPENING.value,
        amount_fen=opening.amount if money else 0,
        balance_after_fen=outcome.balances[opening.account_id] if money else None,
        store_id=takeover.store_id,
        actor=takeover.second_signer,
        actor_name=takeover.second_name,
        posting_id=outcome.posting_id,
        occurred_at=now,
        detail=detail,
    )
