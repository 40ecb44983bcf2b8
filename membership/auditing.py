"""Proving that a chain's books and its cards tell the same story: the ledger's own audit knows nothing of cards.

Like that audit (``ledger.audit``), each check is one statement that sees one moment, and constraints or the services
hold all of it already.
"""

from collections.abc import Mapping
from typing import Final

from ledger.audit import Finding, audit_schema

CHECKS: Final[Mapping[str, str]] = {
    "card_without_account": """
        SELECT card.number, 'has no ' || wanted.kind || ' account of its own' FROM {s}.cards_card AS card
        CROSS JOIN LATERAL (VALUES ('STORED', 'CNY', card.stored_account_id), ('POINTS', 'PTS', card.points_account_id))
            AS wanted (kind, unit, account_id)
        LEFT JOIN {s}.ledger_account AS account ON account.id = wanted.account_id
        WHERE card.issued_at IS NOT NULL AND (account.kind, account.unit, account.holder_id, account.lotted)
            IS DISTINCT FROM (wanted.kind, wanted.unit, card.id, true)""",
    "account_without_card": """
        SELECT account.id, account.kind || ' of ' || account.holder_id || ' holds ' || account.balance
        FROM {s}.ledger_account AS account
        LEFT JOIN {s}.cards_card AS card ON card.id = account.holder_id
        WHERE (account.kind = 'STORED' AND card.stored_account_id IS DISTINCT FROM account.id)
            OR (account.kind = 'POINTS' AND card.points_account_id IS DISTINCT FROM account.id)
            OR (account.kind LIKE 'PACKAGE:%' AND card.id IS NULL)""",
    "ended_card_holds_value": """
        SELECT card.number, card.status || ', ' || account.kind || ' holds ' || account.balance
        FROM {s}.cards_card AS card JOIN {s}.ledger_account AS account ON account.holder_id = card.id
            AND (account.kind IN ('STORED', 'POINTS') OR account.kind LIKE 'PACKAGE:%')
        WHERE card.status IN ('REPLACED', 'WITHDRAWN', 'DESTROYED') AND account.balance <> 0""",
    "idle_card_holds_account": """
        SELECT number, 'IDLE with an account or a holder' FROM {s}.cards_card
        WHERE status = 'IDLE' AND (stored_account_id IS NOT NULL OR points_account_id IS NOT NULL
            OR member_id IS NOT NULL)""",
    # what was paid in stays owed for ever.
    "principal_ends": """
        SELECT lot.id, 'principal ends ' || lot.expires_at FROM {s}.ledger_lot AS lot
        JOIN {s}.ledger_account AS account ON account.id = lot.account_id
        WHERE lot.kind = 'PRINCIPAL' AND account.unit = 'CNY' AND lot.expires_at IS NOT NULL""",
    # What a moving took from one account it put on another of the same kind, all of it.
    "move_inexact": """
        SELECT entry.posting_id, 'MOVE between ' || string_agg(coalesce(account.kind, entry.contra), ', ')
        FROM {s}.ledger_posting AS posting
        JOIN {s}.ledger_entry AS entry ON entry.posting_id = posting.id
        LEFT JOIN {s}.ledger_account AS account ON account.id = entry.account_id
        WHERE posting.kind = 'MOVE' GROUP BY entry.posting_id
        HAVING count(*) <> 2 OR count(account.id) <> 2 OR min(account.kind) <> max(account.kind)""",
    # What the member reads is what the books say.
    "record_amount": """
        SELECT record.id, record.kind || ' of ' || card.number || ' says ' || record.amount_fen || ', entries '
            || coalesce(books.total, 0)
        FROM {s}.records_record AS record JOIN {s}.cards_card AS card ON card.id = record.card_id
        LEFT JOIN LATERAL (
            SELECT sum(entry.amount) AS total FROM {s}.ledger_entry AS entry
            WHERE entry.posting_id = record.posting_id AND entry.account_id = card.stored_account_id
        ) AS books ON true
        WHERE record.posting_id IS NOT NULL AND record.amount_fen <> coalesce(books.total, 0)""",
    "prepayment_account": """
        SELECT account.id, 'holder ' || account.holder_id || ', holds ' || account.balance
        FROM {s}.ledger_account AS account
        LEFT JOIN {s}.members_member AS member ON member.id = account.holder_id
        WHERE account.kind = 'PREPAYMENT'
            AND (member.id IS NULL OR account.balance < 0 OR account.unit <> 'CNY' OR account.lotted)""",
    # Two records of one person are one: what was hers on either is on the survivor's.
    "merged_member_holds_value": """
        SELECT member.code, account.kind || ' holds ' || account.balance FROM {s}.ledger_account AS account
        JOIN {s}.members_member AS member ON member.id = account.holder_id
        WHERE account.kind IN ('PREPAYMENT', 'SIGNED_BILL') AND account.balance <> 0
            AND (member.merged_into_id IS NOT NULL OR member.erased_at IS NOT NULL)""",
    # What is open on a member's signed bills is what her account says she owes.
    "signed_bills": """
        SELECT coalesce(account.holder_id, bills.member_id), 'bills open ' || coalesce(bills.open_fen, 0)
            || ', account ' || coalesce(account.balance, 0)
        FROM (SELECT id, holder_id, balance FROM {s}.ledger_account WHERE kind = 'SIGNED_BILL') AS account
        FULL JOIN (
            SELECT member_id, sum(amount_fen - settled_fen - relieved_fen) AS open_fen
            FROM {s}.cashier_signedbill GROUP BY member_id
        ) AS bills ON bills.member_id = account.holder_id
        WHERE coalesce(account.balance, 0) <> -coalesce(bills.open_fen, 0)""",
    "package_account": """
        SELECT account.id, account.kind || ' in ' || account.unit FROM {s}.ledger_account AS account
        WHERE account.kind LIKE 'PACKAGE:%' AND (account.unit NOT IN ('CNT', 'MIN') OR NOT account.lotted)""",
    "cleared_points_stand": """
        SELECT notice.id, 'cleared without a posting' FROM {s}.expiry_clearingnotice AS notice
        WHERE notice.state = 'CLEARED' AND NOT EXISTS (
            SELECT FROM {s}.cards_card AS card
            JOIN {s}.ledger_entry AS entry ON entry.account_id = card.points_account_id
            JOIN {s}.ledger_posting AS posting ON posting.id = entry.posting_id
            WHERE card.id = notice.card_id AND posting.kind = 'POINTS_EXPIRY' AND posting.occurred_at = notice.ended_at
        )""",
}


def audit_chain(schema: str, *, using: str = "owner") -> list[Finding]:
    """Prove that the books of a chain tie to its cards, members and records; what is wrong. Empty means proved."""
    return audit_schema(schema, using=using, checks=CHECKS)
