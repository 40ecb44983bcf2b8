"""What every request passes through: one transaction each, and errors that say what happened."""

from kernel.http.marks import own_transactions
from kernel.http.transactions import roll_back

__all__ = ["own_transactions", "roll_back"]
