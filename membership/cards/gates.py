"""What other apps ask before a card is issued: stock, whether its range has been released to the store, say.

A gate is given the card, locked, and the store that issues it; it raises to refuse. Gates are registered when Django
starts and run in that order, inside the transaction of the issue.
"""

from collections.abc import Callable
from typing import Final

from membership.cards.models import Card

IssueGate = Callable[[Card, int], None]

_GATES: Final[list[IssueGate]] = []


def before_issue(gate: IssueGate) -> IssueGate:
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
