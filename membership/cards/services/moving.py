"""Moving what is on a card to another: stored value, points and packages, lot by lot (R-J03, R-L13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.domain import Line, OpenLot, Posted, PostingRequest, RestoreLot, TakeLot, request_hash
from ledger.models import Account, Lot
from ledger.services import open_account, post
from membership.cards import locks, origins
from membership.cards.models import Card
from membership.records.domain import RecordKind
from membership.records.services import note
from tenants.people.domain import Actor

MOVE = "MOVE"


@dataclass(frozen=True, slots=True)
class Moved:
    """What went over to the new card. Stored value in fen."""

    stored_fen: int
    points: int
    packages: int
    """How many accounts of counts or minutes held something."""


def move_value(
    *,
    actor: Actor,
    old: Card,
    new: Card,
    store_id: int | None,
    occurred_at: datetime,
    reason: str,
    cause: str = "",
) -> Moved:
    """Move everything on ``old`` to ``new``, both locked, by one posting per account; lots stay what they are: kind,
    amount, expiry, and the moment they were opened, from which points are counted. A lot that is over but not yet
    written off goes along and ends on the new card.

    Each new lot's origin stands in the posting's memo (``cards.origins``): so a top-up can still be taken back.

    ``cause``: what brought value to a card whose end has been, the posting say; it makes the postings' keys its own.
    """
    moved: dict[str, int] = {}
    for account, target in _pairs(old, new):
        lots = list(Lot.objects.filter(account_id=account.pk, live=True).order_by("opened_at", "id"))
        if not lots:
            continue
        _move_account(actor, account, target, lots, _Errand(old, new, store_id, occurred_at, reason, cause))
        moved[account.kind] = account.balance
    stored, points = _accounts(old)
    return Moved(
        stored_fen=moved.pop(stored.kind, 0),
        points=moved.pop(points.kind, 0),
        packages=len(moved),
    )


@dataclass(frozen=True, slots=True)
class _Errand:
    old: Card
    new: Card
    store_id: int | None
    occurred_at: datetime
    reason: str
    cause: str


def _accounts(card: Card) -> tuple[Account, Account]:
    stored, points = card.stored_account, card.points_account
    assert stored is not None  # noqa: S101  (issued cards have accounts: a constraint of the table)
    assert points is not None  # noqa: S101
    return stored, points


def _pairs(old: Card, new: Card) -> list[tuple[Account, Account]]:
    """Each account of the old card, locked, beside the new card's own of the same kind."""
    held = locks.lock_accounts([old, new])
    targets = {account.kind: account for account in held[new.pk]}
    pairs = []
    for account in held[old.pk]:
        target = targets.get(account.kind)
        if target is None:
            target = open_account(account.kind, new.pk, account.unit, lotted=account.lotted)
        pairs.append((account, target))
    return pairs


def _move_account(actor: Actor, source: Account, target: Account, lots: Sequence[Lot], errand: _Errand) -> None:
    total = sum(lot.remaining for lot in lots)
    opened = tuple(OpenLot(lot.kind, lot.remaining, lot.expires_at, lot.opened_at) for lot in lots)
    takes = tuple(TakeLot(lot.pk, lot.remaining) for lot in lots)
    posted = post(
        PostingRequest(
            kind=MOVE,
            # A card gives its value away once: its end is once. What comes back to it later has a cause.
            idempotency_key=f"move|{errand.old.pk}|{errand.new.pk}|{source.pk}{errand.cause and '|'}{errand.cause}",
            request_hash=request_hash(MOVE, source.pk, target.pk, total),
            actor=str(actor),
            occurred_at=errand.occurred_at,
            lines=(
                Line(source.pk, None, source.unit, -total, takes=takes),
                Line(target.pk, None, source.unit, total, lots=opened),
            ),
            store_id=errand.store_id,
            memo={"reason": errand.reason} | origins.told(lots),
        )
    )
    is_money = source.pk == errand.old.stored_account_id
    _tell(actor, source, posted, total, errand, is_money=is_money)


def call_home(
    *,
    actor: Actor,
    home: Card,
    away: Card,
    lots: Sequence[Lot],
    store_id: int | None,
    occurred_at: datetime,
    reason: str,
) -> None:
    """Bring what these lots of ``home`` have become on ``away``, which has its place, back onto the very lots, by one
    posting for each. Both cards' accounts are locked. What is not whole any more stays where it is: something of it has
    been used.
    """
    errand = _Errand(away, home, store_id, occurred_at, reason, cause="")
    for lot in lots:
        there = [heir for heir in origins.heirs_of([lot]) if heir.remaining]
        total = sum(heir.remaining for heir in there)
        if not there or lot.remaining + total != lot.original:
            continue
        (source_id,) = {heir.account_id for heir in there}
        held = Account.objects.in_bulk([source_id, lot.account_id])
        source, target = held[source_id], held[lot.account_id]
        posted = post(
            PostingRequest(
                kind=MOVE,
                # It comes home for good: what it was opened by is undone at once.
                idempotency_key=f"home|{lot.pk}",
                request_hash=request_hash(MOVE, source.pk, target.pk, total),
                actor=str(actor),
                occurred_at=occurred_at,
                lines=(
                    Line(source.pk, None, source.unit, -total, takes=tuple(TakeLot(x.pk, x.remaining) for x in there)),
                    Line(target.pk, None, target.unit, total, restores=(RestoreLot(lot.pk, total),)),
                ),
                store_id=store_id,
                memo={"reason": reason},
            )
        )
        _tell(actor, source, posted, total, errand, is_money=False)


def _tell(actor: Actor, source: Account, posted: Posted, total: int, errand: _Errand, *, is_money: bool) -> None:
    """One record on either card."""
    pairs = ((errand.old, errand.new, RecordKind.MOVE_OUT, -1), (errand.new, errand.old, RecordKind.MOVE_IN, 1))
    for card, other, kind, sign in pairs:
        note(
            actor,
            card_id=card.pk,
            kind=kind,
            store_id=errand.store_id,
            occurred_at=errand.occurred_at,
            amount_fen=sign * total if is_money else 0,
            balance_after_fen=posted.balances[card.stored_account_id or 0] if is_money else None,
            posting_id=posted.posting_id if kind == RecordKind.MOVE_IN else None,
            detail={"card": other.number, "account": source.kind, "amount": total, "posting": str(posted.posting_id)},
        )
