"""Proving a schema's books: every balance again from its entries and lots.

The constraints hold all of this already, or the engine does; the audit is for the day when someone was the superuser, a
backup was patched by hand, or a program had a fault. Each check is one statement, so it sees one moment and may run
beside the tills; each returns what is wrong as (subject, detail).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connections

from kernel.db import qualified
from ledger.engine.statements import in_schema

# Enough to see what happened; a broken ledger may have millions.
SHOWN_PER_CHECK: Final = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be. ``code`` names the check, ``subject`` the row."""

    schema: str
    code: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code} {self.subject}: {self.detail}"


CHECKS: Final[Mapping[str, str]] = {
    "posting_without_entries": """
        SELECT posting.id, 'no entries' FROM {s}.ledger_posting AS posting
        WHERE NOT EXISTS (SELECT FROM {s}.ledger_entry AS entry WHERE entry.posting_id = posting.id)""",
    "entry_without_posting": """
        SELECT entry.posting_id, 'line ' || entry.line_no FROM {s}.ledger_entry AS entry
        WHERE NOT EXISTS (SELECT FROM {s}.ledger_posting AS posting WHERE posting.id = entry.posting_id)""",
    "posting_unbalanced": """
        SELECT posting_id, unit || ' sums to ' || sum(amount) FROM {s}.ledger_entry
        GROUP BY posting_id, unit HAVING sum(amount) <> 0""",
    "posting_incomplete": """
        SELECT posting_id, count(*) || ' of ' || max(line_count) || ' lines' FROM {s}.ledger_entry
        GROUP BY posting_id
        HAVING count(*) <> max(line_count) OR min(line_count) <> max(line_count) OR max(line_no) <> max(line_count)""",
    # A replay is known by the SHA-256 of its request.
    "posting_hash": """
        SELECT id, 'request hash of ' || octet_length(request_hash) || ' bytes' FROM {s}.ledger_posting
        WHERE octet_length(request_hash) <> 32""",
    "posting_result": """
        SELECT entry.posting_id, 'account ' || entry.account_id || ': result says '
            || coalesce(posting.result -> 'balances' ->> entry.account_id::text, 'nothing') || ', entry '
            || entry.balance_after
        FROM (
            SELECT DISTINCT ON (posting_id, account_id) posting_id, account_id, balance_after
            FROM {s}.ledger_entry WHERE account_id IS NOT NULL ORDER BY posting_id, account_id, version DESC
        ) AS entry JOIN {s}.ledger_posting AS posting ON posting.id = entry.posting_id
        WHERE posting.result -> 'balances' ->> entry.account_id::text IS DISTINCT FROM entry.balance_after::text""",
    "reversal_inexact": """
        SELECT posting.id, 'differs from the opposite of ' || posting.reverses_id FROM {s}.ledger_posting AS posting
        WHERE posting.reverses_id IS NOT NULL AND EXISTS (
            SELECT FROM {s}.ledger_entry AS entry WHERE entry.posting_id IN (posting.id, posting.reverses_id)
            GROUP BY entry.account_id, entry.contra, entry.unit HAVING sum(entry.amount) <> 0)""",
    "reversal_draws_inexact": """
        SELECT posting.id, 'draws other lots than ' || posting.reverses_id FROM {s}.ledger_posting AS posting
        WHERE posting.reverses_id IS NOT NULL AND EXISTS (
            SELECT FROM {s}.ledger_draw AS draw WHERE draw.posting_id IN (posting.id, posting.reverses_id)
            GROUP BY draw.lot_id HAVING sum(draw.amount) <> 0)""",
    "account_balance": """
        SELECT account.id, 'balance ' || account.balance || ' at version ' || account.version || ', entries sum to '
            || coalesce(books.total, 0) || ' in ' || coalesce(books.entries, 0)
        FROM {s}.ledger_account AS account
        LEFT JOIN (
            SELECT account_id, sum(amount) AS total, count(*) AS entries, max(version) AS version
            FROM {s}.ledger_entry WHERE account_id IS NOT NULL GROUP BY account_id
        ) AS books ON books.account_id = account.id
        WHERE account.balance <> coalesce(books.total, 0) OR account.version <> coalesce(books.entries, 0)
            OR account.version <> coalesce(books.version, 0)""",
    "account_overdrawn": """
        SELECT id, 'holds ' || balance FROM {s}.ledger_account WHERE balance < 0 AND NOT allow_negative""",
    "entry_chain": """
        SELECT posting_id, 'account ' || account_id || ' version ' || version || ' begins at ' || balance_before
            || ', the one before ended at ' || expected
        FROM (
            SELECT posting_id, account_id, version, balance_before,
                coalesce(lag(balance_after) OVER chain, 0) AS expected, row_number() OVER chain AS place
            FROM {s}.ledger_entry WHERE account_id IS NOT NULL
            WINDOW chain AS (PARTITION BY account_id ORDER BY version)
        ) AS entries WHERE balance_before <> expected OR version <> place""",
    "entry_account": """
        SELECT entry.posting_id, 'line ' || entry.line_no || ' in ' || entry.unit || ', account '
            || coalesce(account.unit, 'missing')
        FROM {s}.ledger_entry AS entry LEFT JOIN {s}.ledger_account AS account ON account.id = entry.account_id
        WHERE entry.account_id IS NOT NULL AND account.unit IS DISTINCT FROM entry.unit""",
    "lot_remaining": """
        SELECT lot.id, 'remaining ' || lot.remaining || ' of ' || lot.original || ' at version ' || lot.version
            || ', draws sum to ' || coalesce(books.total, 0) || ' in ' || coalesce(books.draws, 0)
        FROM {s}.ledger_lot AS lot
        LEFT JOIN (
            SELECT lot_id, sum(amount) AS total, count(*) AS draws, sum(amount) FILTER (WHERE version = 1) AS opened,
                min(posting_id::text) FILTER (WHERE version = 1) AS source
            FROM {s}.ledger_draw GROUP BY lot_id
        ) AS books ON books.lot_id = lot.id
        WHERE lot.remaining <> coalesce(books.total, 0) OR lot.version <> coalesce(books.draws, 0)
            OR lot.original IS DISTINCT FROM books.opened OR lot.posting_id::text IS DISTINCT FROM books.source
            OR lot.remaining < 0 OR lot.remaining > lot.original""",
    "draw_chain": """
        SELECT lot_id, 'version ' || version || ' begins at ' || remaining_before || ', the one before ended at '
            || expected
        FROM (
            SELECT lot_id, version, remaining_before, coalesce(lag(remaining_after) OVER chain, 0) AS expected,
                row_number() OVER chain AS place
            FROM {s}.ledger_draw WINDOW chain AS (PARTITION BY lot_id ORDER BY version)
        ) AS draws WHERE remaining_before <> expected OR version <> place""",
    "account_lots": """
        SELECT account.id, 'balance ' || account.balance || ', lots hold ' || coalesce(sum(lot.remaining), 0)
        FROM {s}.ledger_account AS account LEFT JOIN {s}.ledger_lot AS lot ON lot.account_id = account.id
        GROUP BY account.id
        HAVING coalesce(sum(lot.remaining), 0) <> CASE WHEN account.lotted THEN account.balance ELSE 0 END""",
    "entry_draws": """
        SELECT entry.posting_id, 'line ' || entry.line_no || ' of ' || entry.amount || ', draws sum to '
            || coalesce(draws.total, 0)
        FROM {s}.ledger_entry AS entry
        LEFT JOIN {s}.ledger_account AS account ON account.id = entry.account_id
        LEFT JOIN (
            SELECT draw.posting_id, draw.line_no, lot.account_id, sum(draw.amount) AS total
            FROM {s}.ledger_draw AS draw LEFT JOIN {s}.ledger_lot AS lot ON lot.id = draw.lot_id
            GROUP BY draw.posting_id, draw.line_no, lot.account_id
        ) AS draws ON draws.posting_id = entry.posting_id AND draws.line_no = entry.line_no
        WHERE coalesce(draws.total, 0) <> CASE WHEN account.lotted THEN entry.amount ELSE 0 END
            OR draws.account_id <> entry.account_id""",
    "draw_without_entry": """
        SELECT draw.lot_id, 'version ' || draw.version || ' of posting ' || draw.posting_id
        FROM {s}.ledger_draw AS draw
        WHERE NOT EXISTS (SELECT FROM {s}.ledger_entry AS entry
                          WHERE entry.posting_id = draw.posting_id AND entry.line_no = draw.line_no)
            OR NOT EXISTS (SELECT FROM {s}.ledger_lot AS lot WHERE lot.id = draw.lot_id)""",
}


def audit_schema(schema: str, *, using: str = "owner", checks: Mapping[str, str] = CHECKS) -> list[Finding]:
    """Prove the books of one schema; what is wrong, at most ``SHOWN_PER_CHECK`` of each kind. Empty means proved.

    ``checks``: further ones of those who keep accounts here, each a SELECT of (subject, detail) as above.
    """
    return list(_findings(schema, using, checks))


def _findings(schema: str, using: str, checks: Mapping[str, str]) -> Iterator[Finding]:
    with qualified(using=using), connections[using].cursor() as cursor:
        for code, sql in checks.items():
            # The texts are ours and the schema's name is checked.
            cursor.execute(f"{in_schema(sql, schema)} LIMIT {SHOWN_PER_CHECK}")
            for subject, detail in cursor.fetchall():
                yield Finding(schema, code, str(subject), str(detail))
