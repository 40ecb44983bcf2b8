"""An owner pays on the payment service's page. Opens its own transactions: the service is asked between them."""

from uuid import UUID

from django.db import IntegrityError

from billing.payments.domain import MAX_TOP_UP, MIN_TOP_UP, AttemptKind, AttemptState, Method
from billing.payments.errors import AttemptNotFound, TopUpOutOfRange
from billing.payments.models import Attempt
from billing.payments.services.calls import open_page
from kernel import clock
from kernel.db import in_public
from kernel.money import Money
from tenants.audit.services import record
from tenants.people.domain import Actor


def start_top_up(
    *, actor: Actor, chain_id: int, attempt_id: UUID, amount_fen: int, method: Method, back: str, language: str
) -> Attempt:
    """Begin a top-up; the owner goes on at the attempt's ``url``, and comes back to ``back``, paid or not.

    ``attempt_id`` is made with the form: sent twice, it begins one top-up. Nothing is credited here.

    Raises:
        TopUpOutOfRange
        PaymentsUnavailable, PaymentRefused: nothing was paid.
        AttemptNotFound: the id is another chain's.
    """
    if not MIN_TOP_UP <= Money(amount_fen) <= MAX_TOP_UP:
        raise TopUpOutOfRange(least=MIN_TOP_UP, most=MAX_TOP_UP)
    attempt = begin(
        actor=actor,
        chain_id=chain_id,
        attempt_id=attempt_id,
        kind=AttemptKind.TOP_UP,
        amount_fen=amount_fen,
        method=method,
    )
    return attempt if attempt.state != AttemptState.CREATED else open_page(attempt, back=back, language=language)


def begin(
    *, actor: Actor, chain_id: int, attempt_id: UUID, kind: AttemptKind, amount_fen: int = 0, method: str = ""
) -> Attempt:
    """Write an attempt down and commit it; the one that is there already, if it is the chain's.

    Raises:
        AttemptNotFound
    """
    now = clock.now()
    try:
        with in_public():
            attempt = Attempt.objects.create(
                id=attempt_id,
                chain_id=chain_id,
                kind=kind,
                amount_fen=amount_fen,
                method=method,
                actor=str(actor),
                created_at=now,
                due_at=now,
            )
            detail = {"chain_id": chain_id, "amount_fen": amount_fen, "method": method}
            record(actor, "payment.begin", object_type="payment", object_id=attempt.pk, detail=detail)
            return attempt
    except IntegrityError:
        with in_public():
            known = Attempt.objects.filter(pk=attempt_id, chain_id=chain_id, kind=kind).first()
        if known is None:
            raise AttemptNotFound from None
        return known
