"""Every row lock of this app: the take-over first; when it is undone, some of its cards by key, then their accounts by
key.
"""

from collections.abc import Collection

from membership.imports.kinds.base import run
from membership.takeover.models import Takeover


def hold(takeover_id: int, *states: str) -> Takeover | None:
    """The take-over, locked, if it is in one of these states and nobody else moves it now. A worker never waits."""
    found = Takeover.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return found.select_related("file", "store").filter(pk=takeover_id, state__in=states).first()


def lock(takeover_id: int) -> Takeover | None:
    """The take-over, locked; waits for the worker's present step."""
    return Takeover.objects.select_for_update(no_key=True).filter(pk=takeover_id).first()


def lock_cards(card_ids: Collection[int]) -> None:
    """These of its cards and their accounts, and their members' prepayment: no till posts on them until the transaction
    ends.
    """
    params = {"ids": list(card_ids)}
    run("SELECT id FROM cards_card WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE", params)
    run(
        """
        SELECT a.id FROM ledger_account a WHERE a.id IN (
            SELECT unnest(ARRAY[c.stored_account_id, c.points_account_id]) FROM cards_card c WHERE c.id = ANY(%(ids)s)
            UNION ALL
            SELECT p.id FROM ledger_account p JOIN cards_card c ON c.member_id = p.holder_id
            WHERE p.kind = 'PREPAYMENT' AND c.id = ANY(%(ids)s))
        ORDER BY a.id FOR NO KEY UPDATE
        """,
        params,
    )
