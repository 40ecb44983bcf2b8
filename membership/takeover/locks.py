"""Every row lock of this app: the take-over first; when it is undone, its cards by key, then their accounts by key."""

from membership.imports.kinds.base import run
from membership.takeover.models import Takeover


def hold(takeover_id: int, *states: str) -> Takeover | None:
    """The take-over, locked, if it is in one of these states and nobody else moves it now. A worker never waits."""
    found = Takeover.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return found.select_related("file", "store").filter(pk=takeover_id, state__in=states).first()


def lock(takeover_id: int) -> Takeover | None:
    """The take-over, locked; waits for the worker's present step."""
    return Takeover.objects.select_for_update(no_key=True).filter(pk=takeover_id).first()


def lock_cards(takeover: Takeover) -> None:
    """Its cards and their accounts: no till posts on them until the transaction ends."""
    params = {"id": takeover.pk}
    run(
        """
        SELECT c.id FROM cards_card c JOIN takeover_takencard t ON t.card_id = c.id
        WHERE t.takeover_id = %(id)s ORDER BY c.id FOR NO KEY UPDATE OF c
        """,
        params,
    )
    run(
        """
        SELECT a.id FROM ledger_account a WHERE a.id IN (
            SELECT unnest(ARRAY[c.stored_account_id, c.points_account_id]) FROM cards_card c
            JOIN takeover_takencard t ON t.card_id = c.id WHERE t.takeover_id = %(id)s
            UNION ALL
            SELECT p.id FROM ledger_account p JOIN takeover_takenmember t ON t.member_id = p.holder_id
            WHERE p.kind = 'PREPAYMENT' AND t.takeover_id = %(id)s)
        ORDER BY a.id FOR NO KEY UPDATE
        """,
        params,
    )
