"""The two trips, in a transaction of their own or inside the caller's."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus

from kernel import clock
from kernel.ids import uuid7
from ledger.domain import Outcome, PostingRequest, Writes, decide
from ledger.engine.reading import read_facts
from ledger.engine.statements import in_schema, statements_of
from ledger.engine.trip import STALE_STATES, Connection, Prepared
from ledger.engine.writing import write

Rider = Callable[[Sequence[Outcome]], Iterable[tuple[str, Sequence[str]]]]
"""Writes that ride in the second trip, for rows that must stand or fall with the postings (a record, a usage row).

Given the outcomes (replays and refusals included: they write nothing new), it returns statements of its own with their
parameters: set-based, tables written ``{schema}.table``, parameters ``$1``… as text. Pure: it reads nothing.
"""

# Whoever lost a race of equal keys finds the winner's posting the next time; losing again would need a third party.
ATTEMPTS: Final = 5
_UNIQUE_VIOLATION: Final = "23505"
_DEADLOCK: Final = "40P01"
# By prefix: on a worker of Citus the name carries the shard's number.
_RACED: Final = ("ledger_posting_key", "ledger_posting_reverses")


@dataclass(frozen=True, slots=True)
class _Frame:
    """How the work is opened and closed, and taken back when it failed."""

    opening: tuple[str, ...]
    closing: str
    undo: Callable[[Connection], object]


def _roll_back(conn: Connection) -> None:
    if not conn.closed:
        conn.rollback()


def _roll_back_to_savepoint(conn: Connection) -> None:
    if not conn.closed:
        conn.execute("ROLLBACK TO SAVEPOINT ledger")


# Said, not inherited: with any other level the statements after the lock would not see what they waited for.
_OWN = _Frame(("BEGIN ISOLATION LEVEL READ COMMITTED",), "COMMIT", _roll_back)
_CALLERS = _Frame(("SAVEPOINT ledger",), "RELEASE SAVEPOINT ledger", _roll_back_to_savepoint)


def post_many(
    conn: Connection, *, schema: str, requests: Sequence[PostingRequest], rider: Rider | None = None
) -> list[Outcome]:
    """Post a batch in a transaction of its own on a connection that is in none.

    Returns one outcome per request, in order. When it returns, what was posted is committed; when it raises, nothing is
    known to be, and asking again with the same keys is safe.

    Raises:
        ValueError: the connection is in a transaction, or is not in autocommit.
        psycopg.OperationalError: the connection is lost.
    """
    if not conn.autocommit or _status(conn) is not TransactionStatus.IDLE:
        raise ValueError("post_many opens its own transaction; inside one, use post_within")
    return _post(conn, schema, requests, rider, _OWN)


def post_within(
    conn: Connection, *, schema: str, requests: Sequence[PostingRequest], rider: Rider | None = None
) -> list[Outcome]:
    """Post a batch inside the caller's open transaction, whose commit makes it stand: the same statements.

    The accounts stay locked until the caller's transaction ends.

    Raises:
        ValueError: no transaction is open, nor would the connection open one by itself.
    """
    if _status(conn) is TransactionStatus.IDLE:
        if conn.autocommit:
            raise ValueError("post_within needs the caller's transaction")
        # psycopg opens the caller's transaction at its first statement.
        conn.execute("SELECT")
    return _post(conn, schema, requests, rider, _CALLERS)


def preview(conn: Connection, *, schema: str, request: PostingRequest) -> tuple[Outcome, Writes]:
    """What posting the request now would answer and write: decided by the same rules, without locking or writing.

    Another posting may come in between: the preview promises nothing.
    """
    facts = read_facts(conn, schema, statements_of(schema), [request], (), locking=False)
    (outcome,), writes = decide([request], facts, _rising_ids())
    return outcome, writes


def _status(conn: Connection) -> TransactionStatus:
    if conn.closed:
        raise psycopg.OperationalError("the connection is closed")
    return conn.info.transaction_status


def _post(
    conn: Connection, schema: str, requests: Sequence[PostingRequest], rider: Rider | None, frame: _Frame
) -> list[Outcome]:
    if not requests:
        return []
    attempt = 1
    while True:
        try:
            return _two_trips(conn, schema, requests, rider, frame)
        except psycopg.Error as error:
            frame.undo(conn)
            if error.sqlstate in STALE_STATES:
                Prepared.of(conn).forget()
            if attempt == ATTEMPTS or not _worth_another(error, frame):
                raise
            attempt += 1
        except BaseException:
            frame.undo(conn)
            raise


def _two_trips(
    conn: Connection, schema: str, requests: Sequence[PostingRequest], rider: Rider | None, frame: _Frame
) -> list[Outcome]:
    sql = statements_of(schema)
    facts = read_facts(conn, schema, sql, requests, frame.opening)
    outcomes, writes = decide(requests, facts, _rising_ids())
    riders = [(in_schema(text, schema), params) for text, params in rider(outcomes)] if rider else []
    write(conn, sql, writes, riders, created_at=clock.now(), closing=frame.closing)
    return outcomes


def _worth_another(error: psycopg.Error, frame: _Frame) -> bool:
    if error.sqlstate == _UNIQUE_VIOLATION:
        return (error.diag.constraint_name or "").startswith(_RACED)
    if error.sqlstate in STALE_STATES:
        return True
    # Inside the caller's transaction its other locks stay held: only the caller can start again.
    return error.sqlstate == _DEADLOCK and frame is _OWN


def _rising_ids() -> Callable[[], UUID]:
    """Time-ordered ids, each greater than the one before: within a posting, lots sort as they were stated."""
    last = UUID(int=0)

    def mint() -> UUID:
        nonlocal last
        last = max(uuid7(), UUID(int=last.int + 1))
        return last

    return mint
