"""Asking the payment service for something: written down before, noted after, nothing guessed when no answer comes."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from billing.payments.domain import CALL_PATIENCE, PAGE_LASTS, AttemptKind, AttemptState, pause_before_look
from billing.payments.errors import PaymentRefused, PaymentsUnavailable
from billing.payments.gateway import gateway
from billing.payments.locks import hold_attempt
from billing.payments.models import Attempt, PaymentCustomer
from billing.payments.ports import Busy, Intent, Opened, Refunded, Rejected, Unreached
from billing.payments.services import settling
from kernel import clock
from kernel.db import in_public
from kernel.ids import uuid7
from tenants.chains.models import Chain

Answer = TypeVar("Answer")


def customer_of(chain_id: int) -> str:
    """The chain's id with the payment service, which is told of it the first time. Opens its own transactions.

    Raises:
        Unreached, Busy, Rejected
    """
    with in_public():
        PaymentCustomer.objects.bulk_create([PaymentCustomer(chain_id=chain_id, key=uuid7())], ignore_conflicts=True)
        customer = PaymentCustomer.objects.get(pk=chain_id)
        chain = Chain.objects.select_related("owner").get(pk=chain_id)
    if customer.customer_id:
        return customer.customer_id
    made = gateway().ensure_customer(key=customer.key, name=chain.name, email=chain.owner.email)
    with in_public():
        PaymentCustomer.objects.filter(pk=chain_id, customer_id="").update(customer_id=made)
        return PaymentCustomer.objects.values_list("customer_id", flat=True).get(pk=chain_id)


def open_page(attempt: Attempt, *, back: str, language: str) -> Attempt:
    """Have the service open its page for this attempt, and note where it is.

    Raises:
        PaymentsUnavailable, PaymentRefused
    """

    def ask() -> Opened:
        customer_id = customer_of(attempt.chain_id)
        until = attempt.created_at + PAGE_LASTS
        if attempt.kind == AttemptKind.CARD_SETUP:
            return gateway().start_card_setup(
                key=attempt.pk, customer_id=customer_id, until=until, back=back, language=language
            )
        return gateway().start_topup(
            key=attempt.pk,
            customer_id=customer_id,
            amount_fen=attempt.amount_fen,
            method=attempt.method,
            until=until,
            back=back,
            language=language,
        )

    try:
        opened = _ask(attempt, ask)
    except Rejected as refusal:
        raise PaymentRefused(reason=str(refusal)) from refusal
    except (Busy, Unreached) as error:
        raise PaymentsUnavailable from error
    with in_public():
        held = hold_attempt(attempt.pk)
        if held is None:
            raise PaymentsUnavailable
        held.url = opened.url
        settling.move(held, AttemptState.OPEN, object_id=opened.session_id)
        held.due_at = clock.now() + pause_before_look(2)
        held.save(update_fields=["url", "due_at"])
        return held


def charge(attempt: Attempt) -> None:
    """Charge the saved card. What came of it is settled; what is not known stays to be looked up."""
    card = attempt.card
    if card is None:
        raise ValueError("an automatic top-up has a card")

    def ask() -> Intent:
        return gateway().charge_saved(
            key=attempt.pk,
            customer_id=customer_of(attempt.chain_id),
            card_id=card.card_id,
            amount_fen=attempt.amount_fen,
        )

    _settled(attempt, ask)


def send_back(attempt: Attempt) -> None:
    """Send a refund. May be repeated under its key, which the service knows again."""
    original = attempt.of
    if original is None:
        raise ValueError("a refund is of something")

    def ask() -> Refunded:
        return gateway().refund(key=attempt.pk, intent_id=original.intent_id, amount_fen=attempt.amount_fen)

    _settled(attempt, ask)


def _settled(attempt: Attempt, ask: Callable[[], Intent | Refunded]) -> None:
    try:
        answer = _ask(attempt, ask)
    except (Busy, Unreached, Rejected):
        return
    with in_public():
        settling.settle(answer)


def _ask(attempt: Attempt, ask: Callable[[], Answer]) -> Answer:
    """Note that the service is being asked, ask, and note what a refusal means.

    Raises:
        Busy: it did nothing; the attempt is as if it had not been asked.
        Rejected: it did nothing and will not: the attempt has failed.
        Unreached: nobody knows; the attempt will be looked up.
    """
    _note(attempt.pk, AttemptState.CALLING, due_at=clock.now() + CALL_PATIENCE)
    try:
        return ask()
    except Busy:
        _note(attempt.pk, AttemptState.CREATED, due_at=clock.now() + pause_before_look(0))
        raise
    except Rejected as refusal:
        with in_public():
            settling.fail(attempt.pk, str(refusal))
        raise
    except Unreached:
        _note(attempt.pk, AttemptState.CALLING, due_at=clock.now() + pause_before_look(0))
        raise


def _note(attempt_id: UUID, state: AttemptState, *, due_at: datetime) -> None:
    with in_public():
        waiting = [AttemptState.CREATED, AttemptState.CALLING]
        Attempt.objects.filter(pk=attempt_id, state__in=waiting).update(state=state, due_at=due_at)
