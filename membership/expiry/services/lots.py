"""Lots that are over leave their accounts by posting, a batch of accounts at a time.

From its end on a lot cannot be drawn, posted or not: the ledger asks for the moment of the act. The posting brings the
books after; nothing depends on how soon.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from ledger.domain import Contra, Line, LotKind, Outcome, Posted, PostingRequest, TakeLot, Unit, request_hash
from ledger.engine import Rider
from ledger.errors import error_of
from ledger.locks import lock_accounts
from ledger.models import Account, Lot
from ledger.services import post_within
from membership.expiry.domain import EXPIRY, POINTS_EXPIRY, contra_of
from membership.expiry.queries import accounts_with_ended_lots, ended_lots_of
from membership.packages import earning
from membership.packages.earning import Share
from membership.records.bulk import RecordRow, insert_records
from membership.records.domain import RecordKind
from tenants.people.domain import SYSTEM, Actor

BATCH: Final = 500
"""Accounts in one transaction: their tills wait for it, a tenth of a second at most."""

_OF_A_CARD: Final = ("STORED", "POINTS")
_OF_PACKAGES: Final = "PACKAGE:"


@dataclass(frozen=True, slots=True)
class Ended:
    """What one batch ended. ``last_account`` is where the next begins; None when there was nothing left."""

    last_account: int | None
    accounts: int = 0
    by_unit: Mapping[str, int] = field(default_factory=dict)


def expire_lots(*, moment: datetime, after_account: int = 0, limit: int = BATCH, actor: Actor = SYSTEM) -> Ended:
    """Post the end of every lot that is over at ``moment``, for the next ``limit`` accounts (R-G02, X-17).

    What was paid in never expires (X-12). Safe beside the tills: the accounts are locked as a consumption locks them,
    and what is left in a lot is read after the lock. Done again it finds nothing.
    """
    account_ids = accounts_with_ended_lots(moment, after_account=after_account, limit=limit)
    if not account_ids:
        return Ended(last_account=None)
    accounts = lock_accounts(account_ids)
    lots: dict[int, list[Lot]] = {}
    for lot in ended_lots_of(account_ids, moment):
        lots.setdefault(lot.account_id, []).append(lot)
    shares = earning.shares((lot, lot.remaining) for found in lots.values() for lot in found if _is_sold(lot))
    requests = [
        expiry_request(accounts[pk], found, moment=moment, actor=actor, shares=shares.get(pk, ()))
        for pk, found in sorted(lots.items())
    ]
    posted = post_expiries(requests, [accounts[pk] for pk in sorted(lots)], actor=actor)
    earning.write_down({done.posting_id: shares.get(pk, ()) for pk, done in zip(sorted(lots), posted, strict=True)})
    by_unit: dict[str, int] = {}
    for pk, found in lots.items():
        by_unit[accounts[pk].unit] = by_unit.get(accounts[pk].unit, 0) + sum(lot.remaining for lot in found)
    return Ended(last_account=account_ids[-1], accounts=len(lots), by_unit=by_unit)


def _is_sold(lot: Lot) -> bool:
    return lot.kind == LotKind.PACKAGE


def expiry_request(
    account: Account, lots: Sequence[Lot], *, moment: datetime, actor: Actor, shares: Sequence[Share] = ()
) -> PostingRequest:
    """The end of these lots of one account, as they stand under its lock. ``shares``: what of their price was still
    owed; it is the chain's from now on.

    The key names the first lot and its version: what a return brings back to a lot later ends under another key.
    """
    total = sum(lot.remaining for lot in lots)
    against: dict[str, int] = {}
    for lot in lots:
        contra = contra_of(kind=lot.kind, unit=account.unit)
        against[contra] = against.get(contra, 0) + lot.remaining
    takes = tuple(TakeLot(lot.id, lot.remaining) for lot in lots)
    kind = POINTS_EXPIRY if account.unit == Unit.PTS else EXPIRY
    return PostingRequest(
        kind=kind,
        idempotency_key=f"{kind}|{lots[0].id}|{lots[0].version}",
        request_hash=request_hash(kind, account.pk, [(str(lot.id), lot.remaining) for lot in lots]),
        actor=str(actor),
        occurred_at=moment,
        lines=(
            Line(account.pk, None, account.unit, -total, takes=takes),
            *(Line(None, contra, account.unit, amount) for contra, amount in sorted(against.items())),
            *earning.money_lines(shares, Contra.BREAKAGE),
        ),
    )


def post_expiries(requests: Sequence[PostingRequest], accounts: Sequence[Account], *, actor: Actor) -> list[Posted]:
    """Post them with one record for each account of a card; what was posted, in their order.

    Raises:
        LedgerError: one was refused, which cannot be under the accounts' locks; the batch is undone.
    """
    posted = []
    for outcome in post_within(requests, rider=_records(requests, accounts, actor)):
        if not isinstance(outcome, Posted):
            raise error_of(outcome)
        posted.append(outcome)
    return posted


def _records(requests: Sequence[PostingRequest], accounts: Sequence[Account], actor: Actor) -> Rider:
    def ride(outcomes: Sequence[Outcome]) -> Iterable[tuple[str, Sequence[Any]]]:
        rows = [
            _record(request, account, outcome, actor)
            for request, account, outcome in zip(requests, accounts, outcomes, strict=True)
            if isinstance(outcome, Posted) and not outcome.replayed and is_of_card(account)
        ]
        return [insert_records(rows)] if rows else []

    return ride


def is_of_card(account: Account) -> bool:
    """Whether a card holds the account: its ``holder_id`` is the card's key."""
    return account.kind in _OF_A_CARD or account.kind.startswith(_OF_PACKAGES)


def _record(request: PostingRequest, account: Account, outcome: Posted, actor: Actor) -> RecordRow:
    amount, money = request.lines[0].amount, account.unit == Unit.CNY
    detail: dict[str, Any] = {"unit": account.unit, "amount": amount, "left": outcome.balances[account.pk]}
    if account.unit == Unit.PTS:
        detail["points"] = amount
    return RecordRow(
        id=outcome.posting_id,
        card_id=account.holder_id,
        kind=(RecordKind.POINTS_EXPIRY if account.unit == Unit.PTS else RecordKind.EXPIRY).value,
        amount_fen=amount if money else 0,
        balance_after_fen=outcome.balances[account.pk] if money else None,
        store_id=None,
        actor=str(actor),
        actor_name="",
        posting_id=outcome.posting_id,
        occurred_at=request.occurred_at,
        detail={} if money else detail,
    )
