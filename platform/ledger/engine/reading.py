"""The first trip: lock the accounts, then, in statements after the lock, read what the decisions rest on."""

from collections.abc import Iterable, Sequence
from uuid import UUID

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
from ledger.engine.trip import Answer, Connection, Trip


def read_facts(
    conn: Connection,
    schema: str,
    sql: Statements,
    requests: Sequence[PostingRequest],
    opening: Sequence[str],
    *,
    locking: bool = True,
) -> Facts:
    """Begin (``opening``), lock and read, in one pipeline. Without ``locking`` it only looks."""
    touched = set(_accounts(requests))
    named = {part.lot_id for request in requests for line in request.lines for part in line.restores}
    drawn = {line.account_id for request in requests for line in request.lines if line.account_id and line.amount < 0}
    past_ids = [request.reverses for request in requests if request.reverses is not None]
    keys = arrays.texts(request.idempotency_key for request in requests if valid_key(request.idempotency_key))
    guards = _subjects(requests)
    trip = Trip(conn)
    for statement in opening:
        trip.say(statement)
    if past_ids:
        accounts = trip.send(sql.lock_with_past, arrays.plain(touched), arrays.plain(past_ids))
    else:
        accounts = trip.send(sql.lock if locking else sql.see, arrays.plain(touched))
    # READ COMMITTED: from here each statement sees what whoever held the lock before us has committed.
    stored = trip.send(sql.stored, keys)
    lots = trip.send(sql.live_lots, arrays.plain(drawn)) if drawn else None
    restored = trip.send(sql.named_lots, arrays.plain(named)) if named else None
    past = _send_past(trip, sql, past_ids) if past_ids else None
    guarded = {text: trip.send(in_schema(text, schema), arrays.plain(ids)) for text, ids in guards.items()}
    trip.make()
    facts = Facts(
        accounts={row[0]: AccountState._make(row) for row in accounts.rows()},
        lots={row[0]: LotState._make(row) for row in lots.rows()} if lots is not None else {},
        stored={row[1]: StoredPosting._make(row) for row in stored.rows()},
        guards={text: {row[0]: row for row in answer.rows()} for text, answer in guarded.items()},
    )
    if restored is not None:
        facts.lots.update((row[0], LotState._make(row)) for row in restored.rows())
    if past is not None:
        _add_past(facts, past)
    return facts


def _accounts(requests: Iterable[PostingRequest]) -> Iterable[int]:
    for request in requests:
        for line in request.lines:
            if line.account_id is not None:
                yield line.account_id
        yield from request.looks_at
        if request.sequel is not None:
            yield from request.sequel.accounts


def _subjects(requests: Iterable[PostingRequest]) -> dict[str, set[int]]:
    guards: dict[str, set[int]] = {}
    for request in requests:
        if request.guard is not None:
            guards.setdefault(request.guard.sql, set()).add(request.guard.subject)
    return guards


Past = tuple[Answer, Answer, Answer, Answer]


def _send_past(trip: Trip, sql: Statements, past_ids: Sequence[UUID]) -> Past:
    ids = arrays.plain(past_ids)
    return (
        trip.send(sql.past_postings, ids),
        trip.send(sql.past_entries, ids),
        trip.send(sql.past_draws, ids),
        trip.send(sql.past_lots, ids),
    )


def _add_past(facts: Facts, past: Past) -> None:
    postings, entry_rows, draw_rows, lots = (answer.rows() for answer in past)
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
