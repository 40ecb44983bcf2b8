"""Spending that may want the card's PIN: asked for without it first, and only where it is wanted, again with a proof.

Who needs no PIN pays nothing for those who do; and while a PIN is hashed, which is slow on purpose, no card is locked.

What proves a PIN is the PIN. The changing code that a member's telephone shows (``devices.services.codes``) is taken
for none, whatever the card's type: it stands for the card in the hand, which whoever borrows the telephone has too. So
a card for its bearer or its vehicle is used by its code as by itself; a card for its holder alone asks for the PIN
besides, as it does when the card itself is swiped (X-16, X-31).
"""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from kernel.errors import DomainError
from membership.cards.errors import PinRequired
from membership.cards.policy import PinProof
from membership.cards.services import check_till_pin
from tenants.people.domain import Actor

T = TypeVar("T")


def with_pin(
    spend: Callable[[PinProof | None], T | DomainError], *, actor: Actor, card_number: str, pin: str, store_id: int
) -> T | DomainError:
    """What spending answers, with the PIN proved where it asks for that; whatever refused it is returned.

    ``spend`` leaves nothing written, and nothing locked, where it refuses. A wrong PIN is counted although nothing is
    spent (X-19). An act that was done before under its key is not asked for a PIN again.
    """
    answer = spend(None)
    if not isinstance(answer, PinRequired) or not pin:
        return answer
    proof = proved(actor=actor, card_number=card_number, pin=pin, store_id=store_id)
    return proof if isinstance(proof, DomainError) else spend(proof)


def proved(*, actor: Actor, card_number: str, pin: str, store_id: int) -> PinProof | DomainError:
    """The proof that a PIN is worth, or why it is none: counted, where it was wrong. In a transaction of its own, or
    within another a savepoint.
    """
    try:
        with transaction.atomic():
            outcome = check_till_pin(actor=actor, number=card_number, pin=pin, store_id=store_id)
    except DomainError as refusal:
        return refusal
    return outcome.proof or outcome.refusal or PinRequired(card_number=card_number)
