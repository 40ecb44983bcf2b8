"""The first trip: lock the accounts, then, in statements after the lock, read what the decisions rest on."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import psycopg

from ledger.domain import (
    AccountState,
    Facts,
    LotState,
    PastDraw,
    PastEntry,
    PastPosting,
    PostingRequest,
    StoredPosting,
    valid_key,
)
from ledger.engine import arrays
from ledger.engine.statements import Statements, in_schema

Connection = psycopg.Connection[Any]
Cursor = psycopg.RawCursor[tuple[Any, ...]]


def send(conn: Connection, sql: str, *params: str) -> Cursor:
    """Queue a statement on the pipeline; prepared, unless the connection forbids it (``prepare_threshold=None``)."""
    cursor = psycopg.RawCursor(conn)
    return cursor.execute(sql, params, prepare=True)


def read_facts(
    conn: Connection, schema: str, sql: Statements, requests: Sequence[PostingRequest], opening: str
) -> Facts:
    """Begin (``opening``), lock and read, in one pipeline."""
    touched = {line.account_id for request in requests for line in request.lines if line.account_id is not None}
    drawn = {line.account_id for request in requests for line in request.lines if line.account_id and line.amount < 0}
    past_ids = [request.reverses for request in requests if request.reverses is not None]
    keys = arrays.texts(request.idempotency_key for request in requests if valid_key(request.idempotency_key))
    guards = _subjects(requests)
    with conn.pipeline():
        psycopg.RawCursor(conn).execute(opening, prepare=False)
        if past_ids:
            accounts = send(conn, sql.lock_with_past, arrays.plain(touched), arrays.plain(past_ids))
        else:
            accounts = send(conn, sql.lock, arrays.plain(touched))
        # READ COMMITTED: from here each statement sees what whoever held the lock before us has committed.
        stored = send(conn, sql.stored, keys)
        lots = send(conn, sql.live_lots, arrays.plain(drawn)) if drawn else None
        past = _send_past(conn, sql, past_ids) if past_ids else None
        guarded = {text: send(conn, in_schema(text, schema), arrays.plain(ids)) for text, ids in guards.items()}
    facts = Facts(
        accounts={row[0]: AccountState._make(row) for row in accounts},
        lots={row[0]: LotState._make(row) for row in lots or ()},
        stored={row[1]: StoredPosting._make(row) for row in stored},
        guards={text: {row[0]: row for row in rows} for text, rows in guarded.items()},
    )
    if past is not None:
        _add_past(facts, past)
    return facts


def _subjects(requests: Iterable[PostingRequest]) -> dict[str, set[int]]:
    guards: dict[str, set[int]] = {}
    for request in requests:
        if request.guard is not None:
            guards.setdefault(request.guard.sql, set()).add(request.guard.subject)
    return guards


def _send_past(conn: Connection, sql: Statements, past_ids: Sequence[UUID]) -> tuple[Cursor, Cursor, Cursor, Cursor]:
    ids = arrays.plain(past_ids)
    return (
        send(conn, sql.past_postings, ids),
        send(conn, sql.past_entries, ids),
        send(conn, sql.past_draws, ids),
        send(conn, sql.past_lots, ids),
    )


def _add_past(facts: Facts, past: tuple[Cursor, Cursor, Cursor, Cursor]) -> None:
    postings, entry_rows, draw_rows, lots = past
    entries: dict[UUID, list[PastEntry]] = {}
    for row in entry_rows:
        entries.setdefault(row[0], []).append(PastEntry._make(row[1:]))
    draws: dict[UUID, list[PastDraw]] = {}
    for row in draw_rows:
        draws.setdefault(row[0], []).append(PastDraw._make(row[1:]))
    for posting_id, reverses, reversed_by in postings:
        facts.past[posting_id] = PastPosting(
            posting_id, reverses, reversed_by, tuple(entries.get(posting_id, ())), tuple(draws.get(posting_id, ()))
        )
    facts.lots.update((row[0], LotState._make(row)) for row in lots)
