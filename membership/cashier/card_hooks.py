"""What cards ask the cashier for. Registered when Django starts."""

from ledger.domain import DrawPolicy
from membership.cards import gates
from membership.cashier.acting import chain_policy


@gates.draws_by
def draw_policy() -> DrawPolicy:
    """What a card pays for itself, the fee of its reissue say, is drawn like any payment."""
    return DrawPolicy(chain_policy().draw_policy)
