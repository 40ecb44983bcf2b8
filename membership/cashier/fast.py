"""Consumptions by the hundred, for the API: each batch is the ledger's two trips, records included, and nothing else.

Call it with no transaction open. What a card's number stands for is remembered by the process, since it never changes;
the guard verifies it under the lock all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.errors import DomainError
from kernel.money import Money
from ledger.services import post_many
from membership.cards.domain import tidy_number
from membership.cards.errors import CardIdle, CardNotFound
from membership.cards.policy import PinProof
from membership.cashier import directory
from membership.cashier.domain import CardRef, Occasion, Receipt
from membership.cashier.drafts import check_amount, consumption_draft
from membership.cashier.guards import StaleCard
from membership.cashier.posting import Draft, answer_to, records_of
from membership.cashier.tender import Served, plain
from tenants.people.domain import Act, Actor, require
from tenants.stores.services import StoreNotFound


@dataclass(frozen=True, slots=True)
class Consumption:
    """One consumption as asked for. ``amount_fen`` > 0; the key counts within the actor; the note goes on record."""

    actor: Actor
    card_number: str
    amount_fen: int
    idempotency_key: str
    occurred_at: datetime
    store_id: int | None = None
    note: str = ""
    plate: str = ""
    vin: str = ""
    proof: PinProof | None = None


Answer = Receipt | DomainError


def consume_many(consumptions: Sequence[Consumption], *, schema: str) -> list[Answer]:
    """Take each consumption from its card; one answer per consumption, in order. A refusal harms no other.

    What is answered with a receipt is committed. Answers that are errors: NotAllowed, AmountNotPositive,
    AmountTooLarge, CardNotFound, StoreNotFound, CardNotUsable, VehicleMismatch, PinRequired,
    InsufficientBalance, IdempotencyConflict, IdempotencyKeyInvalid; nothing was written for them.
    """
    answers = _attempt(consumptions, schema)
    stale = [place for place, answer in enumerate(answers) if isinstance(answer, StaleCard)]
    if stale:
        directory.forget(schema, [tidy_number(consumptions[place].card_number) for place in stale])
        again = _attempt([consumptions[place] for place in stale], schema)
        for place, answer in zip(stale, again, strict=True):
            answers[place] = answer
    return answers


def _attempt(consumptions: Sequence[Consumption], schema: str) -> list[Answer]:
    known = directory.look_up(
        schema,
        numbers={tidy_number(asked.card_number) for asked in consumptions},
        store_ids={asked.store_id for asked in consumptions if asked.store_id is not None},
    )
    drafts = [_draft(asked, known) for asked in consumptions]
    good = [draft for draft in drafts if isinstance(draft, Draft)]
    outcomes = iter(post_many([draft.request for draft in good], schema=schema, rider=records_of(good)))
    return [answer_to(draft, next(outcomes)) if isinstance(draft, Draft) else draft for draft in drafts]


def _draft(asked: Consumption, known: directory.Known) -> Draft | DomainError:
    amount = Money(asked.amount_fen)
    try:
        require(asked.actor, Act.VALUE_CONSUME, store_id=asked.store_id)
        check_amount(amount)
        card = _card(asked, known)
    except DomainError as refusal:
        return refusal
    occasion = Occasion(asked.actor, asked.store_id, asked.occurred_at, asked.idempotency_key)
    rules = known.rules
    bill = plain(amount.fen, note=asked.note, served=Served(asked.plate, asked.vin), proof=asked.proof)
    return consumption_draft(card, bill, occasion, policy=rules.draw_policy, points=rules.points)


def _card(asked: Consumption, known: directory.Known) -> CardRef:
    number = tidy_number(asked.card_number)
    found = known.cards.get(number)
    if found is None:
        raise CardNotFound(card_number=number)
    if found.account_id is None:
        raise CardIdle(card_number=number)
    if asked.store_id is not None and asked.store_id not in known.stores:
        raise StoreNotFound
    return CardRef(found.card_id, found.account_id, number, found.points_account_id or 0)
