"""One way for every act at a till: a draft is posted, its record rides along, and the outcome becomes a receipt."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernel.errors import DomainError
from ledger.domain import Outcome, Posted, PostingRequest
from ledger.engine import Rider
from ledger.services import post_within
from membership.cashier.domain import CardRef, Occasion, Receipt
from membership.cashier.errors import explained
from membership.records.bulk import RecordRow, insert_records
from membership.records.domain import RecordKind


@dataclass(frozen=True, slots=True)
class Draft:
    """An act at a till before it is posted. ``amount_fen`` is signed as the card sees it; ``detail`` goes on its
    record.

    ``prepayment_id``: the member's prepayment account, where the act moves it.
    """

    card: CardRef
    kind: RecordKind
    amount_fen: int
    occasion: Occasion
    request: PostingRequest
    detail: Mapping[str, Any] = field(default_factory=dict)
    prepayment_id: int | None = None


def post_one(draft: Draft) -> Receipt:
    """Post a draft, with its record, in the caller's transaction.

    Raises:
        DomainError: whatever refused it; nothing was written.
    """
    (answer,) = post_all([draft])
    if isinstance(answer, DomainError):
        raise answer
    return answer


def post_all(drafts: Sequence[Draft]) -> list[Receipt | DomainError]:
    """Post drafts, with their records, in the caller's transaction; one answer each, in order. A refusal harms no
    other.
    """
    outcomes = post_within([draft.request for draft in drafts], rider=records_of(drafts))
    return [answer_to(draft, outcome) for draft, outcome in zip(drafts, outcomes, strict=True)]


def records_of(drafts: Sequence[Draft]) -> Rider:
    """The rider that writes the records of those drafts that were posted now, not of replays."""

    def ride(outcomes: Sequence[Outcome]) -> Iterable[tuple[str, Sequence[Any]]]:
        rows = [
            _record(draft, outcome)
            for draft, outcome in zip(drafts, outcomes, strict=True)
            if isinstance(outcome, Posted) and not outcome.replayed
        ]
        return [insert_records(rows)] if rows else []

    return ride


def answer_to(draft: Draft, outcome: Outcome) -> Receipt | DomainError:
    """What the till is told."""
    if not isinstance(outcome, Posted):
        return explained(outcome, prepayment_id=draft.prepayment_id, points_id=draft.card.points_account_id)
    account_id, balances = draft.card.account_id, outcome.balances
    return Receipt(
        record_id=outcome.posting_id,
        replayed=outcome.replayed,
        kind=draft.kind.value,
        card_number=draft.card.number,
        amount_fen=draft.amount_fen,
        # What is answered again may have been done on a card that was replaced since.
        balance_after_fen=balances.get(account_id, 0) if outcome.replayed else balances[account_id],
        drawn=outcome.drawn.get(account_id, {}),
        points=points_of(draft, outcome),
        parts=draft.detail.get("parts", {}),
    )


def points_of(draft: Draft, outcome: Posted) -> int:
    """Points earned, by the sequel; or moved by the act's own lines, of which its detail or the draws tell."""
    if "points" in draft.detail:
        return int(draft.detail["points"])
    account_id = draft.card.points_account_id
    moved = sum(outcome.drawn.get(account_id, {}).values())
    return outcome.followed.get(account_id, 0) - moved


def _detail(draft: Draft, outcome: Posted) -> Mapping[str, Any]:
    more: dict[str, Any] = {}
    if drawn := outcome.drawn.get(draft.card.account_id):
        more["drawn"] = drawn
    if points := points_of(draft, outcome):
        more |= {"points": points, "points_after": outcome.balances[draft.card.points_account_id]}
    if draft.prepayment_id is not None:
        more["prepayment_after_fen"] = outcome.balances[draft.prepayment_id]
    return {**draft.detail, **more} if more else draft.detail


def _record(draft: Draft, outcome: Posted) -> RecordRow:
    account_id, occasion = draft.card.account_id, draft.occasion
    return RecordRow(
        # The posting's own id: a replay finds its record by it.
        id=outcome.posting_id,
        card_id=draft.card.card_id,
        kind=draft.kind.value,
        amount_fen=draft.amount_fen,
        balance_after_fen=outcome.balances[account_id],
        store_id=occasion.store_id,
        actor=str(occasion.actor),
        actor_name=occasion.actor.name,
        posting_id=outcome.posting_id,
        occurred_at=occasion.occurred_at,
        detail=_detail(draft, outcome),
    )
