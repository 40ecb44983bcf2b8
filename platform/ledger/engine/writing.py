"""The second trip: set-based writes, and the commit, in one pipeline."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from ledger.domain import Writes
from ledger.engine import arrays
from ledger.engine.statements import Statements
from ledger.engine.trip import Connection, Trip


def write(
    conn: Connection,
    sql: Statements,
    writes: Writes,
    riders: Iterable[tuple[str, Sequence[str]]],
    *,
    created_at: datetime,
    closing: str,
) -> None:
    """Write a batch and close the transaction (``closing``); a batch without postings only closes it."""
    trip = Trip(conn)
    if writes.postings:
        _send_postings(trip, sql, writes, created_at)
        if writes.draws:
            _send_draws(trip, sql, writes)
        _send_heads(trip, sql, writes)
    for text, params in riders:
        trip.send(text, *params)
    trip.say(closing)
    trip.make()


def _send_postings(trip: Trip, sql: Statements, writes: Writes, created_at: datetime) -> None:
    ids, kinds, keys, hashes, actors, stores, occurred, reverses, memos, results = zip(*writes.postings, strict=True)
    trip.send(
        sql.insert_postings,
        arrays.plain(ids),
        arrays.texts(kinds),
        arrays.texts(keys),
        arrays.binaries(hashes),
        arrays.texts(actors),
        arrays.plain(stores),
        arrays.plain(occurred),
        arrays.plain(reverses),
        arrays.texts(memos),
        arrays.texts(results),
        created_at.isoformat(),
    )
    posting_ids, lines, counts, accounts, contras, units, amounts, versions, before = zip(*writes.entries, strict=True)
    trip.send(
        sql.insert_entries,
        arrays.plain(posting_ids),
        arrays.plain(lines),
        arrays.plain(counts),
        arrays.plain(accounts),
        arrays.texts(contras),
        arrays.texts(units),
        arrays.plain(amounts),
        arrays.plain(versions),
        arrays.plain(before),
    )


def _send_draws(trip: Trip, sql: Statements, writes: Writes) -> None:
    if writes.opened:
        ids, accounts, kinds, posting_ids, originals, expiries, opened = zip(*writes.opened, strict=True)
        # A lot may have been drawn by a later request of the same batch: it is written as the batch left it.
        heads = [writes.lots[lot_id] for lot_id in ids]
        trip.send(
            sql.insert_lots,
            arrays.plain(ids),
            arrays.plain(accounts),
            arrays.texts(kinds),
            arrays.plain(posting_ids),
            arrays.plain(originals),
            arrays.plain(expiries),
            arrays.plain(opened),
            arrays.plain(head.remaining for head in heads),
            arrays.plain(head.version for head in heads),
        )
    columns = zip(*writes.draws, strict=True)
    trip.send(sql.insert_draws, *(arrays.plain(column) for column in columns))


def _send_heads(trip: Trip, sql: Statements, writes: Writes) -> None:
    if writes.accounts:
        accounts = writes.accounts.values()
        trip.send(
            sql.move_accounts,
            arrays.plain(account.id for account in accounts),
            arrays.plain(account.balance for account in accounts),
            arrays.plain(account.version for account in accounts),
        )
    new = {row.id for row in writes.opened}
    lots = [lot for lot in writes.lots.values() if lot.id not in new]
    if lots:
        trip.send(
            sql.move_lots,
            arrays.plain(lot.id for lot in lots),
            arrays.plain(lot.remaining for lot in lots),
            arrays.plain(lot.version for lot in lots),
        )
