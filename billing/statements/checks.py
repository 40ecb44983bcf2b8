"""What ``kayun audit`` asks of statements: each is one statement of SQL that finds what cannot be."""

from collections.abc import Mapping
from typing import Final

CHECKS: Final[Mapping[str, str]] = {
    # A statement begins where the one before ended, ...
    "statement_follows": """
        SELECT id, month || ' of ' || chain_id || ' does not begin where the one before ended' FROM (
            SELECT id, chain_id, month,
                (prepaid_from, arrears_from, opening_prepaid_fen, opening_arrears_fen) AS begins,
                lag((prepaid_to, arrears_to, closing_prepaid_fen, closing_arrears_fen), 1, (0, 0, 0::bigint, 0::bigint))
                    OVER (PARTITION BY chain_id ORDER BY month) AS ended
            FROM {s}.statements_statement
        ) AS statement WHERE begins <> ended""",
    # ... ends with what the accounts held then, ...
    "statement_and_balance": """
        SELECT statement.id, statement.month || ' of ' || statement.chain_id || ' ends with '
            || statement.closing_prepaid_fen || '/' || statement.closing_arrears_fen || ', the ledger with '
            || coalesce(prepaid.balance_after, 0) || '/' || coalesce(-arrears.balance_after, 0)
        FROM {s}.statements_statement AS statement
        JOIN {s}.ledger_account AS prepaid_account
            ON prepaid_account.holder_id = statement.chain_id AND prepaid_account.kind = 'CHAIN_PREPAID'
        JOIN {s}.ledger_account AS arrears_account
            ON arrears_account.holder_id = statement.chain_id AND arrears_account.kind = 'CHAIN_ARREARS'
        LEFT JOIN {s}.ledger_entry AS prepaid
            ON prepaid.account_id = prepaid_account.id AND prepaid.version = statement.prepaid_to
        LEFT JOIN {s}.ledger_entry AS arrears
            ON arrears.account_id = arrears_account.id AND arrears.version = statement.arrears_to
        WHERE statement.closing_prepaid_fen <> coalesce(prepaid.balance_after, 0)
            OR statement.closing_arrears_fen <> coalesce(-arrears.balance_after, 0)""",
    # ... and its charges are the lines of its bills.
    "statement_and_charges": """
        SELECT statement.id, statement.month || ' of ' || statement.chain_id || ' says ' || statement.charged_fen
            || ', its lines ' || coalesce(lines.fen, 0)
        FROM {s}.statements_statement AS statement CROSS JOIN LATERAL (
            SELECT sum(charge.amount_fen) AS fen FROM {s}.subscriptions_charge AS charge WHERE charge.posting_id IN (
                SELECT entry.posting_id FROM {s}.ledger_account AS account JOIN {s}.ledger_entry AS entry
                    ON entry.account_id = account.id
                WHERE account.holder_id = statement.chain_id AND (
                    account.kind = 'CHAIN_PREPAID' AND entry.version > statement.prepaid_from
                        AND entry.version <= statement.prepaid_to
                    OR account.kind = 'CHAIN_ARREARS' AND entry.version > statement.arrears_from
                        AND entry.version <= statement.arrears_to))
        ) AS lines WHERE statement.charged_fen <> coalesce(lines.fen, 0)""",
}
