"""What the acts at a till share: finding the card, reading the chain's rules, posting with a trace."""

from dataclasses import replace

from billing.subscriptions.entitlements import module_on
from ledger.domain import DrawPolicy
from membership.cards.domain import tidy_number
from membership.cards.errors import CardIdle, CardNotFound
from membership.cards.models import Card
from membership.cashier.directory import Rules
from membership.cashier.domain import CardRef, Receipt
from membership.cashier.models import ChainPolicy, PointsRule
from membership.cashier.points import PointsBook, PointsTerm
from membership.cashier.posting import Draft, post_one
from membership.records.models import Record
from tenants.audit.services import record
from tenants.people.domain import Act


def card_ref(number: str) -> CardRef:
    """What is posted on for a card number, as typed.

    Raises:
        CardNotFound, CardIdle
    """
    number = tidy_number(number)
    keys = Card.objects.filter(number=number).values_list("id", "stored_account_id", "points_account_id").first()
    if keys is None:
        raise CardNotFound(card_number=number)
    card_id, account_id, points_account_id = keys
    if account_id is None:
        raise CardIdle(card_number=number)
    return CardRef(card_id, account_id, number, points_account_id or 0)


def ref_of(card: Card) -> CardRef:
    """The same for a card that was read; it has been issued."""
    return CardRef(card.pk, card.stored_account_id or 0, card.number, card.points_account_id or 0)


def chain_policy() -> ChainPolicy:
    """The chain's settings."""
    return ChainPolicy.objects.get(id=ChainPolicy.ONLY)


def rules(policy: ChainPolicy | None = None) -> Rules:
    """The chain's rules for tills, as they are now. Without the module nothing earns points."""
    policy = policy or chain_policy()
    columns = ("fen_per_point", "level_id", "starts_on", "ends_on")
    terms: tuple[PointsTerm, ...] = ()
    if module_on("points"):
        terms = tuple(PointsTerm(*row) for row in PointsRule.objects.filter(enabled=True).values_list(*columns))
    return Rules(DrawPolicy(policy.draw_policy), PointsBook(terms))


def post_traced(draft: Draft, act: Act) -> Receipt:
    """Post a draft and leave its trace in the audit trail; a replay leaves none.

    Raises:
        DomainError: whatever refused it; nothing was written.
    """
    receipt = post_one(draft)
    if receipt.replayed:
        return _as_it_was(receipt)
    detail = {"record": str(receipt.record_id), "amount_fen": receipt.amount_fen}
    if "total_fen" in draft.detail:
        detail |= {"total_fen": draft.detail["total_fen"], "parts": draft.detail["parts"]}
    record(
        draft.occasion.actor,
        act,
        object_type="card",
        object_id=receipt.card_number,
        store_id=draft.occasion.store_id,
        detail=detail,
    )
    return receipt


def _as_it_was(receipt: Receipt) -> Receipt:
    """The receipt of a replay, from the record of the act: what an act does may depend on what it found."""
    past = Record.objects.select_related("card").filter(pk=receipt.record_id).first()
    if past is None:
        return receipt
    detail = past.detail
    return replace(
        receipt,
        card_number=past.card.number,
        amount_fen=past.amount_fen,
        balance_after_fen=past.balance_after_fen or 0,
        points=detail.get("points", 0),
        parts=detail.get("parts", {}),
    )
