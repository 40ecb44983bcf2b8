"""The engine's SQL, with every table's schema in full: it leans on no search path, so it can be prepared.

Each ``unnest`` takes whole columns. The order of the columns is that of the rows in ``domain.rows``.
"""

from dataclasses import dataclass, fields
from functools import lru_cache

from kernel.db import quote_schema

# A chain's texts are made once and kept while it is busy.
_SCHEMAS_KEPT = 2048


@dataclass(frozen=True, slots=True)
class Statements:
    """One schema's statements. Parameters: ``$1`` is an array unless said otherwise."""

    # In id order, so that two batches never wait for each other in a circle. NO KEY: a card may be attached to the
    # account meanwhile. Two batches on one account still exclude each other.
    lock: str = """
        SELECT id, unit, lotted, allow_negative, balance, version FROM {s}.ledger_account
        WHERE id = ANY (ARRAY(SELECT unnest($1::bigint[]))) ORDER BY id FOR NO KEY UPDATE"""

    # $2: postings to be reversed; their accounts never change, so they may be looked up before the lock.
    lock_with_past: str = """
        SELECT id, unit, lotted, allow_negative, balance, version FROM {s}.ledger_account
        WHERE id = ANY (ARRAY(
            SELECT unnest($1::bigint[])
            UNION SELECT account_id FROM {s}.ledger_entry
            WHERE posting_id = ANY ($2::uuid[]) AND account_id IS NOT NULL
        )) ORDER BY id FOR NO KEY UPDATE"""

    # The same without the lock, to preview.
    see: str = """
        SELECT id, unit, lotted, allow_negative, balance, version FROM {s}.ledger_account
        WHERE id = ANY (ARRAY(SELECT unnest($1::bigint[])))"""

    stored: str = """
        SELECT id, idempotency_key, request_hash, result::text FROM {s}.ledger_posting
        WHERE idempotency_key = ANY (ARRAY(SELECT unnest($1::text[])))"""

    live_lots: str = """
        SELECT id, account_id, kind, original, remaining, version, expires_at, opened_at FROM {s}.ledger_lot
        WHERE account_id = ANY (ARRAY(SELECT unnest($1::bigint[]))) AND live"""

    named_lots: str = """
        SELECT id, account_id, kind, original, remaining, version, expires_at, opened_at FROM {s}.ledger_lot
        WHERE id = ANY (ARRAY(SELECT unnest($1::uuid[])))"""

    past_postings: str = """
        SELECT posting.id, posting.reverses_id, reversal.id FROM {s}.ledger_posting AS posting
        LEFT JOIN {s}.ledger_posting AS reversal ON reversal.reverses_id = posting.id
        WHERE posting.id = ANY ($1::uuid[])"""

    past_entries: str = """
        SELECT posting_id, line_no, account_id, contra, unit, amount FROM {s}.ledger_entry
        WHERE posting_id = ANY ($1::uuid[])"""

    past_draws: str = """
        SELECT posting_id, lot_id, line_no, version, amount FROM {s}.ledger_draw
        WHERE posting_id = ANY ($1::uuid[])"""

    past_lots: str = """
        SELECT id, account_id, kind, original, remaining, version, expires_at, opened_at FROM {s}.ledger_lot
        WHERE id = ANY (ARRAY(SELECT lot_id FROM {s}.ledger_draw WHERE posting_id = ANY ($1::uuid[])))"""

    # $11: the moment of recording.
    insert_postings: str = """
        INSERT INTO {s}.ledger_posting (id, kind, idempotency_key, request_hash, actor, store_id, occurred_at,
            reverses_id, memo, result, created_at)
        SELECT new.*, $11::timestamptz FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[], $5::text[],
            $6::bigint[], $7::timestamptz[], $8::uuid[], $9::jsonb[], $10::jsonb[]) AS new"""

    insert_entries: str = """
        INSERT INTO {s}.ledger_entry (posting_id, line_no, line_count, account_id, contra, unit, amount, version,
            balance_before)
        SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::bigint[], $5::text[], $6::text[],
            $7::bigint[], $8::integer[], $9::bigint[])"""

    insert_lots: str = """
        INSERT INTO {s}.ledger_lot (id, account_id, kind, posting_id, original, expires_at, opened_at, remaining,
            version)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::bigint[], $6::timestamptz[],
            $7::timestamptz[], $8::bigint[], $9::integer[])"""

    insert_draws: str = """
        INSERT INTO {s}.ledger_draw (lot_id, posting_id, line_no, version, amount, remaining_before)
        SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::integer[], $5::bigint[], $6::bigint[])"""

    move_accounts: str = """
        UPDATE {s}.ledger_account AS account SET balance = new.balance, version = new.version
        FROM unnest((SELECT $1::bigint[]), (SELECT $2::bigint[]), (SELECT $3::integer[])) AS new (id, balance, version)
        WHERE account.id = new.id"""

    move_lots: str = """
        UPDATE {s}.ledger_lot AS lot SET remaining = new.remaining, version = new.version
        FROM unnest((SELECT $1::uuid[]), (SELECT $2::bigint[]), (SELECT $3::integer[])) AS new (id, remaining, version)
        WHERE lot.id = new.id"""


@lru_cache(maxsize=_SCHEMAS_KEPT)
def statements_of(schema: str) -> Statements:
    """The statements for one schema.

    Raises:
        ValueError: not a schema name of ours.
    """
    return Statements(**{field.name: in_schema(str(field.default), schema) for field in fields(Statements)})


@lru_cache(maxsize=_SCHEMAS_KEPT)
def in_schema(sql: str, schema: str) -> str:
    """A text of ours or of a caller (``{s}`` or ``{schema}`` before each table) for one schema."""
    quoted = quote_schema(schema)
    return " ".join(sql.split()).replace("{schema}", quoted).replace("{s}", quoted)
