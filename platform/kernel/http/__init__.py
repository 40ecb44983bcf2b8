"""What every request passes through: one transaction each, and errors that say what happened."""

from kernel.http.marks import own_transactions

__all__ = ["own_transactions"]
