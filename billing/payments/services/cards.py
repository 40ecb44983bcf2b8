"""Cards that owners leave with the payment service."""

from uuid import UUID

from billing.payments.domain import AttemptKind, AttemptState
from billing.payments.errors import PaymentsUnavailable, SavedCardInUse, SavedCardNotFound
from billing.payments.gateway import gateway
from billing.payments.locks import hold_auto_top_up
from billing.payments.models import Attempt, SavedCard
from billing.payments.ports import Busy, Rejected, Unreached
from billing.payments.services.calls import open_page
from billing.payments.services.top_ups import begin
from kernel import clock
from kernel.db import in_public
from tenants.audit.services import record
from tenants.people.domain import Actor


def start_card_setup(*, actor: Actor, chain_id: int, attempt_id: UUID, back: str, language: str) -> Attempt:
    """Begin to save a card; the owner goes on at the attempt's ``url``. Opens its own transactions.

    Raises:
        PaymentsUnavailable, PaymentRefused, AttemptNotFound
    """
    attempt = begin(actor=actor, chain_id=chain_id, attempt_id=attempt_id, kind=AttemptKind.CARD_SETUP)
    return attempt if attempt.state != AttemptState.CREATED else open_page(attempt, back=back, language=language)


def remove_card(*, actor: Actor, chain_id: int, saved_card_id: int) -> None:
    """Forget a card, here and at the payment service. Opens its own transactions.

    Raises:
        SavedCardNotFound
        SavedCardInUse: an automatic top-up charges it.
        PaymentsUnavailable: it is still saved.
    """
    with in_public():
        card = SavedCard.objects.filter(pk=saved_card_id, chain_id=chain_id, removed_at__isnull=True).first()
        if card is None:
            raise SavedCardNotFound
        order = hold_auto_top_up(chain_id)
        if order is not None and order.enabled and order.card_id == card.pk:
            raise SavedCardInUse
    try:
        gateway().remove_card(card.card_id)
    except Rejected:
        # The service does not know it any more: that is what was wanted.
        pass
    except (Busy, Unreached) as error:
        raise PaymentsUnavailable from error
    with in_public():
        if SavedCard.objects.filter(pk=card.pk, removed_at__isnull=True).update(removed_at=clock.now()):
            record(actor, "payment.card_remove", object_type="saved_card", object_id=card.pk)
