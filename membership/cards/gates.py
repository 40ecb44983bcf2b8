"""What other apps ask before a card is issued (stock: whether its range has been released to the store, say), or before
a frozen one is put back into use.

A gate is given the card, locked, and the store that acts; it raises to refuse. Gates are registered when Django starts
and run in that order, inside the transaction of the act.
"""

from collections.abc import Callable
from typing import Final

from ledger.domain import DrawPolicy
from membership.cards.models import Card

CardGate = Callable[[Card, int], None]
UnfreezingGate = Callable[[Card, int, str], None]
"""It is given the number of the paper besides that lets the card go; empty where somebody does so by hand."""
DrawOrder = Callable[[], DrawPolicy]

_GATES: Final[list[CardGate]] = []
_UNFREEZING: Final[list[UnfreezingGate]] = []
_ORDERS: Final[list[DrawOrder]] = []


def before_issue(gate: CardGate) -> CardGate:
    """Register a gate (a decorator). Registering it again does nothing."""
    if gate not in _GATES:
        _GATES.append(gate)
    return gate


def pass_gates(card: Card, *, store_id: int) -> None:
    """Ask every gate.

    Raises:
        DomainError: the first refusal.
    """
    for gate in _GATES:
        gate(card, store_id)


def before_unfreezing(gate: UnfreezingGate) -> UnfreezingGate:
    """Register a gate (a decorator) for cards that are frozen. Registering it again does nothing."""
    if gate not in _UNFREEZING:
        _UNFREEZING.append(gate)
    return gate


def pass_unfreezing(card: Card, *, store_id: int, document: str) -> None:
    """Ask every gate.

    Raises:
        DomainError: the first refusal.
    """
    for gate in _UNFREEZING:
        gate(card, store_id, document)


def draws_by(order: DrawOrder) -> DrawOrder:
    """Register who knows the chain's order of drawing (a decorator): the one registered last is asked."""
    _ORDERS[:] = [order]
    return order


def draw_policy() -> DrawPolicy:
    """The order in which the chain draws what is on a card; what ends first where nobody knows of another."""
    return _ORDERS[0]() if _ORDERS else DrawPolicy.EARLIEST_EXPIRY
