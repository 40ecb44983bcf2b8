"""A ledger to test against: one schema with the ledger's tables, and words for what tests do in it."""

import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from ledger.domain import DrawPolicy, Guard, Line, OpenLot, Outcome, Posted, PostingRequest, Refused, request_hash
from ledger.engine import Rider, post_many

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
_holders = itertools.count(1)


@dataclass(slots=True)
class Books:
    """``addresses`` are those of the roles app, owner and admin."""

    schema: str
    addresses: Mapping[str, str]
    _open: list[psycopg.Connection[Any]] = field(default_factory=list)
    _app: psycopg.Connection[Any] | None = None

    def connect(self, role: str = "app") -> psycopg.Connection[Any]:
        """A new raw connection in autocommit, searching this schema as its transactions do."""
        options = f"-c search_path={self.schema},ext"
        conn = psycopg.connect(self.addresses[role], options=options, autocommit=True, prepare_threshold=10**6)
        self._open.append(conn)
        return conn

    @property
    def app(self) -> psycopg.Connection[Any]:
        """The application's connection, opened once."""
        if self._app is None or self._app.closed:
            self._app = self.connect()
        return self._app

    def close(self) -> None:
        """Close every connection made here."""
        while self._open:
            self._open.pop().close()

    def account(
        self, unit: str = "CNY", *, lotted: bool = True, allow_negative: bool = False, kind: str = "STORED"
    ) -> int:
        """A new empty account."""
        row = self.app.execute(
            "INSERT INTO ledger_account (kind, holder_id, unit, lotted, allow_negative, balance, version)"
            " VALUES (%s, %s, %s, %s, %s, 0, 0) RETURNING id",
            [kind, next(_holders), unit, lotted, allow_negative],
        ).fetchone()
        assert row is not None
        return int(row[0])

    def post(
        self, *requests: PostingRequest, conn: psycopg.Connection[Any] | None = None, rider: Rider | None = None
    ) -> list[Outcome]:
        """Post a batch."""
        return post_many(conn or self.app, schema=self.schema, requests=requests, rider=rider)

    def posted(self, request: PostingRequest) -> Posted:
        """Post one that must not be refused."""
        (outcome,) = self.post(request)
        assert isinstance(outcome, Posted), outcome
        return outcome

    def refused(self, request: PostingRequest) -> Refused:
        """Post one that must be refused."""
        (outcome,) = self.post(request)
        assert isinstance(outcome, Refused), outcome
        return outcome

    def one(self, sql: str, *params: Any) -> Any:
        """The single value of a query."""
        row = self.app.execute(sql, params).fetchone()
        assert row is not None
        return row[0]

    def balance(self, account_id: int) -> int:
        """What the account holds."""
        return int(self.one("SELECT balance FROM ledger_account WHERE id = %s", account_id))

    def lots(self, account_id: int) -> list[tuple[str, int, int]]:
        """(kind, original, remaining) of each of the account's lots, as opened."""
        sql = "SELECT kind, original, remaining FROM ledger_lot WHERE account_id = %s ORDER BY id"
        return self.app.execute(sql, [account_id]).fetchall()

    def counts(self) -> dict[str, int]:
        """Rows in each table, for tests that nothing changed."""
        tables = ("ledger_posting", "ledger_entry", "ledger_lot", "ledger_draw")
        return {table: self.one(f"SELECT count(*) FROM {table}") for table in tables}


def top_up(
    account_id: int,
    paid: int,
    bonus: int = 0,
    *,
    key: str | None = None,
    at: datetime = NOON,
    bonus_expires_at: datetime | None = None,
    unit: str = "CNY",
) -> PostingRequest:
    """Paid and given, each in a lot of its own."""
    lots = [OpenLot("PRINCIPAL", paid)] + ([OpenLot("BONUS", bonus, bonus_expires_at)] if bonus else [])
    lines = [Line(account_id, None, unit, paid + bonus, tuple(lots)), Line(None, "CASH", unit, -paid)]
    if bonus:
        lines.append(Line(None, "PROMOTION", unit, -bonus))
    return request("TOP_UP", lines, key=key, at=at)


def consume(
    account_id: int,
    amount: int,
    *,
    key: str | None = None,
    at: datetime = NOON,
    policy: DrawPolicy = DrawPolicy.EARLIEST_EXPIRY,
    guard: Guard | None = None,
    unit: str = "CNY",
) -> PostingRequest:
    """Out of the account into revenue."""
    lines = [Line(account_id, None, unit, -amount), Line(None, "REVENUE", unit, amount)]
    return request("CONSUMPTION", lines, key=key, at=at, policy=policy, guard=guard)


def reversal(posting_id: uuid.UUID, *, key: str | None = None, at: datetime = NOON) -> PostingRequest:
    """The undoing of a posting."""
    return PostingRequest(
        "REVERSAL", key or str(uuid.uuid4()), request_hash(str(posting_id)), "staff:1", at, reverses=posting_id
    )


def request(
    kind: str,
    lines: Sequence[Line],
    *,
    key: str | None = None,
    at: datetime = NOON,
    policy: DrawPolicy = DrawPolicy.EARLIEST_EXPIRY,
    guard: Guard | None = None,
    memo: Mapping[str, Any] | None = None,
) -> PostingRequest:
    """A request whose hash is that of its kind and lines."""
    body = [(line.account_id, line.contra, line.unit, line.amount) for line in lines]
    return PostingRequest(
        kind,
        key if key is not None else str(uuid.uuid4()),
        request_hash(kind, body),
        "staff:1",
        at,
        tuple(lines),
        policy=policy,
        guard=guard,
        memo=memo or {},
    )
