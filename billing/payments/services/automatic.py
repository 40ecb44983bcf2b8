"""Automatic top-ups: the owner's standing order, and the charging of what has fallen below it."""

from billing.accounts.domain import PREPAID
from billing.payments.domain import (
    AUTO_TOP_UPS_PER_DAY,
    MAX_TOP_UP,
    MIN_TOP_UP,
    AttemptKind,
    AttemptState,
    Method,
)
from billing.payments.errors import (
    SavedCardMissing,
    SavedCardNotFound,
    ThresholdOutOfRange,
    TopUpBelowThreshold,
    TopUpOutOfRange,
)
from billing.payments.locks import hold_auto_top_up
from billing.payments.models import UNENDED, Attempt, AutoTopUp, SavedCard
from billing.payments.queries import chains_to_top_up
from billing.payments.services import calls, standing_orders
from kernel import clock
from kernel.calendar import start_of
from kernel.db import in_public
from kernel.ids import uuid7
from kernel.money import Money
from ledger.models import Account
from tenants.audit.services import record
from tenants.chains.domain import ChainState
from tenants.chains.models import Chain
from tenants.people.domain import SYSTEM, Actor


def set_auto_top_up(
    *, actor: Actor, chain_id: int, enabled: bool, threshold_fen: int, amount_fen: int, saved_card_id: int | None
) -> AutoTopUp:
    """Set the chain's standing order: below ``threshold_fen``, charge that card ``amount_fen``. Requires a transaction
    in public. Setting it anew forgets earlier declines.

    Raises:
        TopUpOutOfRange, ThresholdOutOfRange
        TopUpBelowThreshold: it is to be on, and one charge would not do. Such an order can be switched off.
        SavedCardMissing, SavedCardNotFound: it is to be on, without a card that is kept.
    """
    if not MIN_TOP_UP <= Money(amount_fen) <= MAX_TOP_UP:
        raise TopUpOutOfRange(least=MIN_TOP_UP, most=MAX_TOP_UP)
    if not 0 < threshold_fen <= MAX_TOP_UP.fen:
        raise ThresholdOutOfRange(most=MAX_TOP_UP)
    if enabled and amount_fen < threshold_fen:
        raise TopUpBelowThreshold(amount=Money(amount_fen), threshold=Money(threshold_fen))
    if enabled and saved_card_id is None:
        raise SavedCardMissing
    kept = SavedCard.objects.filter(chain_id=chain_id, removed_at__isnull=True)
    card = kept.filter(pk=saved_card_id).first() if saved_card_id is not None else None
    if enabled and card is None:
        raise SavedCardNotFound
    hold_auto_top_up(chain_id)
    order, _made = AutoTopUp.objects.update_or_create(
        pk=chain_id,
        defaults={
            "enabled": enabled,
            "threshold_fen": threshold_fen,
            "amount_fen": amount_fen,
            "card": card,
            "failures": 0,
            "problem": "",
            "next_at": clock.now(),
        },
    )
    detail = {"enabled": enabled, "threshold_fen": threshold_fen, "amount_fen": amount_fen}
    record(actor, "payment.auto_top_up", object_type="chain", object_id=chain_id, detail=detail)
    return order


def end_auto_top_up(chain: Chain) -> None:
    """Switch off the standing order of a chain that leaves. Requires a transaction in public; can be repeated."""
    if hold_auto_top_up(chain.pk) is not None:
        AutoTopUp.objects.filter(pk=chain.pk).update(enabled=False)


def charge_due() -> int:
    """Charge the cards of chains that have fallen below their threshold; how many. Opens its own transactions."""
    with in_public():
        below = chains_to_top_up(now=clock.now())
    begun = [attempt for chain_id in below if (attempt := _begun(chain_id)) is not None]
    for attempt in begun:
        calls.charge(attempt)
    return len(begun)


def _begun(chain_id: int) -> Attempt | None:
    """The attempt, written and committed before any card is charged; None if it is not due after all."""
    now = clock.now()
    with in_public():
        order = hold_auto_top_up(chain_id)
        if order is None or not order.enabled or order.next_at > now:
            return None
        if not Chain.objects.filter(pk=chain_id, state=ChainState.ACTIVE).exists():
            return None
        if Attempt.objects.filter(chain_id=chain_id, kind=AttemptKind.AUTO_TOP_UP, state__in=UNENDED).exists():
            return None
        balance = Account.objects.filter(kind=PREPAID, holder_id=chain_id).values_list("balance", flat=True).first()
        if balance is None or balance >= order.threshold_fen:
            return None
        if _charged_today(chain_id) >= AUTO_TOP_UPS_PER_DAY:
            standing_orders.wait_for_tomorrow(order)
            return None
        attempt = Attempt.objects.create(
            id=uuid7(),
            chain_id=chain_id,
            kind=AttemptKind.AUTO_TOP_UP,
            amount_fen=order.amount_fen,
            method=Method.CARD,
            card_id=order.card_id,
            actor=str(SYSTEM),
            created_at=now,
            due_at=now,
        )
        return Attempt.objects.select_related("card").get(pk=attempt.pk)


def _charged_today(chain_id: int) -> int:
    """How often the card was charged since midnight in China. Along the index of the chain's payments."""
    since = start_of(clock.today())
    charges = Attempt.objects.filter(chain_id=chain_id, created_at__gte=since, kind=AttemptKind.AUTO_TOP_UP)
    return charges.filter(state=AttemptState.SUCCEEDED).count()
