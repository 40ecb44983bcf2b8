"""Reading take-overs: what is in the books from one, and what has happened since."""

from datetime import timedelta
from typing import Final

from django.db.models import QuerySet

from membership.imports.kinds.base import fetch
from membership.imports.models import Import
from membership.takeover.domain import RUNNING
from membership.takeover.models import TakenCard, TakenMember, Takeover
from membership.vehicles.models import Vehicle

PATIENCE: Final = timedelta(seconds=45)
_STATES: Final = ", ".join(f"'{state.value}'" for state in RUNNING)
DUE: Final = (
    f"SELECT FROM {{schema}}.takeover_takeover WHERE state IN ({_STATES})"
    f" AND touched_at <= %(now)s - interval '{PATIENCE.seconds} seconds'"
)
"""Whether a chain has a take-over that nobody seems to work on."""

_SHOWN: Final = 20


def takeovers() -> QuerySet[Takeover]:
    """The chain's take-overs, the newest first. There are few."""
    return Takeover.objects.select_related("file", "store").order_by("-pk")


def sheets_of(takeover: Takeover) -> list[Import]:
    """The sheets of the workbook, in the order in which they are taken over."""
    found = Import.objects.filter(takeoversheet__takeover=takeover).select_related("error_file", "file", "store")
    return list(found.order_by("takeoversheet__place"))


def booked(takeover: Takeover) -> dict[str, int]:
    """What is in the books and files from a take-over, by the names of ``domain.SUMS``."""
    rows = fetch(
        """
        SELECT l.kind, a.kind, coalesce(sum(coalesce(l.original, e.amount)), 0)
        FROM ledger_posting p
        JOIN ledger_entry e ON e.posting_id = p.id AND e.account_id IS NOT NULL
        JOIN ledger_account a ON a.id = e.account_id
        LEFT JOIN ledger_lot l ON l.posting_id = p.id
        WHERE p.kind = 'OPENING' AND starts_with(p.idempotency_key, %(prefix)s)
        GROUP BY 1, 2
        """,
        {"prefix": takeover.key_prefix},
    )
    found = {(lot, account): int(amount) for lot, account, amount in rows}
    return {
        "members": TakenMember.objects.filter(takeover=takeover).count(),
        "vehicles": Vehicle.objects.filter(owner__takenmember__takeover=takeover).count(),
        "cards": TakenCard.objects.filter(takeover=takeover).count(),
        "principal_fen": found.get(("PRINCIPAL", "STORED"), 0),
        "bonus_fen": found.get(("BONUS", "STORED"), 0),
        "points": found.get(("POINTS", "POINTS"), 0),
        "prepayment_fen": found.get((None, "PREPAYMENT"), 0),
    }


def happened_since(takeover: Takeover) -> list[str]:
    """Cards and members on which something has happened since they were taken over: their numbers and codes, the first
    few. While cards and accounts are locked, the answer stays true.
    """
    cards = """
        SELECT c.number FROM takeover_takencard t JOIN cards_card c ON c.id = t.card_id
        WHERE t.takeover_id = %(id)s AND (
            c.status <> 'ACTIVE' OR c.pin_version > 0 OR c.bound_vehicle_id IS NOT NULL
            OR EXISTS (SELECT FROM records_record r WHERE r.card_id = c.id AND r.kind NOT IN ('OPENING', 'REVERSAL'))
            OR EXISTS (
                SELECT FROM ledger_entry e JOIN ledger_posting p ON p.id = e.posting_id
                WHERE e.account_id IN (c.stored_account_id, c.points_account_id)
                    AND NOT starts_with(p.idempotency_key, %(prefix)s)))
        ORDER BY c.number LIMIT %(shown)s
        """
    members = """
        SELECT m.code FROM takeover_takenmember t JOIN members_member m ON m.id = t.member_id
        WHERE t.takeover_id = %(id)s AND (
            m.merged_into_id IS NOT NULL OR m.erased_at IS NOT NULL
            OR EXISTS (SELECT FROM members_member s WHERE s.merged_into_id = m.id)
            OR EXISTS (SELECT FROM members_consent g WHERE g.member_id = m.id)
            OR EXISTS (SELECT FROM members_iddocument d WHERE d.member_id = m.id AND d.original_seen)
            OR EXISTS (SELECT FROM cards_card c WHERE c.member_id = m.id
                AND NOT EXISTS (SELECT FROM takeover_takencard k WHERE k.card_id = c.id))
            OR EXISTS (
                SELECT FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id
                JOIN ledger_posting p ON p.id = e.posting_id
                WHERE a.kind = 'PREPAYMENT' AND a.holder_id = m.id
                    AND NOT starts_with(p.idempotency_key, %(prefix)s)))
        ORDER BY m.code LIMIT %(shown)s
        """
    params = {"id": takeover.pk, "prefix": takeover.key_prefix, "shown": _SHOWN}
    return [str(name) for (name,) in [*fetch(cards, params), *fetch(members, params)]]


def postings_left(takeover: Takeover) -> int:
    """How many of its postings have not been reversed."""
    rows = fetch(
        """
        SELECT count(*) FROM ledger_posting p
        WHERE p.kind = 'OPENING' AND starts_with(p.idempotency_key, %(prefix)s)
            AND NOT EXISTS (SELECT FROM ledger_posting r WHERE r.reverses_id = p.id)
        """,
        {"prefix": takeover.key_prefix},
    )
    return int(rows[0][0])
