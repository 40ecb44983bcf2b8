"""What an act at a till would do, before it is done: decided by the very rules of the posting, writing nothing."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from kernel import clock
from kernel.errors import DomainError
from kernel.ids import uuid7
from kernel.money import Money
from ledger.domain import DrawPolicy, Posted, Writes
from ledger.models import Account
from ledger.services import preview
from membership.cards.models import Card
from membership.cashier import giving, signing
from membership.cashier.accounts import PREPAYMENT, SIGNED_BILL, find_member_account
from membership.cashier.acting import card_ref, rules
from membership.cashier.domain import NO_MEMBER, CardRef, MemberAccounts, Occasion
from membership.cashier.drafts import check_bill, consumption_draft
from membership.cashier.errors import CardWithoutMember, InsufficientPrepayment, explained
from membership.cashier.points import BillLine
from membership.cashier.posting import points_of
from membership.cashier.tender import NOBODYS, Bill, Served, Tender
from tenants.people.domain import Actor


@dataclass(frozen=True, slots=True)
class QuotedDraw:
    """What one lot would give, in the order of the draws. Amounts in fen."""

    lot_id: UUID
    kind: str
    opened_at: datetime
    expires_at: datetime | None
    amount_fen: int
    remaining_fen: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What a payment would do. With a ``refusal`` nothing would be done, and the rest is empty or as it stands now.

    ``stored_after_fen``: what the card would hold; ``prepayment_after_fen`` and ``owed_after_fen`` likewise for the
    member, ``None`` where the bill does not touch them.
    """

    draw_policy: str
    refusal: DomainError | None = None
    draws: tuple[QuotedDraw, ...] = ()
    stored_after_fen: int | None = None
    prepayment_after_fen: int | None = None
    owed_after_fen: int | None = None
    points: int = 0
    drawn: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopUpQuote:
    """What a top-up would be given, by which rule. Amounts in fen."""

    bonus_fen: int
    expires_at: datetime | None
    rule_name: str


def quote(
    *,
    actor: Actor,
    card_number: str,
    total: Money,
    tender: Tender,
    store_id: int,
    lines: tuple[BillLine, ...] = (),
    served: Served = NOBODYS,
    draw_policy: DrawPolicy | None = None,
    occurred_at: datetime | None = None,
) -> Quote:
    """What ``services.pay`` would do now, lot by lot. Whatever would refuse it is in the quote, not raised; the PIN is
    taken for proved.

    ``draw_policy``: as if the chain drew in this order.

    Raises:
        CardNotFound, CardIdle
    """
    chosen = rules()
    if draw_policy is not None:
        chosen = replace(chosen, draw_policy=draw_policy)
    card = card_ref(card_number)
    bill = Bill(total.fen, tender, lines, served=served)
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), f"quote-{uuid7()}")
    try:
        check_bill(bill)
        member = _member(card, tender)
    except DomainError as refusal:
        return Quote(chosen.draw_policy.value, refusal)
    draft = consumption_draft(
        card, bill, occasion, policy=chosen.draw_policy, points=chosen.points, member=member, asks_pin=False
    )
    outcome, writes = preview(draft.request)
    if not isinstance(outcome, Posted):
        return Quote(
            chosen.draw_policy.value,
            explained(outcome, prepayment_id=draft.prepayment_id, points_id=card.points_account_id),
        )
    owed = -outcome.balances[member.signed_id] if member.signed_id else tender.signed_fen
    over = None
    if tender.signed_fen:
        over = signing.over_limit(member.member_id, owed_fen=owed - tender.signed_fen, signed_fen=tender.signed_fen)
    return Quote(
        draw_policy=chosen.draw_policy.value,
        refusal=over,
        draws=_draws(writes, card),
        stored_after_fen=outcome.balances[card.account_id],
        prepayment_after_fen=outcome.balances.get(member.prepayment_id or 0),
        owed_after_fen=owed if tender.signed_fen else None,
        points=points_of(draft, outcome),
        drawn=outcome.drawn.get(card.account_id, {}),
    )


def quote_top_up(
    *, actor: Actor, card_number: str, paid: Money, store_id: int, occurred_at: datetime | None = None
) -> TopUpQuote:
    """What the chain's rules would give for a top-up now.

    Raises:
        CardNotFound, CardIdle
    """
    occasion = Occasion(actor, store_id, occurred_at or clock.now(), "quote")
    gift = giving.by_rule(card_ref(card_number), paid, occasion, locking=False)
    return TopUpQuote(gift.fen, gift.expires_at, gift.rule.name if gift.rule else "")


def _member(card: CardRef, tender: Tender) -> MemberAccounts:
    """The member's accounts as they are; none is opened for a preview.

    Raises:
        CardWithoutMember
        InsufficientPrepayment: she has never paid ahead.
    """
    if not tender.prepayment_fen and not tender.signed_fen:
        return NO_MEMBER
    member_id = Card.objects.values_list("member_id", flat=True).get(id=card.card_id)
    if member_id is None:
        raise CardWithoutMember(card_number=card.number)
    prepayment_id = find_member_account(member_id, PREPAYMENT)
    if tender.prepayment_fen and prepayment_id is None:
        raise InsufficientPrepayment(available=Money.ZERO, needed=Money(tender.prepayment_fen))
    return MemberAccounts(
        member_id=member_id,
        prepayment_id=prepayment_id if tender.prepayment_fen else None,
        signed_id=find_member_account(member_id, SIGNED_BILL) if tender.signed_fen else None,
    )


def _draws(writes: Writes, card: CardRef) -> tuple[QuotedDraw, ...]:
    found = []
    for row in writes.draws:
        lot = writes.lots[row.lot_id]
        if lot.account_id == card.account_id:
            after = row.remaining_before + row.amount
            found.append(QuotedDraw(lot.id, lot.kind, lot.opened_at, lot.expires_at, -row.amount, after))
    return tuple(found)


def prepaid(member_id: int) -> int:
    """What a member has paid ahead, in fen."""
    held = Account.objects.filter(kind=PREPAYMENT, holder_id=member_id).values_list("balance", flat=True).first()
    return held or 0
