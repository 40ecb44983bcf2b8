"""``POST /api/v1/consumptions`` and its batch: what a chain's own till or management software posts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.callers import Caller, Claim, identify_many
from api.errors import InvalidRequest, Reason, body
from api.queries import drawn_of
from api.v1 import openapi, shapes
from api.v1.keys import key_of
from api.views import ApiView
from api.wire import answered
from kernel import clock
from kernel.errors import DomainError
from kernel.gathering import Gathering
from kernel.http import own_transactions
from kernel.observability import context
from ledger.errors import IdempotencyConflict
from membership.cards.errors import PinRequired
from membership.cards.policy import PinProof
from membership.cashier import fast
from membership.cashier.domain import Receipt
from membership.cashier.proving import proved
from tenants.stores.services import StoreClosed, StoreNotFound

# A till that was offline sends what happened; a card that has expired since was good then. A week is long enough.
OLDEST: Final = timedelta(days=7)
# Clocks differ.
NEWEST: Final = timedelta(minutes=5)
# The ledger's key also names the actor and is bounded as a whole.
_KEPT_AS_IS: Final = 150


@own_transactions
class Consumptions(ApiView):
    """Take an amount from a card."""

    takes = shapes.ConsumptionBody
    identifies_later = True

    key: str

    def read(self, request: Request) -> shapes.ConsumptionBody:
        """The body, and the key that it comes under.

        Raises:
            IdempotencyKeyMissing, IdempotencyKeyInvalid, and what every body may be refused with.
        """
        asked: shapes.ConsumptionBody = super().read(request)
        self.key = key_of(request)
        return asked

    @extend_schema(**openapi.CONSUMPTION)
    def post(self, request: Request) -> HttpResponse:
        """201 with the consumption; once more, with ``Idempotent-Replayed: true``, if the key was used before."""
        asked: shapes.ConsumptionBody = self.body
        caller, answer = self._told()
        if caller is not None:
            context.bind(actor=str(caller.actor))
        if isinstance(answer, PinRequired) and asked.pin and caller is not None and caller.store is not None:
            proof = proved(actor=caller.actor, card_number=asked.card_number, pin=asked.pin, store_id=caller.store.id)
            answer = proof if isinstance(proof, DomainError) else self._told(proof)[1]
        if isinstance(answer, DomainError):
            raise _as_sent(answer, self.key)
        headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
        shown = _shown(answer, asked.store_code, asked.reference)
        return answered(shown, status=201, headers=headers, charged_calls=0 if answer.replayed else shown.charged_calls)

    def _told(self, proof: PinProof | None = None) -> "_Told":
        """What the body gets, posted with whatever comes meanwhile. Nobody waits there for another's PIN."""
        return _together.do(self.claim.schema_name, _Asked(self.claim, self.body, self.key, proof))


@own_transactions
class ConsumptionBatch(ApiView):
    """Take many amounts from many cards: what a till kept while it was offline, or a day's file."""

    takes = shapes.BatchBody
    body_limit_bytes = 512 * 1024

    @extend_schema(**openapi.BATCH)
    def post(self, request: Request) -> HttpResponse:
        """200 with one outcome per item. Sending the whole batch again does nothing twice."""
        asked: shapes.BatchBody = self.body
        commands = [_tried(self.caller, item, asked.store_code, item.idempotency_key) for item in asked.items]
        answers = _posted(self.caller.schema_name, commands)
        outcomes = [_outcome(item, answer, asked.store_code) for item, answer in zip(asked.items, answers, strict=True)]
        charged = sum(outcome.status == 201 and not outcome.replayed for outcome in outcomes)
        return answered(shapes.BatchOutcome(outcomes=outcomes, charged_calls=charged), charged_calls=charged)


class _Asked(NamedTuple):
    """A request for one consumption."""

    claim: Claim
    body: shapes.ConsumptionBody
    key: str
    proof: PinProof | None = None


_Told = tuple[Caller | None, fast.Answer]


def _post_together(schema_name: str, asked: Sequence[_Asked]) -> list[_Told]:
    """Who calls, in one trip for all; then what they may post, in two. A refusal harms no other."""
    callers = identify_many(schema_name, [each.claim for each in asked])
    commands = [
        caller
        if isinstance(caller, DomainError)
        else _tried(caller, each.body, each.body.store_code, each.key, each.proof)
        for caller, each in zip(callers, asked, strict=True)
    ]
    answers = _posted(schema_name, commands)
    return [
        (None if isinstance(caller, DomainError) else caller, answer)
        for caller, answer in zip(callers, answers, strict=True)
    ]


_together: Final = Gathering[_Asked, _Told](_post_together)


def _posted(schema_name: str, commands: Sequence[fast.Consumption | DomainError]) -> list[fast.Answer]:
    """Each command's answer, in order; what was refused before stays so."""
    good = [command for command in commands if not isinstance(command, DomainError)]
    answers = iter(fast.consume_many(good, schema=schema_name) if good else ())
    return [command if isinstance(command, DomainError) else next(answers) for command in commands]


def _command(
    caller: Caller,
    asked: shapes.ConsumptionBody | shapes.ConsumptionItem,
    *,
    store_code: str,
    key: str,
    proof: PinProof | None,
) -> fast.Consumption:
    """What is asked, as the cashier's service takes it.

    Raises:
        StoreNotFound, StoreClosed, InvalidRequest
    """
    store, occurred_at = caller.store, _moment(asked.occurred_at)
    if store is None:
        raise StoreNotFound(code=store_code)
    if store.closed_on is not None and occurred_at.astimezone(clock.CHINA).date() > store.closed_on:
        raise StoreClosed(name=store.name)
    return fast.Consumption(
        actor=caller.actor,
        card_number=asked.card_number,
        amount_fen=asked.amount_fen,
        idempotency_key=key if len(key) <= _KEPT_AS_IS else f"sha256:{sha256(key.encode()).hexdigest()}",
        occurred_at=occurred_at,
        store_id=store.id,
        note=asked.reference,
        plate=asked.plate,
        vin=asked.vin,
        proof=proof,
    )


def _tried(
    caller: Caller,
    asked: shapes.ConsumptionBody | shapes.ConsumptionItem,
    store_code: str,
    key: str,
    proof: PinProof | None = None,
) -> fast.Consumption | DomainError:
    try:
        return _command(caller, asked, store_code=store_code, key=key, proof=proof)
    except DomainError as refusal:
        return refusal


def _moment(given: datetime | None) -> datetime:
    now = clock.now()
    if given is None:
        return now
    if given > now + NEWEST:
        raise InvalidRequest(field="occurred_at", reason=Reason.IN_FUTURE)
    if given < now - OLDEST:
        raise InvalidRequest(field="occurred_at", reason=Reason.TOO_OLD, limit=OLDEST.days)
    return given


def _shown(receipt: Receipt, store_code: str, reference: str) -> shapes.Consumption:
    return shapes.Consumption(
        id=receipt.record_id,
        card_number=receipt.card_number,
        amount_fen=-receipt.amount_fen,
        balance_after_fen=receipt.balance_after_fen,
        drawn=drawn_of(receipt.drawn),
        store_code=store_code,
        reference=reference,
        charged_calls=1,
    )


def _as_sent(refusal: DomainError, key: str) -> DomainError:
    """The refusal with the caller's own key where the ledger names its own, which also names the actor."""
    return IdempotencyConflict(idempotency_key=key) if isinstance(refusal, IdempotencyConflict) else refusal


def _outcome(item: shapes.ConsumptionItem, answer: fast.Answer, store_code: str) -> shapes.ItemOutcome:
    if isinstance(answer, DomainError):
        error = shapes.Error(**body(_as_sent(answer, item.idempotency_key)))
        return shapes.ItemOutcome(idempotency_key=item.idempotency_key, status=answer.status, error=error)
    return shapes.ItemOutcome(
        idempotency_key=item.idempotency_key,
        status=201,
        replayed=answer.replayed,
        consumption=_shown(answer, store_code, item.reference),
    )
