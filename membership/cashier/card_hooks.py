"""What cards ask the cashier for. Registered when Django starts."""

from ledger.domain import DrawPolicy
from membership.cards import gates
from membership.cashier.acting import chain_policy
from membership.cashier.faults import not_while_reported

gates.before_unfreezing(not_while_reported)


@gates.draws_by
def draw_policy() -> DrawPolicy:
    """What a card pays for itself, the fee of its reissue say, is drawn like any payment."""
    return DrawPolicy(chain_policy().draw_policy)
